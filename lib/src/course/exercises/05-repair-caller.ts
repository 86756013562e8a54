// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE, type Pfn, paToPfn } from "../../base/address.ts";
import type { Host } from "../../boot.ts";
import { RMI_RTT_READ_ENTRY } from "../../rmm/fid.ts";
import { GRANULE, granuleStateName } from "../../rmm/granules.ts";
import { rmiResultName } from "../../rmm/status.ts";
import { dramPage } from "../../user/firmware.ts";
import { showRealmRtt } from "../../view/rtt.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { firmwareCalls, rdOf, realmMachine } from "./firmware-labs.ts";

const ID = "05-repair-caller";

type EnsureTable = (host: Host, rd: bigint, ipa: bigint, spare: bigint) => boolean;

/** Page that the caller may use for a table. */
const SPARE_PAGE = 20;

interface Case {
  readonly name: string;
  readonly machine: () => Host;
  readonly ipa: bigint;
  /** What the function must answer. */
  readonly table: boolean;
}

const CASES: readonly Case[] = [
  { name: "no table yet", machine: () => realmMachine(), ipa: 0x40_3000n, table: true },
  {
    name: "the table exists",
    machine: () => realmMachine({ tables: { 5: 0x40_0000 } }),
    ipa: 0x40_3000n,
    table: true,
  },
  {
    name: "an address past the end of the realm's address space",
    machine: () => realmMachine(),
    ipa: 0x1_0000_3000n,
    table: false,
  },
];

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function: ensureTable(host, rd, ipa, spare).",
      came: typeof answer,
    };
  }
  for (const one of CASES) {
    const problem = judge(answer as EnsureTable, one);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function judge(ensureTable: EnsureTable, { name, machine, ipa, table }: Case): Problem | undefined {
  const host = machine();
  const rd = rdOf(host);
  const spare = dramPage(host, SPARE_PAGE);
  let came: unknown;
  try {
    came = ensureTable(host, rd, ipa, spare);
  } catch (error) {
    came = error instanceof Error ? error.message : String(error);
  }
  const made = [...firmwareCalls(host)];
  const create = made.filter(({ name: called }) => called === "RMI_RTT_CREATE").at(-1);
  const state = host.rmm.state.granules.stateOf(paToPfn(Number(spare)) as Pfn);
  const call = `ensureTable(host, rd, ${hex(ipa)}n, spare), ${name}`;
  const heard = create === undefined ? "" : `, after RTT_CREATE: ${rmiResultName(create.result ?? 0)}`;
  const facts = {
    call,
    picture: showRealmRtt(host, rd),
  };
  if (came !== table) {
    if (table && name === "the table exists" && came === false) {
      return untouchedCaller(call, heard);
    }
    return {
      id: table ? "no-table" : "takes-all-for-exists",
      message: table
        ? "The function is to make the table and answer true."
        : "There is no table, and there cannot be one: this is another answer of the firmware than for a table that exists.",
      ...facts,
      expected: String(table),
      came: `${came}${heard}`,
    };
  }
  if (state === GRANULE.DELEGATED) {
    return {
      id: table ? "leak-on-exists" : "leak-on-refusal",
      message: table
        ? "The answer is right, but the spare page was not needed and stays delegated: lost for the host."
        : "The call was refused for good, and the spare page stays delegated: lost for the host.",
      ...facts,
      expected: "spare page NS",
      came: granuleStateName(state),
    };
  }
  const start = Number(ipa) - (Number(ipa) % (512 * PAGE_SIZE));
  const level = table ? host.smc(RMI_RTT_READ_ENTRY, rd, BigInt(start), 3n)[1] : 3n;
  if (level === 3n) return undefined;
  return {
    id: "claims",
    message: "The function answers true, and the walk still ends above level 3.",
    ...facts,
    expected: "level 3",
    came: `level ${level}`,
  };
}

function untouchedCaller(call: string, heard: string): Problem {
  return {
    ...untouched(
      "Where the table exists already, the function answers false. What index does the firmware give there?",
    ),
    call,
    expected: "true",
    came: `false${heard}`,
  };
}

function code(afterCreate: readonly string[]): string {
  return [
    "function ensureTable(host: Host, rd: bigint, ipa: bigint, spare: bigint): boolean {",
    "  host.smc(RMI_GRANULE_DELEGATE, spare);",
    "  const block = ipa - (ipa % 0x20_0000n);",
    "  const x0 = Number(host.smc(RMI_RTT_CREATE, rd, spare, block, 3n)[0]);",
    "  const [status, index] = [x0 & 0xff, x0 >> 8];",
    "  if (status === RMI_SUCCESS) return true;",
    ...afterCreate.map((line) => `  ${line}`),
    "}",
    `check("${ID}", ensureTable);`,
  ].join("\n");
}

const exists = (index: string): string => `if (status === RMI_ERROR_RTT && index === ${index}) return true;`;
const BACK = "host.smc(RMI_GRANULE_UNDELEGATE, spare);";

/** A caller that misreads an index. */
export const repairCaller: Exercise = {
  id: ID,
  title: "Repair the caller",
  task: "ensureTable is to answer true when there is a table of level 3 over the address, made by itself or by somebody else before, and false when there cannot be one. A spare page that it did not need goes back to the host.",
  starter: code([exists("3"), BACK, "return false;"]),
  check,
  hints: [
    'Somebody else made the table first: call RTT_CREATE twice and look at answered(...). The starter takes "index equals the level asked for" to mean "exists".',
    "RTT_CREATE looks at the parent's entry, so a table that exists is (ERROR_RTT, level - 1). In each case but success the spare page is still DELEGATED.",
    "host.smc(RMI_GRANULE_UNDELEGATE, spare);   // first, for both\nreturn status === RMI_ERROR_RTT && index === ...;",
  ],
  wrongAnswers: [
    { problem: "leak-on-exists", code: code([exists("2"), BACK, "return false;"]) },
    { problem: "takes-all-for-exists", code: code([BACK, "return index < 3;"]) },
    {
      problem: "leak-on-refusal",
      code: code([
        "const there = status === RMI_ERROR_RTT && index === 2;",
        `if (there) ${BACK}`,
        "return there;",
      ]),
    },
  ],
  solution: {
    code: code([BACK, "return status === RMI_ERROR_RTT && index === 2;"]),
    reasons:
      "The index is the level of the entry that was in the way, and that is the parent's. Version 7 of the kernel's CCA host series compared it with the level of the new table, and kept the page where they matched; later versions compare with level - 1 and free it. Whoever delegates a page for a call must take it back when the call does not keep it, on every way out.",
  },
};
