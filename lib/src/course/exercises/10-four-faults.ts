// SPDX-License-Identifier: MIT
import { hex } from "../../base/address.ts";
import { EFAULT, ENXIO, errnoName } from "../../base/errno.ts";
import { plural } from "../../base/plural.ts";
import type { InjectionKind } from "../../kernel/fault-injection.ts";
import { tsmMap } from "../../user/vmm-device.ts";
import { showRtt } from "../../view/rtt.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { lateRealm, mappedOf } from "./fault-labs.ts";
import { type MapLab, RAM } from "./map-labs.ts";

const ID = "10-four-faults";
const PAGES = 4;
const BITS = 48;
const KINDS: readonly InjectionKind[] = ["alloc", "copy", "rmi", "lock"];

/** What one failure made of the call. */
interface Outcome {
  readonly fired: boolean;
  readonly result: number;
  readonly mapped: readonly number[];
  /** Tables below the root for the private half. */
  readonly tables: number;
  readonly lab: MapLab;
}

function play(kind: InjectionKind, nth: number): Outcome {
  const lab = lateRealm(BITS, PAGES);
  const { host } = lab.vmm;
  const tables = { made: 0 };
  const stop = host.trace.listen(({ kind: what, name, result }) => {
    if (what === "smc" && name === "RMI_RTT_CREATE" && result === 0) tables.made++;
  });
  host.kernel.faults.arm(kind, nth);
  const result = tsmMap(lab.vmm, lab.device, RAM, RAM + PAGES * 4096);
  stop();
  return {
    fired: host.kernel.faults.fired,
    result,
    mapped: mappedOf(host, PAGES),
    tables: tables.made,
    lab,
  };
}

function pagesText(mapped: readonly number[]): string {
  if (mapped.length === 0) return "no page mapped";
  return `page${mapped.length === 1 ? "" : "s"} ${mapped.join(", ")} mapped`;
}

interface Wanted {
  readonly name: string;
  readonly expected: string;
  readonly good: (outcome: Outcome) => boolean;
  readonly wrong: (outcome: Outcome, kind: InjectionKind) => [id: string, message: string];
}

const same = (mapped: readonly number[], wanted: string): boolean => mapped.join() === wanted;

const WANTED: readonly Wanted[] = [
  {
    name: "hole",
    expected: "0, pages 0, 1, 3 mapped",
    good: ({ result, mapped }) => result === 0 && same(mapped, "0,1,3"),
    wrong: ({ result, mapped }) => {
      if (result !== 0) {
        return [
          "hole-is-an-error",
          "This failure is reported. The one that is not reported is the refusal to delegate: it counts as somebody else having mapped the page.",
        ];
      }
      if (mapped.length === PAGES - 1) {
        return [
          "three-levels",
          "A page is left out in silence, but another one. With 48 bits of address there are four levels, and two more calls make the third table.",
        ];
      }
      return ["hole-elsewhere", "This failure leaves no hole at page 2."];
    },
  },
  {
    name: "half",
    expected: "-ENXIO, pages 0, 1 mapped",
    good: ({ result, mapped }) => result === -ENXIO && same(mapped, "0,1"),
    wrong: ({ result, mapped }, kind) => {
      if (kind === "alloc" && same(mapped, "0,1")) {
        return [
          "half-by-memory",
          "Two pages are mapped, but the errno is that of an allocation. -ENXIO is what every refusal of the firmware becomes.",
        ];
      }
      return ["half-elsewhere", `The call came to another end: ${errnoName(result)}.`];
    },
  },
  {
    name: "tables",
    expected: "-ENXIO, no page mapped, 2 new tables",
    good: ({ result, mapped, tables }) => result === -ENXIO && mapped.length === 0 && tables === 2,
    wrong: ({ tables }) => [
      "other-tables",
      `Tables that were made before a failure stay. Here that is ${plural(tables, "table")}, and the call was to fail while the third one was on its way.`,
    ],
  },
  {
    name: "all",
    expected: "-EFAULT, pages 0, 1, 2, 3 mapped",
    good: ({ result, mapped }) => result === -EFAULT && mapped.length === PAGES,
    wrong: ({ result }, kind) => {
      if (kind === "copy" && result === -EFAULT) {
        return [
          "copy-too-early",
          "This copy reads the request, before anything is done. The last one writes the answer back, when everything is done.",
        ];
      }
      return ["not-all", "An error although everything is mapped: only a step after the loop can do that."];
    },
  },
];

