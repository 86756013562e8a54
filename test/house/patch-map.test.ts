// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const page = readFileSync(path.join(root, "docs/patch-map.md"), "utf8");
const rows = [...page.matchAll(/^\| `(\w+)` \| `([\w/.-]+\.ts)` \|$/gm)].map(([, name = "", file = ""]) => ({
  name,
  file,
}));

/** The doc comment right above a definition, and the comment that opens its file. */
function commentsAbove(source: string, name: string): string | undefined {
  const definition = new RegExp(
    String.raw`(/\*\*(?:(?!\*/)[^])*\*/\s*)?(?:export (?:async )?function\*? ${name}\b|^  \*?${name}\()`,
    "m",
  );
  const found = definition.exec(source);
  if (found === null) return undefined;
  const opening = source.slice(0, found.index);
  return `${found[1] ?? ""}\n${opening}`;
}

describe("the patch map", () => {
  it("names the functions that the patch adds and the ones that they call", () => {
    const names = rows.map(({ name }) => name);

    expect(names).toEqual(
      expect.arrayContaining(["kvm_map_private_memory", "iommufd_vdevice_tsm_map_ioctl"]),
    );
    expect(names.length).toBeGreaterThanOrEqual(28);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(rows)("is right about $name: it is in $file, with its origin in the kernel", ({ name, file }) => {
    const source = readFileSync(path.join(root, "lib/src", file), "utf8");

    const comments = commentsAbove(source, name);

    expect(comments, `no function ${name} in ${file}`).toBeDefined();
    expect(comments).toContain("@kernel");
  });
});
