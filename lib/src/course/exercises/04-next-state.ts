// SPDX-License-Identifier: MIT
import { type Pfn, paToPfn } from "../../base/address.ts";
import type { Host } from "../../boot.ts";
import { pasName } from "../../hw/granule-protection.ts";
import { RMI_GRANULE_DELEGATE, RMI_GRANULE_UNDELEGATE } from "../../rmm/fid.ts";
import { granuleStateName } from "../../rmm/granules.ts";
import { dramPage } from "../../user/firmware.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { realmMachine } from "./firmware-labs.ts";

const ID = "04-next-state";

/** What the two tables say about a page: the space of the GPT, and the state in the RMM's table. */
export interface PageFacts {
  /** "Non-secure", "Secure" or "Realm". */
  readonly pas: string;
  /** "NS", "DELEGATED", "RD", "RTT" or "DATA". */
  readonly state: string;
}

/** What the two tables say after a call, and x0 of the call. */
export interface NextFacts extends PageFacts {
  readonly status: number;
}

const CALLS = { delegate: RMI_GRANULE_DELEGATE, undelegate: RMI_GRANULE_UNDELEGATE } as const;
type Call = keyof typeof CALLS;
type NextState = (page: PageFacts, call: Call) => NextFacts;

/** Pages of the machine in all the states that it knows. */
const PAGES = [0, 4, 5, 6, 7, 8, 9];

function machine(): Host {
  return realmMachine({ tables: { 5: 0 }, data: { 6: { ipa: 0 } }, delegated: [7], secure: [9] });
}

function factsOf(host: Host, page: number): PageFacts {
  const pfn: Pfn = paToPfn(Number(dramPage(host, page)));
  return {
    pas: pasName(host.machine.gpt.pasOf(pfn)),
    state: granuleStateName(host.rmm.state.granules.stateOf(pfn)),
  };
}

interface Outcome {
  readonly call: Call;
  readonly page: PageFacts;
  readonly expected: NextFacts;
  readonly came: unknown;
}

/** The function's answers next to the machine's, for each page and call on a fresh machine. */
function outcomes(nextState: NextState): Outcome[] {
  return PAGES.flatMap((page) =>
    (Object.keys(CALLS) as Call[]).map((call): Outcome => {
      const host = machine();
      const before = factsOf(host, page);
      const status = Number(host.smc(CALLS[call], dramPage(host, page))[0]);
      const expected = { ...factsOf(host, page), status };
      let came: unknown;
      try {
        came = nextState({ ...before }, call);
      } catch (error) {
        came = error instanceof Error ? error.message : String(error);
      }
      return { call, page: before, expected, came };
    }),
  );
}

function words(value: unknown): string {
  const { pas, state, status } = (
    typeof value === "object" && value !== null ? value : {}
  ) as Partial<NextFacts>;
  if (pas === undefined && state === undefined && status === undefined) return String(value);
  return `${pas}, ${state}, status ${status}`;
}

function isRight({ expected, came }: Outcome): boolean {
  return words(came) === words(expected);
}

