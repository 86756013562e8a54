// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { plural } from "../../base/plural.ts";
import { tsmMap } from "../../user/vmm-device.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { RAM, realmWithoutTables } from "./map-labs.ts";

const ID = "07-count-calls";

/** A range (bytes, end exclusive) in a VM of so many IPA bits, and what it is there to show. */
interface Geometry {
  readonly ipaBits: number;
  readonly start: number;
  readonly end: number;
  readonly problem: string;
  readonly message: string;
}

const GEOMETRIES: readonly Geometry[] = [
  {
    ipaBits: 40,
    start: RAM,
    end: RAM + PAGE_SIZE,
    problem: "one-page",
    message:
      "Already the first page is off. The walk ends at the root, at level 1, so two tables are made before the page can be entered.",
  },
  {
    ipaBits: 40,
    start: RAM,
    end: RAM + 8 * PAGE_SIZE,
    problem: "tables-each-time",
    message: "The tables that the first page needed are there for the seven pages after it.",
  },
  {
    ipaBits: 34,
    start: RAM,
    end: RAM + PAGE_SIZE,
    problem: "always-two-tables",
    message:
      "How many tables are missing depends on the IPA bits: 34 bits begin at level 2, 40 at level 1, 48 at level 0.",
  },
  {
    ipaBits: 48,
    start: RAM,
    end: RAM + PAGE_SIZE,
    problem: "never-three-tables",
    message: "With 48 bits the root is at level 0, and three tables lie below it.",
  },
  {
    ipaBits: 40,
    start: RAM + 2 ** 21 - PAGE_SIZE,
    end: RAM + 2 ** 21 + PAGE_SIZE,
    problem: "one-region",
    message:
      "The second page lies in the next 2 MiB, which is another table at level 3. Its first mapping is refused once, too.",
  },
  {
    ipaBits: 40,
    start: 0xc000_0000 - PAGE_SIZE,
    end: 0xc000_0000 + PAGE_SIZE,
    problem: "upper-tables",
    message: "Here the second page lies in the next 1 GiB: it needs a table at level 2 of its own as well.",
  },
  {
    ipaBits: 48,
    start: 2 ** 39 - PAGE_SIZE,
    end: 2 ** 39 + PAGE_SIZE,
    problem: "top-tables",
    message: "With 48 bits there are tables at level 1, too, one for each 512 GiB.",
  },
  {
    ipaBits: 40,
    start: RAM + 0x800,
    end: RAM + 0x2800,
    problem: "touched-pages",
    message:
      "The loop does not visit the pages that the range touches. It goes in steps of 4096 bytes from the start that it is given.",
  },
  {
    ipaBits: 40,
    start: RAM + 4 * PAGE_SIZE,
    end: RAM,
    problem: "reversed",
    message: "With the end below the start the loop never begins.",
  },
];

/** RMI calls that the machine makes for a range whose tables do not exist yet. */
function measured({ ipaBits, start, end }: Geometry): number {
  const { vmm, device } = realmWithoutTables(ipaBits, start, end);
  const events = vmm.host.trace.record(() => {
    tsmMap(vmm, device, start, end);
  });
  return events.filter(({ kind }) => kind === "smc").length;
}

type Count = (ipaBits: number, start_gpa: number, end_gpa: number) => unknown;

function answered(count: Count, { ipaBits, start, end }: Geometry): unknown {
  try {
    return count(ipaBits, start, end);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The two things that are forgotten for one page: both the tables, or the call that was refused because of them. */
function onePage(came: unknown, wanted: number): Pick<Problem, "id" | "message"> | undefined {
  if (came === 2) {
    return {
      id: "no-tables",
      message: "Two calls a page is right as soon as the tables are there. Here they are not.",
    };
  }
  if (came === wanted - 1) {
    return {
      id: "refusal-is-a-call",
      message:
        "One call is missing: the kernel learns that a table is missing from RMI_DATA_CREATE_UNKNOWN, which it calls, is refused, and calls again.",
    };
  }
  return undefined;
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function: rmiCalls(ipaBits, start_gpa, end_gpa).",
      came: typeof answer,
    };
  }
  const results = GEOMETRIES.map((one) => ({ one, came: answered(answer as Count, one) }));
  if (results.every(({ came }) => came === 0)) return untouched("The function counts no calls yet.");
  for (const [index, { one, came }] of results.entries()) {
    const wanted = measured(one);
    if (came === wanted) continue;
    const call = `rmiCalls(${one.ipaBits}, ${hex(one.start)}, ${hex(one.end)})`;
    if (came instanceof Error)
      return { id: "throws", message: "The function threw.", call, came: came.message };
    const known = index === 0 ? onePage(came, wanted) : undefined;
    return {
      id: known?.id ?? one.problem,
      message: known?.message ?? one.message,
      call,
      expected: `${plural(wanted, "call")}, as the machine makes them`,
      came: String(came),
    };
  }
  return undefined;
}

