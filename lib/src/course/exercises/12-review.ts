// SPDX-License-Identifier: MIT
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { judgeReply } from "../rubric.ts";

const ID = "12-review";
const FIRST_LINE = "> But it looks really strange to have an iommufd ioctl that just calls a KVM function.";

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "string")
    return { id: "no-text", message: "The answer is your reply, as a text.", came: typeof answer };
  const own = answer
    .split("\n")
    .filter((line) => !line.trim().startsWith(">"))
    .join("\n");
  if (own.trim() === "" || own.trim() === "?") return untouched("Write your reply below the quoted line.");
  return judgeReply(own);
}

function code(...lines: string[]): string {
  return ["const reply = `", FIRST_LINE, ...lines, "`;", `check("${ID}", reply);`].join("\n");
}

const CLAIM = "I prefer D3: the file should tell whoever shows its pages before it frees them.";
const HOLE = "D2, punch-hole: shared DMA after another process got memory lands in another process.";
const D3_HOLE =
  "D3, punch-hole: shared DMA after another process got memory is refused, with 9 system calls in all.";
const COST =
  "The cost: guest_memfd gets a callback, and every user of it must unmap under its invalidate lock.";
const WRONG_IF = "I am wrong if revoking in the IOMMU takes so long that holes and truncation time out.";

/** The last word, with evidence. */
export const reviewReply: Exercise = {
  id: ID,
  title: "Reply to the thread",
  task: "Answer the quoted line: who should own the mapping? One statement in each line. The rubric looks for a claim that names a design; two pieces of evidence, each about one design in one scenario, that agree with the runs, at least one of them about your design; one cost that you admit; and one condition under which you would be wrong.",
  starter: code(""),
  check,
  hints: [
    'Evidence is in the tables of this notebook: playScenario(designOf("D1"), scenarioOf("punch-hole")).moments.map(momentText) gives you every line of a run.',
    "A line of evidence has the id of one design, the id of one scenario, and a moment with its outcome or a number of calls. The claim, the cost and the condition are lines without a scenario.",
    "I prefer <design>.\n<design>, <scenario>: <moment> <outcome>\n<design>, <scenario>: <n> firmware calls\nThe cost: ...\nI am wrong if ...",
  ],
  wrongAnswers: [
    {
      problem: "no-claim",
      code: code("The patch looks strange to me, too. Somebody else should own this mapping."),
    },
    {
      problem: "opinion-only",
      code: code("I prefer D3. It is clearly the cleanest, and everybody knows that D2 is unsafe."),
    },
    {
      problem: "contradicts",
      code: code(CLAIM, "D1, punch-hole: private DMA after the hole is refused.", D3_HOLE, COST, WRONG_IF),
    },
    {
      problem: "several-runs",
      code: code(CLAIM, "In punch-hole, D2 corrupts another process and D3 does not.", COST, WRONG_IF),
    },
    { problem: "nothing-to-check", code: code(CLAIM, "D3 is very good in punch-hole.", COST, WRONG_IF) },
    { problem: "one-piece", code: code(CLAIM, D3_HOLE, COST, WRONG_IF) },
    {
      problem: "beside-the-claim",
      code: code(
        CLAIM,
        HOLE,
        "D1, punch-hole: private DMA after the hole lands in an orphan.",
        COST,
        WRONG_IF,
      ),
    },
    {
      problem: "no-cost",
      code: code(CLAIM, HOLE, D3_HOLE, "There are no costs at all, as far as I can see it.", WRONG_IF),
    },
    {
      problem: "no-condition",
      code: code(CLAIM, HOLE, D3_HOLE, COST, "I am quite sure about this, and will not move from it."),
    },
  ],
  solution: {
    code: code(CLAIM, HOLE, D3_HOLE, COST, WRONG_IF),
    reasons:
      "This is one reply that passes; others do as well, also for other designs. The rubric reads form, and compares your evidence with runs. It cannot tell whether your argument is good. For that, post it to people.",
  },
};
