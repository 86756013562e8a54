// SPDX-License-Identifier: MIT
import { hex, paToPfn } from "../../base/address.ts";
import type { Host } from "../../boot.ts";
import { GRANULE, granuleStateName } from "../../rmm/granules.ts";
import { dramPage, type HostFault, hostLoad } from "../../user/firmware.ts";
import { showProtection } from "../../view/protection.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { firmwareCalls, rdOf, realmMachine } from "./firmware-labs.ts";

const ID = "04-give-back";

type GiveBack = (host: Host, rd: bigint, ipa: bigint) => bigint | HostFault;

/** Where the page of the realm is, physically and in the realm's own addresses. */
const CASES = [
  { page: 6, ipa: 0x3000 },
  { page: 9, ipa: 0x7000 },
] as const;

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function: giveBack(host, rd, ipa).",
      came: typeof answer,
    };
  }
  for (const { page, ipa } of CASES) {
    const host = realmMachine({ tables: { 5: 0 }, data: { [page]: { ipa, content: 0x5ec2e7n } } });
    const problem = judge(answer as GiveBack, host, page, ipa);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function judge(giveBack: GiveBack, host: Host, page: number, ipa: number): Problem | undefined {
  const pa = dramPage(host, page);
  const call = `giveBack(host, rd, ${hex(ipa)}), where page ${page} is mapped`;
  let came: unknown;
  try {
    came = giveBack(host, rdOf(host), BigInt(ipa));
  } catch (error) {
    return {
      id: "throws",
      message: "The function threw.",
      call,
      came: error instanceof Error ? error.message : String(error),
    };
  }
  const made = firmwareCalls(host);
  if (made.length === 0) return untouched("The function makes no firmware call yet.");
  const state = host.rmm.state.granules.stateOf(paToPfn(Number(pa)));
  const facts = { call, picture: showProtection(host, [4, 5, 6, 9]) };
  if (state === GRANULE.DATA) {
    return {
      id: "realm-has-it",
      message:
        "The page is still the realm's. UNDELEGATE refuses a page in use, and an address of the realm is no address of memory.",
      ...facts,
      expected: "page NS",
      came: granuleStateName(state),
    };
  }
  if (state === GRANULE.DELEGATED) {
    const wrongPage = made.some(({ name }) => name === "RMI_GRANULE_UNDELEGATE");
    return {
      id: wrongPage ? "other-page" : "half-way",
      message: wrongPage
        ? "UNDELEGATE was called, but on another address. DATA_DESTROY says in x1 which page it took."
        : "The realm has lost the page, and the host has not got it: it is DELEGATED.",
      ...facts,
      expected: "page NS",
      came: granuleStateName(state),
    };
  }
  const expected = hostLoad(host, pa);
  if (came === expected) return undefined;
  return {
    id: "no-proof",
    message: "The page is the host's again. Now return what the host reads there.",
    ...facts,
    expected: `${String(expected)}n`,
    came: typeof came === "bigint" ? `${hex(came)}n` : String(came),
  };
}

function code(...body: string[]): string {
  return [
    "function giveBack(host: Host, rd: bigint, ipa: bigint): bigint | HostFault {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", giveBack);`,
  ].join("\n");
}

const DESTROY = "const pa = host.smc(RMI_DATA_DESTROY, rd, ipa)[1] ?? 0n;";
const UNDELEGATE = "host.smc(RMI_GRANULE_UNDELEGATE, pa);";

/** A page of the realm on its way back to the host. */
export const giveBack: Exercise = {
  id: ID,
  title: "Give it back, and prove it",
  task: "Write giveBack(host, rd, ipa): it takes the page at an address away from the realm, gives it back to the host, and returns the first 8 bytes that the host then reads in it.",
  starter: code('return "granule protection fault";'),
  check,
  hints: [
    "You are given the realm's address, ipa. The physical page is known to the RMM only; one of its calls tells.",
    "DATA_DESTROY leads to DELEGATED and answers the page in x1, UNDELEGATE leads to NS. smc answers the registers [x0, x1, ...].",
    "const pa = host.smc(RMI_DATA_DESTROY, ...)[1] ?? 0n;\n...\nreturn hostLoad(host, pa);",
  ],
  wrongAnswers: [
    { problem: "half-way", code: code(DESTROY, "return hostLoad(host, pa);") },
    {
      problem: "realm-has-it",
      code: code("host.smc(RMI_GRANULE_UNDELEGATE, ipa);", "return hostLoad(host, ipa);"),
    },
    {
      problem: "other-page",
      code: code(DESTROY.replace("[1]", "[0]"), UNDELEGATE, "return hostLoad(host, pa);"),
    },
    { problem: "no-proof", code: code(DESTROY, UNDELEGATE, "return pa;") },
  ],
  solution: {
    code: code(DESTROY, UNDELEGATE, "return hostLoad(host, pa);"),
    reasons:
      "Two calls, because two tables change one after the other: the realm's translation table loses the page, then the granule protection table gives it to the host. In between the RMM has cleared it, so the host reads 0.",
  },
};
