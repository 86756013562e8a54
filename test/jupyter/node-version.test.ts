// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeVersionProblem } from "../../kernel/node-version.cjs";

/** Whether a version is in a range of the two forms that package.json uses, `^20.19.0` and `>=23.0.0`. */
function inRange(version: string, range: string): boolean {
  const [, sign, ...from] = /^(\^|>=)(\d+)\.(\d+)\.0$/.exec(range) ?? [];
  const [fromMajor = Number.NaN, fromMinor = Number.NaN] = from.map(Number);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === fromMajor ? minor >= fromMinor : sign === ">=" && major > fromMajor;
}

describe("the version of Node", () => {
  it.each(["package.json", "lib/package.json"])("is told npm by %s as npm start judges it", (file) => {
    const manifest = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
    const ranges: string[] = JSON.parse(manifest).engines.node.split(" || ");
    const versions = [18, 19, 20, 21, 22, 23, 24, 25].flatMap((major) =>
      [0, 11, 12, 18, 19].map((minor) => `${major}.${minor}.0`),
    );
    const told = versions.filter((version) => ranges.some((range) => inRange(version, range)));

    expect(told).toEqual(versions.filter((version) => nodeVersionProblem(version) === undefined));
  });

  it.each(["20.19.0", "20.19.1", "20.20.0", "22.12.0", "23.0.0", "24.1.0"])("%s will do", (version) => {
    expect(nodeVersionProblem(version)).toBeUndefined();
  });

  it.each(["20.18.9", "18.20.4", "19.99.99", "21.7.3", "22.11.0", "0.12.18"])(
    "%s is too old, and that is said in one sentence",
    (version) => {
      expect(nodeVersionProblem(version)).toBe(
        `Node.js 20.19, 22.12 or newer is needed and this is ${version}: install one from https://nodejs.org.`,
      );
    },
  );
});
