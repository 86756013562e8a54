// SPDX-License-Identifier: MIT
import { type Exercise, type Problem, untouched } from "../exercise.ts";

const ID = "15-order";
const WANTED = ["rfc-v1", "pre-fault-v1", "uaf-fix", "cca-v12", "tsm-v2", "cca-v14"] as const;
const SHIPPED = [...WANTED].sort();

/** Which of two came first, and how one can tell without a date. The first pair that is not met answers. */
const PAIRS: readonly {
  readonly first: string;
  readonly second: string;
  readonly id: string;
  readonly message: string;
}[] = [
  ...WANTED.slice(1).map((second) => ({
    first: "rfc-v1",
    second,
    id: "not-first",
    message: "All of this is about the patch or came after it. The patch is the beginning.",
  })),
  {
    first: "pre-fault-v1",
    second: "tsm-v2",
    id: "dropped-too-early",
    message: "The changelog that drops the map ioctl points to the work on pre-fault, so that was there.",
  },
  {
    first: "cca-v12",
    second: "cca-v14",
    id: "versions",
    message: "Two versions of the same series.",
  },
  {
    first: "tsm-v2",
    second: "cca-v14",
    id: "ranges-too-early",
    message:
      "The ioctl was dropped while the firmware still took page after page. The range calls came two months later.",
  },
  {
    first: "cca-v12",
    second: "tsm-v2",
    id: "faults-too-late",
    message:
      "The path that pre-fault runs through was repaired first, in December; the ioctl was dropped in March.",
  },
  {
    first: "pre-fault-v1",
    second: "uaf-fix",
    id: "pre-fault-too-late",
    message: "Pre-fault for arm64 was first posted six weeks after the patch, in September.",
  },
  {
    first: "uaf-fix",
    second: "cca-v12",
    id: "december",
    message: "Both are of December 2025. The fix was announced on the first of the month.",
  },
];

function check(answer: unknown): Problem | undefined {
  if (!Array.isArray(answer) || [...answer].sort().join() !== SHIPPED.join()) {
    return {
      id: "not-six",
      message: "The answer is a list of the six names, each of them once.",
      expected: SHIPPED.join(", "),
      came: Array.isArray(answer) ? answer.join(", ") : typeof answer,
    };
  }
  const order = answer as string[];
  if (order.join() === SHIPPED.join()) return untouched("The six are still in the order of the alphabet.");
  const wrong = PAIRS.find(({ first, second }) => order.indexOf(first) > order.indexOf(second));
  if (wrong === undefined) return undefined;
  return {
    id: wrong.id,
    message: wrong.message,
    expected: `"${wrong.first}" before "${wrong.second}"`,
    came: order.join(", "),
  };
}

function code(...names: readonly string[]): string {
  const half = names.length > 3 ? 3 : names.length;
  const list = (some: readonly string[]): string => some.map((name) => `"${name}"`).join(", ");
  return [
    "const order = [",
    `  ${list(names.slice(0, half))},`,
    ...(names.length > half ? [`  ${list(names.slice(half))},`] : []),
    "];",
    `check("${ID}", order);`,
  ].join("\n");
}

/** The solution, with two names exchanged. */
function exchanged(a: string, b: string): string {
  return code(...WANTED.map((name) => (name === a ? b : name === b ? a : name)));
}

/** What came after what. */
export const postingsInOrder: Exercise = {
  id: ID,
  title: "In which order?",
  task: "Put the six postings in the order in which they came.",
  starter: code(...SHIPPED),
  check,
  hints: [
    "Ask of each what must have been there before: a changelog can only point to what was posted.",
    'The series "KVM for realms" counts its versions. The map ioctl was dropped after the path of faults had been repaired, and before the firmware took ranges.',
    "The patch, its replacement, two repairs in December, the drop, the ranges. showHistory() has the dates.",
  ],
  wrongAnswers: [
    { problem: "not-six", code: code("rfc-v1", "pre-fault-v1", "uaf-fix") },
    { problem: "not-first", code: exchanged("rfc-v1", "pre-fault-v1") },
    {
      problem: "dropped-too-early",
      code: code("rfc-v1", "tsm-v2", "pre-fault-v1", "uaf-fix", "cca-v12", "cca-v14"),
    },
    { problem: "versions", code: exchanged("cca-v12", "cca-v14") },
    { problem: "ranges-too-early", code: exchanged("tsm-v2", "cca-v14") },
    { problem: "faults-too-late", code: exchanged("cca-v12", "tsm-v2") },
    { problem: "december", code: exchanged("uaf-fix", "cca-v12") },
  ],
  solution: {
    code: code(...WANTED),
    reasons:
      "July 2025 the patch, September its replacement, December two repairs of what both stand on, March 2026 the drop, May the range calls. An idea that reviewers refuse is not lost at once: first something better was posted, then the ground under it was repaired, and only then the ioctl went.",
  },
};
