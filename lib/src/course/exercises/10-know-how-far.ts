// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { errnoName } from "../../base/errno.ts";
import { plural } from "../../base/plural.ts";
import { tsmMap } from "../../user/vmm-device.ts";
import { showGuestMemfd } from "../../view/gmem.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { lateRealm, mappedOf, sweepMap } from "./fault-labs.ts";
import { RAM } from "./map-labs.ts";

const ID = "10-know-how-far";
const PAGES = 4;
const BITS = 40;
const END = RAM + PAGES * PAGE_SIZE;
/** More calls than anybody needs. */
const MOST_CALLS = 200;

type MapAll = (map: (start_gpa: number, end_gpa: number) => number, start: number, end: number) => unknown;

class KeepsAsking extends Error {}

/** Refusals of the firmware that the posted kernel reports, by their number. */
function reportedRefusals(): number[] {
  const results = sweepMap("rmi", [BITS, PAGES], (_, result) => result);
  return results.flatMap((result, i) => (result === 0 ? [] : [i + 1]));
}

interface Scene {
  readonly call: string;
  /** Refusal of the firmware that happens in the first call; 0 for none. */
  readonly nth: number;
  readonly end: number;
}

const NO_FAULT: Scene = { call: "nothing fails", nth: 0, end: END };
const BEYOND: Scene = { call: "five pages, of which four are there", nth: 0, end: END + PAGE_SIZE };

function scenes(): Scene[] {
  const refused = reportedRefusals().map((nth) => ({
    call: `four pages; call ${nth} to the firmware is refused`,
    nth,
    end: END,
  }));
  return [NO_FAULT, BEYOND, ...refused];
}

function problemOf(mapAll: MapAll, { call, nth, end }: Scene): Problem | undefined {
  const { vmm, device } = lateRealm(BITS, PAGES);
  const { host } = vmm;
  const asked = { calls: 0 };
  const map = (start_gpa: number, end_gpa: number): number => {
    if (++asked.calls > MOST_CALLS) throw new KeepsAsking();
    return tsmMap(vmm, device, start_gpa, end_gpa);
  };
  if (nth > 0) host.kernel.faults.arm("rmi", nth);
  try {
    const told = mapAll(map, RAM, end);
    const mapped = mappedOf(host, PAGES);
    const contiguous = mapped.findIndex((page, i) => page !== i);
    const done = contiguous < 0 ? mapped.length : contiguous;
    const facts = { call, expected: plural(done, "page"), picture: showGuestMemfd(host) };
    if (typeof told === "number" && told < 0) {
      return {
        id: "returns-errno",
        message:
          "An errno says that something went wrong, but not what was done before. The answer is to be the number of pages.",
        ...facts,
        came: errnoName(told),
      };
    }
    if (mapped.length !== done) {
      return {
        id: "goes-on",
        message:
          "Pages behind one that could not be mapped are mapped. No number can tell that: stop at the first failure.",
        ...facts,
        came: `pages ${mapped.join(", ")} are mapped`,
      };
    }
    const leak = host.audit()[0];
    if (leak !== undefined) {
      return {
        id: "asks-twice",
        message:
          "A page was asked for again that was mapped already. The posted kernel takes a reference for it that nobody drops.",
        ...facts,
        expected: "an audit that finds nothing",
        came: leak,
      };
    }
    if (told === done) return undefined;
    return {
      id: told === 0 ? "all-or-nothing" : "miscounts",
      message:
        told === 0
          ? "Nothing was done, says the function, and yet pages are mapped. Whoever believes it will map them again, and lose a reference for each."
          : "The number is not that of the pages that are mapped.",
      ...facts,
      came: String(told),
    };
  } catch (error) {
    if (error instanceof KeepsAsking) {
      return {
        id: "keeps-asking",
        message: `The function asked the kernel more than ${MOST_CALLS} times. A page that has no slot will fail each time.`,
        call,
      };
    }
    return {
      id: "throws",
      message: "The function threw instead of answering.",
      call,
      came: error instanceof Error ? error.message : String(error),
    };
  }
}

/** What the starter does: one call, and its errno or the number of pages. */
function isStarter(mapAll: MapAll): boolean {
  const answered = (result: number): unknown => {
    const asked = { calls: 0 };
    const map = (): number => {
      if (++asked.calls > 1) throw new KeepsAsking();
      return result;
    };
    return mapAll(map, RAM, END);
  };
  try {
    return answered(-1) === -1 && answered(0) === PAGES;
  } catch {
    return false;
  }
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function like the one in the starter: (map, start, end) => number of pages.",
      came: typeof answer,
    };
  }
  const mapAll = answer as MapAll;
  if (isStarter(mapAll)) return untouched("The function still makes one call and passes its errno on.");
  for (const scene of scenes()) {
    const problem = problemOf(mapAll, scene);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function code(...body: string[]): string {
  return [
    "type MapCall = (start_gpa: number, end_gpa: number) => number;",
    "function mapAll(map: MapCall, start: number, end: number): number {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", mapAll);`,
  ].join("\n");
}

const COUNT = "let done = 0;";
const EACH = "for (let addr = start; addr < end; addr += PAGE_SIZE) {";
const ONE = "map(addr, addr + PAGE_SIZE)";

/** A VMM on the posted kernel that loses nothing. */
export const knowHowFar: Exercise = {
  id: ID,
  title: "A VMM that knows how far it came",
  task: "The kernel stays as posted. Write the VMM's side: map a range, stop at the first failure, and return how many pages are mapped, without ever asking for a page twice. `map` is the ioctl: 0 or a negative errno. Start and end are multiples of a page.",
  starter: code("const ret = map(start, end);", "return ret < 0 ? ret : (end - start) / PAGE_SIZE;"),
  check,
  hints: [
    "After an error of a long range the kernel has told you nothing. After an error of which range would you know all there is to know?",
    "A range of one page is mapped or not. So ask for one page at a time, and count those that were answered with 0.",
    `let done = 0;\n${EACH}\n  if (${ONE} < 0) break;\n  ...\n}`,
  ],
  wrongAnswers: [
    {
      problem: "all-or-nothing",
      code: code("return map(start, end) < 0 ? 0 : (end - start) / PAGE_SIZE;"),
    },
    {
      problem: "returns-errno",
      code: code(
        EACH,
        `  const ret = ${ONE};`,
        "  if (ret < 0) return ret;",
        "}",
        "return (end - start) / PAGE_SIZE;",
      ),
    },
    {
      problem: "asks-twice",
      code: code(
        COUNT,
        "map(start, end);",
        EACH,
        `  if (${ONE} < 0) break;`,
        "  done++;",
        "}",
        "return done;",
      ),
    },
    {
      problem: "goes-on",
      code: code(COUNT, EACH, `  if (${ONE} === 0) done++;`, "}", "return done;"),
    },
    {
      problem: "miscounts",
      code: code(COUNT, EACH, "  done++;", `  if (${ONE} < 0) break;`, "}", "return done;"),
    },
    {
      problem: "keeps-asking",
      code: code(EACH, `  while (${ONE} < 0);`, "}", "return (end - start) / PAGE_SIZE;"),
    },
  ],
  solution: {
    code: code(COUNT, EACH, `  if (${ONE} < 0) break;`, "  done++;", "}", "return done;"),
    reasons:
      "One page for each call: then an errno means that this page is not mapped, and all before it are. The price is a system call for each page, and a memory cache that is filled with forty pages and freed again each time. One thing even this VMM cannot see: a refused delegation is 0 for the caller, although the page is not mapped.",
  },
};
