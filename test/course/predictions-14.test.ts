// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { normalised } from "../../lib/src/course/prediction.ts";
import { v2Predictions } from "../../lib/src/course/predictions/14.ts";
import {
  assignDevice,
  boot,
  explore,
  kvm_map_private_memory,
  PAGE_SIZE,
  raceById,
  runGauntlet,
  startRealm,
  tsmMap,
} from "../../lib/src/index.ts";

const RAM = 0x8000_0000;

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => string> = {
  "14-posted-score": () => {
    const { stages } = runGauntlet({ kvm_map_private_memory });
    const lost = stages.map(({ stage, points }) => ({ id: stage.id, share: 1 - points / stage.points }));
    return lost.sort((a, b) => b.share - a.share)[0]?.id ?? "none";
  },
  "14-two-of-four": () => {
    const vmm = startRealm(boot({ kernel: "rfc-v1+all" }), { gpa: RAM, size: 2 * PAGE_SIZE });
    return String(tsmMap(vmm, assignDevice(vmm), RAM, RAM + 4 * PAGE_SIZE));
  },
  "14-no-attribute-race": () => {
    const { verdict } = explore(raceById("map-to-shared"), { kernel: "rfc-v1+sequence-retry" });
    return verdict === "broken" ? "yes" : "no";
  },
};

it.each(v2Predictions.map((prediction) => [prediction.id, prediction] as const))(
  "%s says what the machine says",
  (id, { answer }) => {
    expect(normalised((machine[id] as () => string)())).toBe(answer);
  },
);
