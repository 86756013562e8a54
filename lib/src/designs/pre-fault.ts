// SPDX-License-Identifier: MIT
import type { Design } from "./design.ts";
import { preFault } from "./moves.ts";
import { separateHalves } from "./separate-halves.ts";

/** What took the place of the patch: a vCPU faults the memory in before it is needed. */
export const preFaulting: Design = {
  id: "B2",
  title: "KVM_PRE_FAULT_MEMORY on a vCPU",
  origin: "the second version of the series, March 2026",
  idea: "The VMM has a vCPU take the faults in advance; the path is that of a fault, with its look at the attribute.",
  boot: { kernel: "rfc-v1", config: { KVM_RELEASE: "2026" } },
  extend: () => undefined,
  commands: new Map(),
  moves: (hands) => separateHalves(hands, (range) => preFault(hands, range)),
};
