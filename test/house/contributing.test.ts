// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { EXERCISES, PREDICTIONS } from "../../lib/src/course/catalogue.ts";
import { designOf } from "../../lib/src/designs/all.ts";
import { raceById } from "../../lib/src/explore/races/catalogue.ts";
import { granuleDelegate } from "../../lib/src/rmm/commands/granule.ts";

const ROOT = new URL("../../", import.meta.url);
const page = readFileSync(new URL("CONTRIBUTING.md", ROOT), "utf8");
const scripts = Object.keys(
  (JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as { scripts: object }).scripts,
);

it("the worked examples are of things that are there", () => {
  expect(EXERCISES.map(({ id }) => id)).toContain("07-who-holds");
  expect(EXERCISES.filter(({ id }) => id.startsWith("13-")).length).toBeGreaterThanOrEqual(3);
  expect(PREDICTIONS.filter(({ id }) => id.startsWith("13-")).length).toBeGreaterThanOrEqual(3);
  expect(granuleDelegate.conditions[0]).toMatchObject({ id: "gran_state", evidence: "recorded" });
  expect(raceById("map-punch").actors).toHaveProperty("P");
  expect(designOf("B1").title).toBe("an ioctl of the VM");
});

it("there is one for an exercise, a condition, a race, a scenario, a design and a chapter", () => {
  const [, examples = ""] = page.split("## Worked examples");

  expect([...examples.matchAll(/^### (An?|The) (\w+)/gm)].map(([, , what]) => what)).toEqual([
    "exercise",
    "condition",
    "race",
    "design",
    "chapter",
  ]);
  expect(examples).toContain("A *scenario* for the designs");
});

it("every command that is named is one of this course", () => {
  const named = [...page.matchAll(/npm run ([a-z:]+)/g)].map(([, name = ""]) => name);

  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
});
