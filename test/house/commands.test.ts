// SPDX-License-Identifier: MIT
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const pagesIn = (folder: string): string[] =>
  readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.posix.join(folder, name));
const PAGES = [
  ...pagesIn("."),
  ...pagesIn("docs"),
  ...pagesIn("docs/workshop"),
  "deploy/jupyterhub/README.md",
];
const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));

describe.each(PAGES)("the commands on %s", (page) => {
  const text = readFileSync(path.join(root, page), "utf8");

  it("are scripts of package.json", () => {
    const named = [...text.matchAll(/npm run (?:--silent )?([a-z][a-z:-]*[a-z])/g)].map(
      ([, name]) => name ?? "",
    );

    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it("name tests that are there", () => {
    const named = [...text.matchAll(/(?<![\w/])test\/[a-z][\w/.-]*[a-z]/g)].map(([file]) => file);

    expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });
});
