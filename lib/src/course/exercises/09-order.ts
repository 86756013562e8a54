// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { errnoName } from "../../base/errno.ts";
import { acceptDevice, dmaOutcome } from "../../user/driver.ts";
import type { GuestProgram } from "../../user/guest.ts";
import {
  type AssignedDevice,
  assignDevice,
  bindDevice,
  connectTsm,
  tsmMap,
  VIRTUAL_DEVICE_ID,
} from "../../user/vmm-device.ts";
import { showDevice } from "../../view/device.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { RAM, realmBesideDevices } from "./device-labs.ts";

const ID = "09-order";
const STEPS = ["accept", "assign", "bind", "connect", "map"] as const;
type Step = (typeof STEPS)[number];

/** What a step is refused with, where it is. */
interface Refusal {
  readonly id: string;
  readonly message: string;
  readonly came: string;
}

function isOrder(answer: unknown): answer is Step[] {
  return Array.isArray(answer) && [...answer].sort().join() === STEPS.join();
}

function check(answer: unknown): Problem | undefined {
  if (Array.isArray(answer) && answer.length === 0) return untouched("There are no steps yet.");
  if (!isOrder(answer)) {
    return {
      id: "not-five",
      message: "The answer is a list of the five steps, each of them once.",
      expected: STEPS.join(", "),
      came: Array.isArray(answer) ? `a list of ${answer.length}` : typeof answer,
    };
  }
  const accepted: boolean[] = [];
  function* guest(): GuestProgram {
    for (;;) {
      yield { op: "wait" };
      accepted.push(yield* acceptDevice(VIRTUAL_DEVICE_ID));
    }
  }
  const { vmm, pci, runGuest } = realmBesideDevices(guest());
  runGuest();
  let device: AssignedDevice | undefined;
  const play: Readonly<Record<Step, () => Refusal | undefined>> = {
    connect: () => {
      connectTsm(vmm, "0000:01:00.0");
      return undefined;
    },
    assign: () => {
      device = assignDevice(vmm);
      return undefined;
    },
    map: () => {
      if (device === undefined) return NO_VDEVICE;
      return refused(tsmMap(vmm, device, RAM, RAM + PAGE_SIZE), "map-refused", "The range was refused.");
    },
    bind: () => {
      if (device === undefined) return NO_VDEVICE;
      return refused(
        bindDevice(vmm, device),
        "not-connected",
        "There is no secure link to the device yet, so the firmware knows nothing that it could bind.",
      );
    },
    accept: () => {
      runGuest();
      if (accepted.at(-1) === true) return undefined;
      return {
        id: "nobody-there",
        message: "The guest asks for its device, and the firmware knows of none in this realm.",
        came: "the guest could not start the device",
      };
    },
  };
  for (const step of answer) {
    const refusal = play[step]();
    if (refusal === undefined) continue;
    return { call: `step "${step}"`, ...refusal, picture: showDevice(vmm.host, pci) };
  }
  const dma = pci.write(RAM, Uint8Array.of(1));
  if (dma.event !== undefined) {
    return { id: "no-dma", message: "All steps went well, and the DMA does not.", came: dmaOutcome(dma) };
  }
  if (answer.indexOf("map") === 1) return undefined;
  return {
    id: "map-later",
    message: "This works, and the DMA lands. The mapping can come earlier still.",
    expected: '"map" as the second step',
    came: `"map" as step ${answer.indexOf("map") + 1}`,
  };
}

const NO_VDEVICE: Refusal = {
  id: "no-vdevice",
  message: "The ioctl names a vdevice, and there is none before the device was assigned.",
  came: "no vdevice_id to give",
};

function refused(result: number, id: string, message: string): Refusal | undefined {
  return result === 0 ? undefined : { id, message, came: errnoName(result) };
}

function code(...steps: string[]): string {
  const list = steps.map((step) => `"${step}"`).join(", ");
  return `const order: string[] = [${list}];\ncheck("${ID}", order);`;
}

/** Which step waits for which. */
export const stepOrder: Exercise = {
  id: ID,
  title: "As early as it can",
  task: 'Put the five steps "connect", "assign", "bind", "accept" and "map" in an order in which each succeeds, the DMA lands at the end, and "map" comes as early as it can.',
  starter: code(),
  check,
  hints: [
    "For each step, ask what it needs that another step makes: an id, a link, a binding.",
    "connect needs the device alone. assign needs the VM. bind needs both. accept needs the binding. What does TSM_MAP look up, and what does it never ask?",
    'Two steps, then the three of the others in their order: ["...", "map", "...", "...", "..."].',
  ],
  wrongAnswers: [
    { problem: "map-later", code: code("connect", "assign", "bind", "accept", "map") },
    { problem: "no-vdevice", code: code("map", "assign", "connect", "bind", "accept") },
    { problem: "not-connected", code: code("assign", "map", "bind", "connect", "accept") },
    { problem: "nobody-there", code: code("assign", "map", "connect", "accept", "bind") },
    { problem: "not-five", code: code("assign", "map", "connect", "bind") },
  ],
  solution: {
    code: code("assign", "map", "connect", "bind", "accept"),
    reasons:
      "TSM_MAP takes an id of a vdevice, goes from there to the VM, and forgets the device. So it needs the vdevice and nothing else: no secure link, no binding, no consent of the guest. The mapping belongs to the realm; the device was only a way to find it.",
  },
};
