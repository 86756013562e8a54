// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { deviceHardware, dmaOutcome } from "../../user/driver.ts";
import type { Vmm } from "../../user/vmm.ts";
import { tsmMap } from "../../user/vmm-device.ts";
import { showRtt } from "../../view/rtt.ts";
import { type Exercise, labOf, type Problem, untouched } from "../exercise.ts";
import { RAM, storyMachine } from "./story-labs.ts";

const ID = "00-fault-again";
const MAPPED = 8;

function prepare(): Vmm {
  const { vmm, device } = storyMachine();
  tsmMap(vmm, device, RAM, RAM + MAPPED * PAGE_SIZE);
  return vmm;
}

function check(answer: unknown): Problem | undefined {
  const lab = labOf(answer, ID);
  if (!("vmm" in lab)) return lab;
  const hardware = deviceHardware(lab.host);
  const bound = lab.host.machine.smmu.realmStream(hardware.requesterId) !== undefined;
  if (hardware.tdiState !== "RUN" || !bound) {
    return {
      id: "touched-the-device",
      message:
        "The device itself was stopped or taken away. It is to run on, bound as before, and fault all the same.",
      expected: "RUN, with an entry in the stream table",
      came: `${hardware.tdiState}, ${bound ? "with" : "without"} an entry`,
    };
  }
  const outcomes = Array.from({ length: MAPPED }, (_, page) => hardware.read(RAM + page * PAGE_SIZE, 8));
  const first = outcomes[0];
  if (first?.event !== undefined) return undefined;
  if (outcomes.every(({ event }) => event === undefined))
    return untouched("The DMA still lands, on every page.");
  return {
    id: "another-page",
    message: `A DMA faults now, but not the one to ${hex(RAM)}.`,
    call: `DMA to ${hex(RAM)}`,
    expected: "refused",
    came: first === undefined ? "nothing" : dmaOutcome(first),
    picture: showRtt(lab.host, lab.vm),
  };
}

function code(...lines: string[]): string {
  return [`const lab = exercise("${ID}");`, ...lines, `check("${ID}", lab);`].join("\n");
}

/** Nothing keeps a page mapped. */
export const faultAgain: Exercise = {
  id: ID,
  title: "Make it fault again",
  task: `Eight pages from ${hex(RAM)} are mapped, and the device's DMA lands. Make the DMA to ${hex(RAM)} fault again, without touching the device. lab.vmm is the VMM.`,
  starter: code("// the VMM does something: lab.vmm"),
  prepare,
  check,
  hints: [
    "The device reaches what stands in the realm's tables. Who else can make an entry go, besides the firmware itself?",
    "KVM unmaps a private page when it stops being private, when its slot goes, and when its page is taken out of the guest_memfd.",
    "One call of lab.vmm: setShared(...), or punchHole(lab.vmm.memory[0], ...).",
  ],
  wrongAnswers: [
    { problem: "touched-the-device", code: code("deviceHardware(lab.host).fail();") },
    { problem: "another-page", code: code("lab.vmm.setShared(0x8000_1000, PAGE_SIZE);") },
    { problem: "starter", code: code("lab.vmm.setPrivate(0x8000_0000, PAGE_SIZE);") },
  ],
  solution: {
    code: code("lab.vmm.setShared(0x8000_0000, PAGE_SIZE);"),
    reasons:
      "The change of the attribute makes KVM unmap the page from the realm. Nothing in the patch keeps a page mapped, and nobody tells the device or iommufd. A hole in the guest_memfd, closing it, or deleting the slot do it as well.",
  },
};
