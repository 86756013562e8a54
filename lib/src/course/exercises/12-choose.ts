// SPDX-License-Identifier: MIT
import { designs } from "../../designs/all.ts";
import { dmaText, tryDma } from "../../designs/observe.ts";
import { type Moment, type Played, resultText } from "../../designs/scenario.ts";
import { guestPage } from "../../designs/setting.ts";
import { runOf } from "../evidence.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { settingOf } from "./design-labs.ts";

const ID = "12-choose";

/** Something that a customer wants, as a run shows it. */
interface Requirement {
  readonly id: string;
  readonly message: string;
  /** Where it shows, and what is wanted there. */
  readonly call: string;
  readonly expected: string;
  /** What came instead; nothing if the design has it. */
  readonly lack: (design: string) => string | undefined;
}

function dmaAt(run: Played, kind: "private" | "shared", when: string): string {
  const found = run.moments.find(
    (moment): moment is Extract<Moment, { what: "dma" }> =>
      moment.what === "dma" && moment.when === when && moment.seen.kind === kind,
  );
  return found === undefined ? "never tried" : dmaText(found.seen);
}

const MAPPING_CALLS = [
  "IOMMU_VDEVICE_TSM_MAP",
  "(map private memory)",
  "KVM_PRE_FAULT_MEMORY",
  "KVM_TDX_INIT_MEM_REGION",
  "IOMMU_IOAS_MAP_FILE",
];

const CONVERTS: Requirement = {
  id: "no-conversion",
  message:
    "Memory has to be converted while the guest runs, in both directions. This design does not let it.",
  call: "conversion: convert to private",
  expected: "ok",
  lack: (design) => {
    for (const moment of runOf(design, "conversion").moments)
      if (moment.what === "move" && moment.result < 0) return resultText(moment.result);
    return undefined;
  },
};

const LANDS_AT_ONCE: Requirement = {
  id: "waits-for-guest",
  message: "The device has to get through right after the conversion, before the guest touches the page.",
  call: "conversion: private DMA private again",
  expected: "lands",
  lack: (design) => {
    const came = dmaAt(runOf(design, "conversion"), "private", "private again");
    return came === "lands" ? undefined : came;
  },
};

const NO_CALL: Requirement = {
  id: "vmm-must-remember",
  message:
    "The VMM has to do no more than convert. With this design it must also remember to have the page mapped.",
  call: "conversion: system calls that map private memory",
  expected: "none",
  lack: (design) => {
    const calls = runOf(design, "conversion").systemCalls;
    const found = MAPPING_CALLS.filter((name) => calls.has(name));
    return found.length === 0 ? undefined : found.join(", ");
  },
};

const HOLE_IS_SAFE: Requirement = {
  id: "reaches-after-hole",
  message: "After a hole, no DMA of either kind may land anywhere: the memory is not the guest's any more.",
  call: "punch-hole: DMA after another process got memory",
  expected: "refused, both kinds",
  lack: (design) => {
    const run = runOf(design, "punch-hole");
    const both = (["private", "shared"] as const).map(
      (kind) => [kind, dmaAt(run, kind, "after another process got memory")] as const,
    );
    const landed = both.find(([, text]) => text.startsWith("lands"));
    return landed === undefined ? undefined : `${landed[0]} DMA ${landed[1]}`;
  },
};

const NO_LEAK: Requirement = {
  id: "leaks",
  message: "A VMM that has the same memory mapped twice by mistake must not cost the host a page for ever.",
  call: "map-twice: audit at the end",
  expected: "clean",
  lack: (design) => runOf(design, "map-twice").audit[0],
};

const ONE_COPY: Requirement = {
  id: "two-copies",
  message: "The host has memory for the 8 pages of the guest, and for no second copy of the shared ones.",
  call: "dma: frames held, file and user",
  expected: "8 at most",
  lack: (design) => {
    const { file, user } = runOf(design, "dma").held;
    return file + user <= 8 ? undefined : `${file} + ${user}`;
  },
};

const ON_DEMAND: Requirement = {
  id: "commits-all",
  message: "The file may have no more pages than are private: the host has more guests than memory.",
  call: "dma: frames held by the file; 4 pages are private",
  expected: "4 at most",
  lack: (design) => {
    const { file } = runOf(design, "dma").held;
    return file <= 4 ? undefined : String(file);
  },
};

