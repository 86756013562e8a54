// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const manifests = [
  "package.json",
  "lib/package.json",
  "deploy/jupyterhub/package.json",
  "deploy/deno/package.json",
];

/** What a manifest asks for, as [name, version]. */
function asked(file: string): [string, string][] {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(read(file));
  return Object.entries({ ...dependencies, ...devDependencies });
}

it("the library needs nothing at run time", () => {
  expect(JSON.parse(read("lib/package.json")).dependencies).toBeUndefined();
});

it.each(manifests)("%s names exact versions", (file) => {
  expect(asked(file).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

it("the dependency report names each dependency in its version", () => {
  const report = read("docs/dependencies.md");
  const named = manifests.flatMap(asked).map(([name, version]) => `| ${name} ${version} |`);

  // npm run dependencies writes it anew
  expect(named.filter((start) => !report.includes(start))).toEqual([]);
});

it("to npm, what a learner runs or the site ships is a dependency, and all else is one of development", () => {
  const reasons: Record<string, { part: string }> = JSON.parse(read("tools/dependencies/reasons.json"));
  const ships = Object.entries(reasons).filter(([, { part }]) => part === "learner" || part === "site");

  expect(Object.keys(JSON.parse(read("package.json")).dependencies)).toEqual(
    ships.map(([name]) => name).sort(),
  );
});

it("each dependency has a reason, and none that is gone still has one", () => {
  const reasons = JSON.parse(read("tools/dependencies/reasons.json"));

  expect(Object.keys(reasons).sort()).toEqual(
    asked("package.json")
      .map(([name]) => name)
      .sort(),
  );
});
