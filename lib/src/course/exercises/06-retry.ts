// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE, type Pfn, pfnToPa } from "../../base/address.ts";
import { plural } from "../../base/plural.ts";
import { RMI_GRANULE_DELEGATE } from "../../rmm/fid.ts";
import { GRANULE } from "../../rmm/granules.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { granulesIn, type LateRealm, lateRealm, mapAt, pageFor, tablesOf } from "./map-ipa-labs.ts";
import { RAM } from "./map-labs.ts";

const ID = "06-retry";
const NEIGHBOUR = RAM + PAGE_SIZE;
const OTHER_TABLE = RAM + 2 ** 21;
/** Calls after which a function is taken to go round in circles. */
const TOO_MANY = 40;

/** A firmware call as `host.smc` makes it, with plain numbers: returns x0. */
export type FirmwareCall = (fid: number, ...args: number[]) => number;

type MapPage = (smc: FirmwareCall, rd: number, page: number, ipa: number, spare: number[]) => unknown;

/** What a call came to. */
interface Outcome {
  readonly answer: string;
  readonly mapped: boolean;
  readonly calls: number;
  /** Tables made, and granules that were delegated and are used for nothing. */
  readonly tables: number;
  readonly stray: number;
}

interface Scenario {
  readonly name: string;
  /** Sets the realm up; may make spare pages unusable. */
  readonly prepare: (realm: LateRealm, spare: number[]) => void;
  readonly expected: string;
  readonly good: (outcome: Outcome) => boolean;
  readonly problem: string;
  readonly message: string;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: "all tables are there",
    prepare: ({ kvm }) => {
      mapAt(kvm, NEIGHBOUR, pageFor(kvm, NEIGHBOUR));
    },
    expected: "true, mapped with two calls",
    good: ({ answer, mapped, calls }) => answer === "true" && mapped && calls === 2,
    problem: "good-case",
    message: "With all tables there, a page takes one delegate and one data create, and nothing else.",
  },
  {
    name: "two tables are missing",
    prepare: () => {},
    expected: "true, mapped, two tables made",
    good: ({ answer, mapped, tables }) => answer === "true" && mapped && tables === 2,
    problem: "no-retry",
    message:
      "RMI_ERROR_RTT is not the end: the index says where the walk ended, and below it tables are missing.",
  },
  {
    name: "one table is missing",
    prepare: ({ kvm }) => {
      mapAt(kvm, OTHER_TABLE, pageFor(kvm, NEIGHBOUR));
    },
    expected: "true, mapped, one table made, nothing else delegated",
    good: ({ answer, mapped, tables, stray }) => answer === "true" && mapped && tables === 1 && stray === 0,
    problem: "ignores-index",
    message: "How many tables are missing is in the index of the answer. Only those are to be made.",
  },
  {
    name: "another page stands at the address",
    prepare: ({ kvm }) => {
      mapAt(kvm, RAM, pageFor(kvm, NEIGHBOUR));
    },
    expected: "false, the page is the host's again",
    good: ({ answer, stray }) => answer === "false" && stray === 0,
    problem: "keeps-page",
    message: "The page could not be entered, but it stayed delegated: the host has lost it.",
  },
  {
    name: "the page for the second table cannot be delegated",
    prepare: ({ host }, spare) => {
      // Delegated already, so it is refused.
      host.smc(RMI_GRANULE_DELEGATE, BigInt(spare[0] as number));
    },
    expected: "false, the page is the host's again",
    good: ({ answer, mapped, stray }) => answer === "false" && !mapped && stray === 0,
    problem: "table-refused",
    message: "A table could not be made. What was delegated for the page has to be undone then, too.",
  },
];

function play(mapPage: MapPage, { prepare }: Scenario): Outcome {
  const realm = lateRealm();
  const { host, kvm } = realm;
  const page = pfnToPa(pageFor(kvm, RAM));
  const spare = [0, 1, 2].map(() => pfnToPa(host.kernel.pages.alloc_zeroed_page() as Pfn)) as number[];
  // The last one goes out first: the second table, if one is needed, gets the first of two.
  spare.shift();
  prepare(realm, spare);
  const before = { tables: tablesOf(host), stray: granulesIn(host, GRANULE.DELEGATED) };
  let calls = 0;
  const smc: FirmwareCall = (fid, ...args) => {
    if (++calls > TOO_MANY) throw new Error(`${TOO_MANY} calls were made, and there is no end`);
    return Number(host.smc(fid, ...args.map(BigInt))[0]);
  };
  const answer = String(mapPage(smc, kvm.arch.realm.rd, page, RAM, spare));
  return {
    answer,
    mapped: mappedPages(host, RAM, RAM + PAGE_SIZE).length === 1,
    calls,
    tables: tablesOf(host) - before.tables,
    stray: granulesIn(host, GRANULE.DELEGATED) - before.stray,
  };
}