const LOOKS_AT_ATTRIBUTE: Requirement = {
  id: "maps-shared",
  message: "A VMM that asks to map a shared page must not get it mapped as private memory.",
  call: "page 5, which is shared: map it, then private DMA",
  expected: "refused",
  lack: (design) => {
    const on = settingOf(design);
    on.startUp();
    on.moves.map(guestPage(5));
    const came = dmaText(tryDma(on, 5, "private", 1));
    return came.startsWith("lands") ? came : undefined;
  },
};

/** Customers, and what each wants, in the order in which it is asked. */
const CUSTOMERS = {
  network: [CONVERTS, LANDS_AT_ONCE, NO_CALL],
  careful: [CONVERTS, HOLE_IS_SAFE, NO_LEAK, ONE_COPY],
  crowded: [CONVERTS, ON_DEMAND, LOOKS_AT_ATTRIBUTE],
} as const satisfies Record<string, readonly Requirement[]>;
type Customer = keyof typeof CUSTOMERS;
const NAMES = Object.keys(CUSTOMERS) as Customer[];

function check(answer: unknown): Problem | undefined {
  const given = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  if (!NAMES.every((name) => typeof given[name] === "string"))
    return {
      id: "no-names",
      message: `The answer is an object with the id of a design for each of ${NAMES.join(", ")}.`,
    };
  if (NAMES.every((name) => given[name] === "?"))
    return untouched("Put the id of a design in place of each question mark.");
  for (const name of NAMES) {
    const chosen = given[name] as string;
    if (!designs.some(({ id }) => id === chosen))
      return {
        id: "no-design",
        message: "That is no design of the list.",
        expected: designs.map(({ id }) => id).join(", "),
        came: chosen,
      };
    for (const { id, message, call, expected, lack } of CUSTOMERS[name]) {
      const came = lack(chosen);
      if (came !== undefined)
        return { id, message: `${name}, with ${chosen}: ${message}`, call, expected, came };
    }
  }
  return undefined;
}

function code(network: string, careful: string, crowded: string): string {
  return [
    "const choice = {",
    `  network: "${network}",`,
    `  careful: "${careful}",`,
    `  crowded: "${crowded}",`,
    "};",
    `check("${ID}", choice);`,
  ].join("\n");
}

/** There is no best design; there are requirements. */
export const chooseDesign: Exercise = {
  id: ID,
  title: "Choose for three customers",
  task: "All three convert memory while the guest runs. `network`: after a conversion the device gets through at once, and the VMM has no call to remember. `careful`: no DMA lands anywhere after a hole, mapping twice leaks nothing, and the 8 pages of the guest take 8 frames. `crowded`: the file has only the pages that are private, and a shared page is never mapped as private memory.",
  starter: code("?", "?", "?"),
  check,
  hints: [
    "Each requirement is a row of one of the tables above: conversion, punch-hole, map-twice, and the frames in dma.",
    "Cross out. A design that fails one requirement of a customer is out for that customer; for each of them one is left.",
    'network: "C" or one of its kind, careful: one of the D designs, crowded: one of those that use KVM\'s tables',
  ],
  wrongAnswers: [
    { problem: "no-conversion", code: code("E", "D3", "B2") },
    { problem: "waits-for-guest", code: code("D3", "D3", "B2") },
    { problem: "vmm-must-remember", code: code("A", "D3", "B2") },
    { problem: "reaches-after-hole", code: code("C", "D2", "B2") },
    { problem: "leaks", code: code("C", "G keep", "B2") },
    { problem: "two-copies", code: code("C", "C", "B2") },
    { problem: "commits-all", code: code("C", "D3", "C") },
    { problem: "maps-shared", code: code("C", "D3", "B1") },
  ],
  solution: {
    code: code("C", "D3", "B2"),
    reasons:
      "C maps by itself at each conversion, and has committed all memory for that. D3 maps once and is told before a page goes; the price is a callback in the file, and a device that waits for the guest's first touch. B2 takes the way of a fault, with its look at the attribute, and allocates on demand; the price is a call of the VMM after each conversion, and nothing that keeps the page mapped. The series took B2.",
  },
};
