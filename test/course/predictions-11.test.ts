// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { normalised } from "../../lib/src/course/prediction.ts";
import { racePredictions } from "../../lib/src/course/predictions/11.ts";
import { explore, raceById, replay, srcuWait } from "../../lib/src/index.ts";

function verdict(race: string, kernel: string): string {
  return explore(raceById(race), { kernel }).verdict;
}

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => string> = {
  "11-free": () => {
    const rules = replay(raceById("map-punch"), "M5 P8 M").broken.map(({ rule }) => rule);
    expect(rules).toEqual(["page-of-the-file"]);
    return rules.includes("no-freed-frame") ? "yes" : "no";
  },
  "11-lock-enough": () => verdict("map-punch", "rfc-v1+fault-lock"),
  "11-fold-lock": () => {
    expect(verdict("map-fold", "rfc-v1")).toBe("broken");
    return verdict("map-fold", "rfc-v1+fault-lock");
  },
  "11-attribute-enough": () => verdict("map-to-shared", "rfc-v1+attribute-check"),
  "11-base": () => verdict("fault-punch", "rfc-v1"),
  "11-srcu": () => String(srcuWait(256, "rfc-v1").calls),
};

it.each(racePredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);
