// SPDX-License-Identifier: MIT
import { runLengths } from "../../explore/schedule-text.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { verdictOf } from "./race-labs.ts";

const ID = "11-verdicts";
const RACES = ["map-punch", "map-to-shared", "map-fold"] as const;
const REPAIRS = ["attribute-check", "fault-lock", "sequence-retry"] as const;

interface Misconception {
  readonly race: string;
  readonly repair: string;
  readonly id: string;
  readonly message: string;
}

const MISCONCEPTIONS: readonly Misconception[] = [
  {
    race: "map-punch",
    repair: "fault-lock",
    id: "lock-is-enough",
    message:
      "The lock keeps others out while the page is mapped. The page was looked up before it, and may be gone by then.",
  },
  {
    race: "map-to-shared",
    repair: "attribute-check",
    id: "look-is-enough",
    message: "The attribute is looked at, and changes after the look. Nothing keeps it.",
  },
  {
    race: "map-to-shared",
    repair: "sequence-retry",
    id: "retry-looks-at-nothing",
    message:
      "The protocol notices that something changed and goes round once more. But who never looks at the attribute maps shared memory in the next round, too.",
  },
  {
    race: "map-fold",
    repair: "fault-lock",
    id: "fold-needs-the-lock",
    message:
      "Here nothing that was looked up goes stale. Table and entry are made under one lock, and whoever folds needs it for writing.",
  },
];

function check(answer: unknown): Problem | undefined {
  const table = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  const cells = RACES.flatMap((race) => {
    const row = (table[race] ?? {}) as Record<string, unknown>;
    return REPAIRS.map((repair) => ({ race, repair, given: row[repair] }));
  });
  if (cells.every(({ given }) => given === "?"))
    return untouched("Put a verdict in place of each question mark.");
  const odd = cells.find(({ given }) => given !== "holds" && given !== "broken");
  if (odd !== undefined) {
    return {
      id: "no-verdict",
      message: 'Each of the nine answers is "holds" or "broken".',
      call: `${odd.race}, +${odd.repair}`,
      came: String(odd.given).slice(0, 40),
    };
  }
  for (const { race, repair, given } of cells) {
    const { verdict, shortest, schedules } = verdictOf(race, `rfc-v1+${repair}`);
    if (given === verdict) continue;
    const known = MISCONCEPTIONS.find((one) => one.race === race && one.repair === repair);
    return {
      id: known?.id ?? "other-verdict",
      message: known?.message ?? "This repair has nothing to do with this race, or the other way round.",
      call: `explore(raceById("${race}"), { kernel: "rfc-v1+${repair}" })`,
      expected:
        shortest === undefined
          ? `holds, in all ${schedules} schedules`
          : `broken, by ${runLengths(shortest.schedule)}: ${shortest.rule}`,
      came: String(given),
    };
  }
  return undefined;
}

type Row = readonly [attribute: string, lock: string, sequence: string];

function code(...rows: readonly Row[]): string {
  return [
    "const verdicts = {",
    ...RACES.map((race, i) => {
      const cells = REPAIRS.map((repair, j) => `"${repair}": "${rows[i]?.[j]}"`);
      return `  "${race}": { ${cells.join(", ")} },`;
    }),
    "};",
    `check("${ID}", verdicts);`,
  ].join("\n");
}

const NO: Row = ["?", "?", "?"];
const PUNCH: Row = ["broken", "broken", "holds"];
const SHARED: Row = ["broken", "broken", "broken"];
const FOLD: Row = ["broken", "holds", "holds"];

/** Three races on three kernels, before they are run. */
export const predictVerdicts: Exercise = {
  id: ID,
  title: "Predict the verdicts",
  task: 'Three races, three kernels with one repair each: does any order of the steps break a rule? "holds" or "broken".',
  starter: code(NO, NO, NO),
  check,
  hints: [
    "For each race, ask what M looked up, what of it another actor can change, and whether M would notice.",
    "A lock protects from the moment it is taken. A look-up before it needs something that tells whether it is still right: that is the sequence count. And neither looks at an attribute.",
    'map-punch: the page is looked up before the lock. map-to-shared: needs the look and the protocol. map-fold: nothing is looked up before the lock.\nSo "fault-lock" repairs one of the three, "sequence-retry" two, "attribute-check" none.',
  ],
  wrongAnswers: [
    { problem: "lock-is-enough", code: code(["broken", "holds", "holds"], SHARED, FOLD) },
    { problem: "look-is-enough", code: code(PUNCH, ["holds", "broken", "broken"], FOLD) },
    { problem: "retry-looks-at-nothing", code: code(PUNCH, ["broken", "broken", "holds"], FOLD) },
    { problem: "fold-needs-the-lock", code: code(PUNCH, SHARED, ["broken", "broken", "holds"]) },
    { problem: "no-verdict", code: code(["yes", "no", "no"], SHARED, FOLD) },
  ],
  solution: {
    code: code(PUNCH, SHARED, FOLD),
    reasons:
      "The lock alone repairs the fold, and only that: there, nothing was looked up before. The protocol, number first, then look-up, then lock, then the number again, repairs the hole as well. The attribute needs both, the look and the protocol, which is why no single repair helps there.",
  },
};
