// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { LAST_LEVEL } from "../../hw/stage2.ts";
import { RMI_RTT_READ_ENTRY } from "../../rmm/fid.ts";
import { readingGuest } from "../../user/guest.ts";
import type { Vmm } from "../../user/vmm.ts";
import { vmOf } from "../../view/find.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { showRtt } from "../../view/rtt.ts";
import { type Exercise, labOf, type Problem, untouched } from "../exercise.ts";
import { ALIAS, PRIVATE, realmWithGuest } from "./convert-labs.ts";

const ID = "03-both-halves";
/** @rmm RIPAS of memory that was taken away from the realm */
const DESTROYED = 2;

function isMapped(vmm: Vmm, address: number): boolean {
  return mappedPages(vmm.host, address, address + PAGE_SIZE).length > 0;
}

function ripas(vmm: Vmm): number {
  const { rmm } = vmm.host;
  rmm.smc(RMI_RTT_READ_ENTRY, vmOf(vmm.host).arch.realm.rd, PRIVATE, LAST_LEVEL);
  return rmm.out.x4;
}

function check(answer: unknown): Problem | undefined {
  const lab = labOf(answer, ID);
  if (!("vmm" in lab)) return lab;
  const { vmm } = lab;
  const [privateHalf, sharedHalf] = [isMapped(vmm, PRIVATE), isMapped(vmm, PRIVATE + ALIAS)];
  if (privateHalf && sharedHalf) return undefined;
  if (!privateHalf && !sharedHalf && lab.ioctlResults.length === 0)
    return untouched("Nothing is mapped yet, in neither half.");
  const facts = {
    expected: "both halves mapped",
    came: privateHalf ? "only the private half" : sharedHalf ? "only the shared half" : "neither",
    picture: showRtt(vmm.host),
  };
  if (privateHalf) {
    return {
      id: "private-only",
      message: "The private half is mapped. The guest must still touch the shared half, and be let in.",
      ...facts,
    };
  }
  if (sharedHalf && ripas(vmm) === DESTROYED) {
    return {
      id: "order",
      message:
        "The private page was mapped, but the attribute changed to shared afterwards, and that unmaps both halves. Think about what comes first.",
      ...facts,
    };
  }
  if (sharedHalf) {
    return {
      id: "shared-only",
      message: "The shared half is mapped. Who maps the private page although its attribute says shared?",
      ...facts,
    };
  }
  return { id: "neither", message: "Something was done, but now neither half is mapped.", ...facts };
}

function code(...lines: string[]): string {
  return [`const lab = exercise("${ID}");`, ...lines, `check("${ID}", lab);`].join("\n");
}

const RUN = "lab.vmm.run(lab.vmm.vcpus[0]);";
const MAP = "tsmMap(lab.vmm, assignDevice(lab.vmm), 0x8000_0000, 0x8000_1000);";

/** Two truths at once. */
export const bothHalves: Exercise = {
  id: ID,
  title: "Two truths at once",
  task: `The guest of this realm reads the shared alias of ${hex(PRIVATE)} whenever it runs. Bring about that both halves of that page are mapped at the same time: the VMM's memory in the shared half, and a page of the guest_memfd in the private half.`,
  starter: code("// run the guest, set attributes, map: lab.vmm"),
  prepare: () => realmWithGuest(readingGuest([PRIVATE + ALIAS], { read: [] })),
  check,
  hints: [
    "Each half has its own way in: a fault of the guest for the shared half. For the private half, one caller does not look at the attribute.",
    "lab.vmm.run(vcpu) grants what the guest asks for, by setting the attribute. A change to shared unmaps both halves, so it must come before the private page is mapped.",
    "lab.vmm.run(lab.vmm.vcpus[0]); and tsmMap(lab.vmm, assignDevice(lab.vmm), <start>, <end>);",
  ],
  wrongAnswers: [
    { problem: "private-only", code: code(MAP) },
    { problem: "shared-only", code: code(RUN) },
    { problem: "order", code: code(MAP, RUN) },
    {
      problem: "neither",
      code: code(
        RUN,
        MAP,
        "lab.vmm.setPrivate(0x8000_0000, PAGE_SIZE);",
        "lab.vmm.setShared(0x8000_0000, PAGE_SIZE);",
      ),
    },
  ],
  solution: {
    code: code(RUN, MAP),
    reasons:
      "The guest's fault is compared with the attribute, so the VMM makes the page shared and the shared half is mapped. The ioctl compares nothing, and maps the private half as well. No fault of a guest could bring this state about.",
  },
};
