// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { normalised } from "../../lib/src/course/prediction.ts";
import { storyPredictions } from "../../lib/src/course/predictions/00.ts";
import { boot, deviceHardware, PAGE_SIZE, realmWithDevice, tsmMap } from "../../lib/src/index.ts";

const RAM = 0x8000_0000;
const RAM_END = 0x1_0000_0000;

function story(): ReturnType<typeof realmWithDevice> {
  return realmWithDevice(boot({ memory: 256 * PAGE_SIZE }), { gpa: RAM, size: RAM_END - RAM, ipaBits: 48 });
}

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => number | string> = {
  "00-host-reads": () => {
    const { vmm } = story();
    const rd = vmm.host.rmm.state.realms.keys().next().value ?? 0;
    return typeof vmm.host.readPhysical(rd * PAGE_SIZE) === "string" ? "a fault" : "the data";
  },
  "00-first-dma": () =>
    deviceHardware(story().vmm.host).write(RAM, new Uint8Array(8)).event === undefined ? "yes" : "no",
  "00-outside": () => {
    const { vmm, device } = story();
    return tsmMap(vmm, device, RAM_END - 2 * PAGE_SIZE, RAM_END + 2 * PAGE_SIZE);
  },
  "00-shared-page": () => {
    const { vmm, device } = story();
    vmm.setShared(RAM, PAGE_SIZE);
    return tsmMap(vmm, device, RAM, RAM + PAGE_SIZE);
  },
  "00-twice": () => {
    const { vmm, device } = story();
    tsmMap(vmm, device, RAM, RAM + PAGE_SIZE);
    return tsmMap(vmm, device, RAM, RAM + PAGE_SIZE);
  },
};

it.each(storyPredictions.map((one) => [one.id, one.answer] as const))(
  "the machine says to %s what the course says it does: %s",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);
