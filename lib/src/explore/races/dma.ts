// SPDX-License-Identifier: MIT
import { runStraight } from "../../base/task.ts";
import type { KernelVariant } from "../../kernel/variant.ts";
import type { Race } from "../race.ts";
import { brokenRules } from "../rules.ts";
import { converting, mapping, punching, type Stage, stageWithDma, writingByDma } from "./scene.ts";

/** Pages 0 and 1 are mapped, and the device may use them. */
function mapped(kernel: string | KernelVariant): Stage {
  const on = stageWithDma(kernel, 2);
  runStraight(mapping(on, 0, 1));
  return on;
}

const DMA = "the device writes to pages 0 and 1";

/**
 * The firmware takes the entry away, invalidates what the SMMU has cached, and wipes the page, before the host gets it.
 *
 * Simplified: one DMA to one page is a single step. In hardware it can be under way when the entry goes; the
 * invalidation that the firmware waits for is complete only when it has landed.
 */
export const dmaAgainstPunch: Race = {
  id: "dma-punch",
  title: "DMA in flight against unmapping",
  question: "Can a DMA land in a page that the host has got back?",
  actors: { D: DMA, P: "fallocate(PUNCH_HOLE) on the guest_memfd, both pages" },
  start(kernel) {
    const on = mapped(kernel);
    const tasks = { D: writingByDma(on, 0, 1), P: punching(on, 0, 1) };
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results }) };
  },
};

/** The same where the memory stays in the file and only changes sides. */
export const dmaAgainstToShared: Race = {
  id: "dma-to-shared",
  title: "DMA in flight against conversion",
  question: "Can what a device wrote into private memory be read after the memory became shared?",
  actors: { A: "KVM_SET_MEMORY_ATTRIBUTES: both pages become shared", D: DMA },
  start(kernel) {
    const on = mapped(kernel);
    const tasks = { A: converting(on, 0, 1, "shared"), D: writingByDma(on, 0, 1) };
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results }) };
  },
};
