// SPDX-License-Identifier: MIT
import { plural } from "../../base/plural.ts";
import type { Host } from "../../boot.ts";
import { RMI_GRANULE_DELEGATE, RMI_GRANULE_UNDELEGATE } from "../../rmm/fid.ts";
import { RMI_ERROR_INPUT, RMI_SUCCESS } from "../../rmm/status.ts";
import { answered, dramPage } from "../../user/firmware.ts";
import { Vmm } from "../../user/vmm.ts";
import { showProtection } from "../../view/protection.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { realmMachine } from "./firmware-labs.ts";

const ID = "04-answers";
const PAGES = [4, 5, 6, 7, 8, 9];

function machine(): Host {
  return realmMachine({ tables: { 5: 0 }, data: { 6: { ipa: 0 } }, delegated: [7], secure: [9] });
}

/** A call of the list: on which page, and what to say to the answer that people give instead of the right one. */
interface Call {
  readonly name: "RMI_GRANULE_DELEGATE" | "RMI_GRANULE_UNDELEGATE";
  readonly page: number;
  readonly offset?: number;
  readonly mistake: readonly [id: string, message: string];
}

const CALLS: readonly Call[] = [
  {
    name: "RMI_GRANULE_DELEGATE",
    page: 8,
    mistake: ["page-8-is-free", "Page 8 is NS in both tables: nothing stands against delegating it."],
  },
  {
    name: "RMI_GRANULE_DELEGATE",
    page: 8,
    mistake: [
      "idempotent",
      "The page is DELEGATED by now. DELEGATE wants NS, and does not take 'it is so already' for success.",
    ],
  },
  {
    name: "RMI_GRANULE_DELEGATE",
    page: 9,
    mistake: [
      "secure-looks-ns",
      "The RMM lists page 9 as NS, but EL3 knows it as Secure and does not move it.",
    ],
  },
  {
    name: "RMI_GRANULE_UNDELEGATE",
    page: 7,
    mistake: ["page-7-is-idle", "Page 7 is DELEGATED, which is the one state that UNDELEGATE accepts."],
  },
  {
    name: "RMI_GRANULE_UNDELEGATE",
    page: 6,
    mistake: ["data-goes-back", "Page 6 is DATA: the realm has it. The way back leads through DATA_DESTROY."],
  },
  {
    name: "RMI_GRANULE_UNDELEGATE",
    page: 8,
    offset: 8,
    mistake: [
      "rounded-down",
      "The address is not the start of a granule. The RMM does not round; it refuses.",
    ],
  },
  {
    name: "RMI_GRANULE_UNDELEGATE",
    page: 4,
    mistake: [
      "realm-is-the-hosts",
      "Page 4 is the RD. The host made the realm, and still gets the page only after REALM_DESTROY.",
    ],
  },
];

const FIDS = { RMI_GRANULE_DELEGATE, RMI_GRANULE_UNDELEGATE };

function check(answer: unknown): Problem | undefined {
  if (!Array.isArray(answer) || answer.length !== CALLS.length) {
    return {
      id: "no-list",
      message: `The answer is a list of ${CALLS.length} entries, each RMI_SUCCESS or another status.`,
      came: Array.isArray(answer) ? `${answer.length} entries` : typeof answer,
    };
  }
  if (answer.every((entry) => entry === "?"))
    return untouched("Put a status in place of each question mark.");
  const host = machine();
  for (const [index, { name, page, offset = 0, mistake }] of CALLS.entries()) {
    const before = showProtection(host, PAGES);
    const registers = host.smc(FIDS[name], dramPage(host, page) + BigInt(offset));
    const expected = Number(registers[0]);
    const given: unknown = answer[index];
    if (given === expected) continue;
    const [id, message] =
      given === RMI_SUCCESS || given === RMI_ERROR_INPUT
        ? mistake
        : (["other-status", "These two commands know one error only, whatever the reason is."] as const);
    return {
      id,
      message,
      call: `${index + 1}. ${name}(page ${page}${offset === 0 ? "" : ` + ${plural(offset, "byte")}`})`,
      expected: answered(registers),
      came: typeof given === "number" ? answered([BigInt(Math.trunc(given) || 0)]) : String(given),
      picture: before,
    };
  }
  return undefined;
}

function code(entries: string): string {
  return `const statuses = [\n  ${entries},\n];\ncheck("${ID}", statuses);`;
}

const OK = "RMI_SUCCESS";
const NO = "RMI_ERROR_INPUT";
const RIGHT = [OK, NO, NO, OK, NO, NO, NO];

/** The right list with other answers at some places. */
function but(changes: Readonly<Record<number, string>>): string {
  return code(RIGHT.map((status, i) => changes[i] ?? status).join(", "));
}

/** The statuses of a list of calls. */
export const granuleAnswers: Exercise = {
  id: ID,
  title: "Seven answers",
  task: "For each of seven DELEGATE and UNDELEGATE calls, made one after the other: the status.",
  starter: code(CALLS.map(() => '"?"').join(", ")),
  prepare: () => new Vmm(machine()),
  check,
  hints: [
    `showProtection(exercise("${ID}").host, [4, 5, 6, 7, 8, 9]) shows both tables before the first call. The calls change them.`,
    "DELEGATE wants NS in the RMM's table and Non-secure in the GPT. UNDELEGATE wants DELEGATED. All else is ERROR_INPUT.",
    "[RMI_SUCCESS, RMI_ERROR_INPUT, ...], seven entries, two of which are successes.",
  ],
  wrongAnswers: [
    { problem: "idempotent", code: but({ 1: OK }) },
    { problem: "secure-looks-ns", code: but({ 2: OK }) },
    { problem: "page-7-is-idle", code: but({ 3: NO }) },
    { problem: "data-goes-back", code: but({ 4: OK }) },
    { problem: "rounded-down", code: but({ 5: OK }) },
    { problem: "realm-is-the-hosts", code: but({ 6: OK }) },
    { problem: "other-status", code: but({ 4: "RMI_ERROR_RTT" }) },
  ],
  solution: {
    code: but({}),
    reasons:
      "Only calls 1 and 4 meet a page in exactly the state they want. The rest meet a page that is delegated already, Secure, in use, or no page at all, and the answer to each is ERROR_INPUT: by design the host learns nothing more.",
  },
};
