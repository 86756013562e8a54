// SPDX-License-Identifier: MIT
import { type Pfn, paToPfn } from "../../base/address.ts";
import type { Host } from "../../boot.ts";
import { granuleStateName } from "../../rmm/granules.ts";
import { rmiResultName } from "../../rmm/status.ts";
import { dramPage } from "../../user/firmware.ts";
import { Vmm } from "../../user/vmm.ts";
import { showProtection } from "../../view/protection.ts";
import { type Exercise, labOf, type Problem, untouched } from "../exercise.ts";
import { firmwareCalls, realmMachine } from "./firmware-labs.ts";

const ID = "04-reach-states";
const WANTED = { 6: "DATA", 7: "NS", 8: "DELEGATED", 9: "DATA" } as const;

function machine(): Host {
  return realmMachine({
    tables: { 5: 0 },
    data: { 8: { ipa: 0x2000, content: 0xcafen } },
    delegated: [6, 7],
  });
}

function stateOf(host: Host, page: number): string {
  const pfn: Pfn = paToPfn(Number(dramPage(host, page)));
  return granuleStateName(host.rmm.state.granules.stateOf(pfn));
}

/** What a page that is not as it should be shows. */
function misconception(page: number, state: string): [id: string, message: string] {
  if (page === 8 && state === "DATA") {
    return [
      "still-data",
      "The realm has page 8. DATA_DESTROY takes it away, at the address where it is mapped.",
    ];
  }
  if (page === 8 && state === "NS") {
    return ["given-back", "Page 8 went all the way back to the host. It was to stop one step before."];
  }
  if (page === 9 && state === "NS") {
    return [
      "not-delegated",
      "Page 9 is the host's. The RMM makes nothing of a page that was not delegated first.",
    ];
  }
  if (page === 9 && state === "DELEGATED") {
    return [
      "no-address",
      "Page 9 is delegated and was not mapped. Each page of the realm needs an address of its own, below a table that exists.",
    ];
  }
  if (page === 6) return ["page-6", "Page 6 is delegated already; one call makes it a page of the realm."];
  return ["page-7", "Page 7 was to be the host's again."];
}

function check(answer: unknown): Problem | undefined {
  const lab = labOf(answer, ID);
  if ("message" in lab) return lab;
  const { host } = lab;
  const made = firmwareCalls(host);
  if (made.length === 0) return untouched("No firmware call was made on this machine yet.");
  for (const page of [8, 9, 6, 7] as const) {
    const state = stateOf(host, page);
    if (state === WANTED[page]) continue;
    const [id, message] = misconception(page, state);
    const refused = made.filter(({ result }) => result !== 0).at(-1);
    return {
      id,
      message,
      ...(refused === undefined
        ? {}
        : { call: `the last call that was refused: ${refused.name}, ${rmiResultName(refused.result ?? 0)}` }),
      expected: `page ${page} ${WANTED[page]}`,
      came: state,
      picture: showProtection(host, [4, 5, 6, 7, 8, 9]),
    };
  }
  return undefined;
}

const SETUP = [
  `const lab = exercise("${ID}");`,
  "const at = (n: number) => dramPage(lab.host, n);",
  "const realm = at(4);",
];

function code(...lines: string[]): string {
  return [...SETUP, ...lines, `check("${ID}", lab);`].join("\n");
}

const smc = (call: string): string => `lab.host.smc(${call});`;
const SIX = smc("RMI_DATA_CREATE_UNKNOWN, realm, at(6), 0x0n");
const SEVEN = smc("RMI_GRANULE_UNDELEGATE, at(7)");
const EIGHT = smc("RMI_DATA_DESTROY, realm, 0x2000n");
const NINE = smc("RMI_GRANULE_DELEGATE, at(9)");
const NINE_DATA = smc("RMI_DATA_CREATE_UNKNOWN, realm, at(9), 0x1000n");

/** Bring pages into given states. */
export const reachStates: Exercise = {
  id: ID,
  title: "Four pages, four states",
  task: "Bring page 6 to DATA, page 7 to NS, page 8 to DELEGATED and page 9 to DATA. Tables reach from address 0 to 0x1f_f000; page 8 is mapped at 0x2000.",
  starter: code("// lab.host.smc(RMI_..., ...)"),
  prepare: () => new Vmm(machine()),
  check,
  hints: [
    `showProtection(lab.host, [6, 7, 8, 9]) shows where you are. answered(lab.host.smc(...)) says what the firmware thinks of a call.`,
    "Every way leads through DELEGATED: NS to DELEGATED to DATA by DELEGATE and DATA_CREATE_UNKNOWN, back by DATA_DESTROY and UNDELEGATE.",
    "lab.host.smc(RMI_DATA_CREATE_UNKNOWN, realm, at(6), 0x0n);\nlab.host.smc(RMI_DATA_DESTROY, realm, 0x2000n);\n... five calls in all",
  ],
  wrongAnswers: [
    {
      problem: "still-data",
      code: code(SIX, SEVEN, smc("RMI_GRANULE_UNDELEGATE, at(8)"), NINE, NINE_DATA),
    },
    {
      problem: "given-back",
      code: code(SIX, SEVEN, EIGHT, smc("RMI_GRANULE_UNDELEGATE, at(8)"), NINE, NINE_DATA),
    },
    { problem: "not-delegated", code: code(SIX, SEVEN, EIGHT, NINE_DATA) },
    {
      problem: "no-address",
      code: code(SIX, SEVEN, EIGHT, NINE, smc("RMI_DATA_CREATE_UNKNOWN, realm, at(9), 0x0n")),
    },
    { problem: "page-6", code: code(SEVEN, EIGHT, NINE, NINE_DATA) },
    { problem: "page-7", code: code(SIX, EIGHT, NINE, NINE_DATA) },
  ],
  solution: {
    code: code(SIX, SEVEN, EIGHT, NINE, NINE_DATA),
    reasons:
      "DELEGATED is the hub: from NS, from a use and to a use, every way leads through it. So the host can never turn a page of the realm into anything else while the realm has it.",
  },
};
