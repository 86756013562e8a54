// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const config = path.join(root, ".dependency-cruiser.cjs");
const cruiser = path.join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
const made: string[] = [];

/** The rules that the imports below `lib/src` of a folder break. */
function brokenRules(folder: string): string[] {
  const args = [cruiser, "--config", config, "--output-type", "json", "lib/src"];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (stdout === "") throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
  return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort();
}

/** A library of its own, with the given files. */
function libraryOf(files: Record<string, string>): string {
  const folder = mkdtempSync(path.join(tmpdir(), "floors "));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, "lib/src", name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

describe("the floors of the library", () => {
  it("hold: every import goes down, none goes round, none leaves the library", () => {
    expect(brokenRules(root)).toEqual([]);
  });

  it("refuse an import from a floor above", () => {
    const folder = libraryOf({
      "base/bits.ts": 'import { fid } from "../rmm/fid.ts";\nexport const bits = fid;\n',
      "rmm/fid.ts": "export const fid = 1;\n",
      "index.ts": 'export { bits } from "./base/bits.ts";\n',
    });

    expect(brokenRules(folder)).toEqual(["base-imports-downward-only"]);
  });

  it("refuse an import between neighbours on one floor", () => {
    const folder = libraryOf({
      "designs/a.ts": 'import { b } from "../explore/b.ts";\nexport const a = b;\n',
      "explore/b.ts": "export const b = 1;\n",
      "index.ts": 'export { a } from "./designs/a.ts";\n',
    });

    expect(brokenRules(folder)).toEqual(["designs-imports-downward-only"]);
  });

  it("refuse a circle, even of types", () => {
    const folder = libraryOf({
      "hw/a.ts": 'import type { B } from "./b.ts";\nexport interface A { readonly b?: B }\n',
      "hw/b.ts": 'import type { A } from "./a.ts";\nexport interface B { readonly a?: A }\n',
      "index.ts": 'export type { A } from "./hw/a.ts";\n',
    });

    expect(brokenRules(folder)).toEqual(["no-circle"]);
  });

  it("refuse anything from outside the library, and files that nothing uses", () => {
    const folder = libraryOf({
      "hw/a.ts": 'import { readFileSync } from "node:fs";\nexport const a = readFileSync;\n',
      "hw/dead.ts": "export const dead = 1;\n",
      "index.ts": 'export { a } from "./hw/a.ts";\n',
    });

    expect(brokenRules(folder)).toEqual(["library-needs-nothing", "no-orphan"]);
  });
});