function misconception({ call, page, expected, came }: Outcome): [id: string, message: string] {
  const given = (typeof came === "object" && came !== null ? came : {}) as Partial<NextFacts>;
  if (given.pas === undefined) {
    return ["no-facts", "The function is to return { pas, state, status } for every page and call."];
  }
  if (page.pas === "Secure" && call === "delegate") {
    return [
      "secure-forgotten",
      "The RMM's table says NS, but the page is Secure: EL3 refuses to move it, and the RMM refuses the call.",
    ];
  }
  if (expected.status !== 0 && given.status !== 0) {
    return ["changed-on-refusal", "A call that is refused changes neither table."];
  }
  if (page.state === "DELEGATED" && call === "delegate") {
    return ["idempotent", "DELEGATE wants NS. A page that is DELEGATED already is refused."];
  }
  if (expected.status !== 0 && call === "undelegate") {
    return [
      "in-use-goes-back",
      "UNDELEGATE wants exactly DELEGATED. A page that is in use, or is the host's already, is refused.",
    ];
  }
  if (expected.status === 0 && given.pas !== expected.pas) {
    return ["one-table", "A success changes both tables: the RMM's state and the space in the GPT."];
  }
  return ["other", "Compare with the table above: what does the call want, and what does it change?"];
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function: nextState(page, call).",
      came: typeof answer,
    };
  }
  const all = outcomes(answer as NextState);
  if (all.every(({ page, came }) => words(came) === words({ ...page, status: 0 }))) {
    return untouched("So far every call succeeds and changes nothing.");
  }
  const first = all.find((one) => !isRight(one));
  if (first === undefined) return undefined;
  const [id, message] = misconception(first);
  return {
    id,
    message,
    call: `nextState({ pas: "${first.page.pas}", state: "${first.page.state}" }, "${first.call}")`,
    expected: words(first.expected),
    came: words(first.came),
  };
}

function code(...body: string[]): string {
  return [
    'function nextState(page: PageFacts, call: "delegate" | "undelegate"): NextFacts {',
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", nextState);`,
  ].join("\n");
}

function rules(delegate: string, undelegate: string, pas: readonly [string, string]): string {
  return code(
    `if (call === "delegate" && ${delegate})`,
    `  return { pas: ${pas[0]}, state: "DELEGATED", status: RMI_SUCCESS };`,
    `if (call === "undelegate" && ${undelegate})`,
    `  return { pas: ${pas[1]}, state: "NS", status: RMI_SUCCESS };`,
    "return { ...page, status: RMI_ERROR_INPUT };",
  );
}

const NS = 'page.state === "NS" && page.pas === "Non-secure"';
const DELEGATED = 'page.state === "DELEGATED"';
const SPACES = ['"Realm"', '"Non-secure"'] as const;

/** The two commands on granules as a function. */
export const nextState: Exercise = {
  id: ID,
  title: "Write the two commands",
  task: "Write nextState(page, call): what both tables say after DELEGATE or UNDELEGATE, and the status, for a page in any state.",
  starter: code("return { ...page, status: RMI_SUCCESS };"),
  check,
  hints: [
    "Seven kinds of pages, two calls: two of the fourteen succeed. Which ones?",
    "DELEGATE needs NS in the RMM's table and Non-secure in the GPT; UNDELEGATE needs DELEGATED. A success changes both tables, a refusal neither.",
    'if (call === "delegate" && page.state === "NS" && ...) return { pas: "Realm", ... };\nif (call === "undelegate" && ...) ...\nreturn { ...page, status: RMI_ERROR_INPUT };',
  ],
  wrongAnswers: [
    { problem: "secure-forgotten", code: rules('page.state === "NS"', DELEGATED, SPACES) },
    { problem: "in-use-goes-back", code: rules(NS, 'page.state !== "NS"', SPACES) },
    {
      problem: "idempotent",
      code: rules(
        '(page.state === "NS" || page.state === "DELEGATED") && page.pas !== "Secure"',
        DELEGATED,
        SPACES,
      ),
    },
    { problem: "one-table", code: rules(NS, DELEGATED, ["page.pas", "page.pas"]) },
    {
      problem: "changed-on-refusal",
      code: rules(NS, DELEGATED, SPACES).replace(
        "{ ...page, status: RMI_ERROR_INPUT }",
        '{ ...page, state: "NS", status: RMI_ERROR_INPUT }',
      ),
    },
  ],
  solution: {
    code: rules(NS, DELEGATED, SPACES),
    reasons:
      "DELEGATE looks at both tables, because EL3 has a word in it; UNDELEGATE needs to look at the RMM's only, because every page that is DELEGATED there is Realm in the GPT. The RMM keeps that true by changing both or none.",
  },
};