type Fault = readonly [kind: InjectionKind, nth: number];

function isFault(value: unknown): value is Fault {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [kind, nth] = value as unknown[];
  return KINDS.some((one) => one === kind) && Number.isInteger(nth) && (nth as number) >= 0;
}

function check(answer: unknown): Problem | undefined {
  const faults = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  const given = WANTED.map(({ name }) => faults[name]);
  if (!given.every(isFault)) {
    return {
      id: "no-faults",
      message: `The answer is an object with ${WANTED.map(({ name }) => name).join(", ")}, each a kind ("alloc", "copy", "rmi", "lock") and which of its opportunities fails, from 1.`,
    };
  }
  if (given.every(([, nth]) => nth === 0)) return untouched("Put the number of a step in place of each 0.");
  for (const [index, wanted] of WANTED.entries()) {
    const [kind, nth] = given[index] as Fault;
    const call = `${wanted.name}: ["${kind}", ${nth}]`;
    const outcome = play(kind, nth);
    if (!outcome.fired || nth === 0) {
      return {
        id: "never-fires",
        message: "The call does not have so many steps of this kind, so nothing went wrong.",
        call,
        expected: wanted.expected,
        came: `${errnoName(outcome.result)}, ${pagesText(outcome.mapped)}`,
      };
    }
    if (wanted.good(outcome)) continue;
    const [id, message] = wanted.wrong(outcome, kind);
    return {
      id,
      message,
      call,
      expected: wanted.expected,
      came: `${errnoName(outcome.result)}, ${pagesText(outcome.mapped)}, ${plural(outcome.tables, "new table")}`,
      picture: showRtt(outcome.lab.vmm.host),
    };
  }
  return undefined;
}

function code(hole: string, half: string, tables: string, all: string): string {
  return [
    "const faults = {",
    `  hole: [${hole}],    // 0, but only pages 0, 1 and 3 are mapped`,
    `  half: [${half}],    // -ENXIO, and pages 0 and 1 are mapped`,
    `  tables: [${tables}],  // -ENXIO, no page is mapped, and two new tables stay`,
    `  all: [${all}],    // -EFAULT, and all four pages are mapped`,
    "};",
    `check("${ID}", faults);`,
  ].join("\n");
}

const [HOLE, HALF, TABLES, ALL] = ['"rmi", 12', '"rmi", 13', '"rmi", 7', '"copy", 3'];

/** A fault for each kind of half-done work. */
export const fourFaults: Exercise = {
  id: ID,
  title: "Four faults on purpose",
  task: `A realm as above, but with ${BITS} bits of address and four pages from ${hex(RAM)} on, and no table for them. For each of four endings of one TSM_MAP of all four pages: which single step must fail? Each fault is a kind and its number, counted from 1.`,
  starter: code('"rmi", 0', '"rmi", 0', '"rmi", 0', '"copy", 0'),
  check,
  hints: [
    "Count as above. The first page takes two calls more for each table below the root, and 48 bits have three of them.",
    "A refused delegation counts as success. A refused RMI_DATA_CREATE_UNKNOWN ends the loop. What was made before the failure stays, tables too.",
    'Page 0: calls 1 and 2, then 3 to 8 for three tables, then 9. Each page after it: two calls, the delegation first.\nhole: ["rmi", <delegation of page 2>], tables: ["rmi", <first call for the third table>]',
  ],
  wrongAnswers: [
    { problem: "three-levels", code: code('"rmi", 10', HALF, TABLES, ALL) },
    { problem: "hole-is-an-error", code: code('"rmi", 13', HALF, TABLES, ALL) },
    { problem: "half-by-memory", code: code(HOLE, '"alloc", 44', TABLES, ALL) },
    { problem: "other-tables", code: code(HOLE, HALF, '"rmi", 5', ALL) },
    { problem: "copy-too-early", code: code(HOLE, HALF, TABLES, '"copy", 1') },
    { problem: "never-fires", code: code('"lock", 1', HALF, TABLES, ALL) },
  ],
  solution: {
    code: code(HOLE, HALF, TABLES, ALL),
    reasons:
      "Page 0 takes nine calls: delegate, the refused entry, two for each of three tables, the entry again. Page 2 begins with call 12, whose refusal is reported as success. Its entry is call 13. Calls 7 and 8 make the third table, so a refusal of either leaves two. And the third copy writes the structure back, when everything is mapped.",
  },
};