function shown({ answer, mapped, calls, tables, stray }: Outcome): string {
  return `${answer}, ${mapped ? "a page is" : "nothing is"} mapped at ${hex(RAM)}, ${plural(calls, "call")}, tables made: ${tables}, delegated for nothing: ${stray}`;
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function: mapPage(smc, rd, page, ipa, spare).",
      came: typeof answer,
    };
  }
  const outcomes: { readonly scenario: Scenario; readonly came: Outcome | string }[] = [];
  for (const scenario of SCENARIOS) {
    try {
      outcomes.push({ scenario, came: play(answer as MapPage, scenario) });
    } catch (error) {
      outcomes.push({ scenario, came: error instanceof Error ? error.message : String(error) });
    }
  }
  if (outcomes.every(({ came }) => typeof came !== "string" && came.calls === 0))
    return untouched("The function makes no firmware call yet.");
  for (const { scenario, came } of outcomes) {
    const { name, expected, problem, message } = scenario;
    if (typeof came === "string")
      return { id: "throws", message: "The function threw.", call: name, expected, came };
    if (!scenario.good(came)) return { id: problem, message, call: name, expected, came: shown(came) };
  }
  return undefined;
}

function code(...body: string[]): string {
  return [
    "function mapPage(smc: FirmwareCall, rd: number, page: number, ipa: number, spare: number[]): boolean {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", mapPage);`,
  ].join("\n");
}

const DELEGATE = "if (smc(RMI_GRANULE_DELEGATE, page) !== RMI_SUCCESS) return false;";
const FIRST = "let x0 = smc(RMI_DATA_CREATE_UNKNOWN, rd, page, ipa);";
const AGAIN = "  x0 = smc(RMI_DATA_CREATE_UNKNOWN, rd, page, ipa);";
const LEVELS = [
  "  for (let level = indexOf(x0) + 1; level <= 3; level++) {",
  "    const table = spare.pop()!;",
  "    if (smc(RMI_GRANULE_DELEGATE, table) !== RMI_SUCCESS) break;",
  "    smc(RMI_RTT_CREATE, rd, table, ipa, level);",
  "  }",
];
const RETRY = ["if (statusOf(x0) === RMI_ERROR_RTT) {", ...LEVELS, AGAIN, "}"];
const UNDO = "if (x0 !== RMI_SUCCESS) smc(RMI_GRANULE_UNDELEGATE, page);";
const DONE = "return x0 === RMI_SUCCESS;";

/** The retry protocol by hand. */
export const retry: Exercise = {
  id: ID,
  title: "The retry, by hand",
  task: `Enter a page into a realm's tables with firmware calls alone, and make the tables that are missing from spare pages. Return true when the page is mapped; otherwise the page is to be the host's again. The address is ${hex(RAM)}, which is where tables of every level begin.`,
  starter: code("return false;"),
  check,
  hints: [
    "Follow the timeline of the first page line by line: delegate, create, and what comes between a refused create and the next.",
    "statusOf(x0) and indexOf(x0) take an answer apart. After RMI_ERROR_RTT, tables are missing at the levels index + 1 to 3; each takes a delegate and RMI_RTT_CREATE(rd, table, ipa, level). If the page is not mapped in the end, RMI_GRANULE_UNDELEGATE it.",
    "delegate page\nlet x0 = <data create>\nif (statusOf(x0) === RMI_ERROR_RTT) {\n  for (let level = indexOf(x0) + 1; level <= 3; level++) { <delegate spare.pop()!, create> }\n  x0 = <data create>\n}\nif (x0 !== RMI_SUCCESS) <undelegate page>",
  ],
  wrongAnswers: [
    { problem: "good-case", code: code(DELEGATE, "let x0 = 0x104;", ...LEVELS, FIRST.slice(4), UNDO, DONE) },
    { problem: "no-retry", code: code(DELEGATE, FIRST, UNDO, DONE) },
    {
      problem: "ignores-index",
      code: code(DELEGATE, FIRST, ...RETRY.map((line) => line.replace("indexOf(x0) + 1", "2")), UNDO, DONE),
    },
    { problem: "keeps-page", code: code(DELEGATE, FIRST, ...RETRY, DONE) },
    {
      problem: "table-refused",
      code: code(DELEGATE, FIRST, ...RETRY.map((line) => line.replace("break", "return false")), UNDO, DONE),
    },
    { problem: "throws", code: code("for (;;) smc(RMI_GRANULE_DELEGATE, page);") },
  ],
  solution: {
    code: code(DELEGATE, FIRST, ...RETRY, UNDO, DONE),
    reasons:
      "The kernel keeps no copy of the realm's tables: it asks, and the refusal tells it where to go on. After the tables were made it asks once more, and whatever is wrong then is an error. A page that was delegated and not entered has to come back, or the host has a page that faults when it is touched.",
  },
};