function code(...body: string[]): string {
  return [
    "function rmiCalls(ipaBits: number, start_gpa: number, end_gpa: number): number {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", rmiCalls);`,
  ].join("\n");
}

const PAGES = "const pages = Math.max(0, Math.ceil((end_gpa - start_gpa) / PAGE_SIZE));";
const BELOW = "const below = Math.max(2, Math.floor((ipaBits - 8) / 9)) - 1;";
const ADDRESSES = "const addresses = Array.from({ length: pages }, (_, i) => start_gpa + i * PAGE_SIZE);";
const REGIONS = "const regions = (size: number) => new Set(addresses.map((a) => Math.floor(a / size))).size;";

const SOLUTION = code(
  PAGES,
  BELOW,
  ADDRESSES,
  REGIONS,
  "let calls = 2 * pages + regions(2 ** 21);",
  "for (let table = 0; table < below; table++) calls += 2 * regions(2 ** (21 + 9 * table));",
  "return calls;",
);

/** How many firmware calls a range costs. */
export const countCalls: Exercise = {
  id: ID,
  title: "Count the firmware calls",
  task: "Before you run it: how many RMI calls does kvm_map_private_memory make for a range, in a realm where every page has a slot and none has a table yet? Write the count as a function of the IPA bits and the range.",
  starter: code("return 0;"),
  check,
  hints: [
    "Record one page, as above, and count the smc events: which of them come again for the second page, and which do not?",
    "Each turn of the loop: one delegate, one data create. The first page in 2 MiB without a table: one refused data create more, and two calls for each table that is missing. Tables at level 3 cover 2 MiB, at level 2 1 GiB, at level 1 512 GiB; the root is there.",
    "pages = turns of the loop\nregions(size) = how many different pieces of that size the addresses lie in\ncalls = 2 * pages + regions(2 MiB) + 2 * (regions(2 MiB) + regions(1 GiB) + ...)\nwith as many terms in the brackets as there are levels below the root",
  ],
  wrongAnswers: [
    { problem: "no-tables", code: code("return 2 * ((end_gpa - start_gpa) / PAGE_SIZE);") },
    {
      problem: "refusal-is-a-call",
      code: code(PAGES, BELOW, "return pages === 0 ? 0 : 2 * pages + 2 * below;"),
    },
    { problem: "tables-each-time", code: code(PAGES, "return 7 * pages;") },
    {
      problem: "always-two-tables",
      code: code(PAGES, "return pages === 0 ? 0 : 2 * pages + 5;"),
    },
    {
      problem: "never-three-tables",
      code: code(PAGES, "return pages === 0 ? 0 : 2 * pages + (ipaBits < 35 ? 3 : 5);"),
    },
    {
      problem: "one-region",
      code: code(PAGES, BELOW, "return pages === 0 ? 0 : 2 * pages + 1 + 2 * below;"),
    },
    {
      problem: "upper-tables",
      code: code(
        PAGES,
        BELOW,
        ADDRESSES,
        REGIONS,
        "return pages === 0 ? 0 : 2 * pages + 3 * regions(2 ** 21) + 2 * (below - 1);",
      ),
    },
    {
      problem: "touched-pages",
      code: SOLUTION.replace(
        PAGES,
        "const pages = Math.ceil(end_gpa / PAGE_SIZE) - Math.floor(start_gpa / PAGE_SIZE);",
      ),
    },
    { problem: "reversed", code: SOLUTION.replace(PAGES, PAGES.replace("Math.max(0, ", "Math.abs(")) },
  ],
  solution: {
    code: SOLUTION,
    reasons:
      "Two calls for each turn of the loop; one that is refused for each 2 MiB whose table is missing; two for each table. For an aligned 1 GiB and 40 IPA bits that is 525826 calls, nearly all of them the two per page: there are no blocks here, whatever the alignment.",
  },
};
