// SPDX-License-Identifier: MIT
import { Displayable } from "../../base/displayable.ts";
import { Message, wrap } from "../feedback.ts";
import { messages } from "../messages/language.ts";
import { type Answer, normalised } from "../prediction.ts";

/** How hard a problem is. */
export type DrillLevel = 1 | 2 | 3;

/** One of the things that a problem asks for. */
export interface DrillPart {
  /** What is asked for, for example `index at level 3`. */
  readonly name: string;
  /** The answer, as `canonical` writes it. */
  readonly answer: string;
  /** The rule that decides, told to somebody whose answer differs. */
  readonly rule: string;
}

/** A problem and its worked solution. */
export interface DrillPlan {
  readonly title: string;
  /** Lines of the question, shown as they are. */
  readonly question: readonly string[];
  readonly parts: readonly DrillPart[];
  /** How one comes to the answer, step by step. */
  readonly steps: readonly string[];
}

/** One way to write each answer: `"0x10"`, 16 and 16n are the same, and so are `"einval"` and -22. */
export function canonical(answer: unknown): string {
  if (!["string", "number", "bigint", "boolean"].includes(typeof answer)) return typeof answer;
  const text = normalised(answer as Answer);
  return text !== "" && Number.isFinite(Number(text)) ? normalised(Number(text)) : text;
}

/** A problem that was made from a seed. The same seed gives the same problem on every machine. */
export class Drill extends Displayable {
  readonly text: string;
  readonly #plan: DrillPlan;

  constructor(plan: DrillPlan) {
    super();
    this.#plan = plan;
    const names = plan.parts.map(({ name }) => name).join(", ");
    const wanted = plan.parts.length === 1 ? names : messages().listOf(plan.parts.length, names);
    this.text = [plan.title, ...plan.question, ...wrap(messages().yourAnswer(wanted))].join("\n");
  }

  /** Judges an answer: a list with one entry for each part, or the entry itself where there is one part only. */
  check(answer: unknown): Message {
    const { parts } = this.#plan;
    const given: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
    if (given.length !== parts.length) {
      const names = parts.map(({ name }) => name).join(", ");
      return notYet(messages().partCount(parts.length, names, given.length));
    }
    const wrong = parts.findIndex(({ answer: right }, i) => canonical(given[i]) !== right);
    const part = parts[wrong];
    if (part === undefined) return new Message(messages().drillAccepted);
    return notYet(messages().drillYouSay(part.name, canonical(given[wrong]), part.rule));
  }

  /** The way to the answer, step by step. */
  solve(): Message {
    const { title, parts, steps } = this.#plan;
    const answers = parts.map(({ answer }) => answer).join(", ");
    const numbered = steps.flatMap((step, i) => wrap(`${i + 1}. ${step}`));
    return new Message([title, ...numbered, messages().answerIs(answers)].join("\n"));
  }
}

function notYet(reason: string): Message {
  return new Message([messages().notYet, ...wrap(reason), messages().solveShows].join("\n"));
}
