// SPDX-License-Identifier: MIT
import { designs } from "../designs/all.ts";
import { scenarios } from "../designs/scenarios/all.ts";
import { type Judged, judgeEvidence } from "./evidence.ts";
import type { Problem } from "./exercise.ts";

/** A line of a reply, and what it speaks of. */
interface Line {
  readonly text: string;
  readonly designs: readonly string[];
  readonly scenarios: readonly string[];
}

/** Words that make a line a claim: what is to be done. */
const CLAIM =
  /\b(prefer|propose|suggest|recommend|favou?r|choose|go with|should|ought to|would take|acked|nacked?|object)\b/i;
const COST = /\b(costs?|price|drawback|downside|disadvantage|pays?)\b/i;
const NO_COST =
  /\b(no|without( any)?|zero) (costs?|price|drawbacks?|downsides?|disadvantages?)\b|\bcosts? nothing\b/i;
const CONDITION =
  /\b(wrong (if|when|once|where)|unless|change my mind|(holds?|true|valid|right) only (if|while|when|as long as)|only holds?)\b/i;
/** Words that a cost or a condition needs to say something. */
const FEWEST_WORDS = 8;

function linesOf(reply: string): Line[] {
  return reply
    .split("\n")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map((text) => ({ text, designs: designsIn(text), scenarios: scenariosIn(text) }));
}

/** Ids of the designs that a text names. "A" is a word as well, so it counts as "design A" or with a sign behind it. */
function designsIn(text: string): string[] {
  return designs
    .map(({ id }) => id)
    .filter((id) => (id === "A" ? /\bdesign A\b|\bA(?=[,:;)])/ : new RegExp(`\\b${id}\\b`)).test(text));
}

/** Ids of the scenarios that a text names; "many-conversions" does not name "conversion" as well. */
function scenariosIn(text: string): string[] {
  const named = scenarios
    .map(({ id }) => id)
    .filter((id) => new RegExp(`(?<![\\w-])${id}(?![\\w-])`).test(text));
  return named.filter((id) => !named.some((other) => other !== id && other.includes(id)));
}

function words(text: string): number {
  return text.split(/\s+/).length;
}

/** A piece of evidence is a line about one run: one design, one scenario. */
function aboutRuns(lines: readonly Line[]): Line[] {
  return lines.filter((line) => line.designs.length > 0 && line.scenarios.length > 0);
}

/**
 * Reads a reply to the review thread and finds the first thing that it lacks: a claim that names a design, two pieces
 * of evidence that agree with what the runs say, one of them about the claimed design, one cost, and one condition
 * under which the claim would be wrong.
 *
 * It reads form and checks what can be checked. Whether the argument is good is for people to say.
 *
 * @param reply one statement in each line; evidence names one design and one scenario, and says what came of it
 * @example
 * ```ts
 * judgeReply("I prefer D3.")?.id; // "opinion-only"
 * ```
 */
export function judgeReply(reply: string): Problem | undefined {
  const lines = linesOf(reply);
  const claim = lines.find(
    (line) => line.designs.length > 0 && line.scenarios.length === 0 && CLAIM.test(line.text),
  );
  if (claim === undefined) {
    return {
      id: "no-claim",
      message:
        "A reviewer has to find out what you want. Say what should be done, in a line of its own that names a design.",
      expected: 'a line such as "I prefer D3." or "This should be B2."',
    };
  }
  const evidence = aboutRuns(lines).map((line) => ({ line, judged: judged(line) }));
  if (evidence.length === 0) {
    return {
      id: "opinion-only",
      message:
        "So far this is an opinion. A piece of evidence is a line that names one design and one scenario, and says what came of it.",
      expected: 'a line such as "D1, punch-hole: private DMA after the hole ..."',
    };
  }
  for (const { line, judged: found } of evidence) {
    if (typeof found !== "string") return { ...found, call: line.text };
  }
  const different = new Set(evidence.map(({ judged: found }) => found));
  if (different.size < 2) {
    return {
      id: "one-piece",
      message:
        "One piece of evidence agrees with the runs. One run is an example; give a second one that says something else.",
      came: evidence[0]?.line.text ?? "",
    };
  }
  if (!evidence.some(({ line }) => line.designs.some((id) => claim.designs.includes(id)))) {
    return {
      id: "beside-the-claim",
      message:
        "All the evidence is about other designs than the one you claim something about. What did that one do in the same scenario?",
      expected: `a line about ${claim.designs.join(" or ")}`,
    };
  }
  const rest = lines.filter((line) => line.scenarios.length === 0);
  const cost = rest.find(({ text }) => COST.test(text));
  if (cost === undefined || NO_COST.test(cost.text) || words(cost.text) < FEWEST_WORDS) {
    return {
      id: "no-cost",
      message:
        "Every design here costs somebody something. Name one cost of yours, in a line that says who pays it; reviewers will find it anyway.",
      ...(cost === undefined ? {} : { came: cost.text }),
    };
  }
  const condition = rest.find((line) => line !== cost && CONDITION.test(line.text));
  if (condition === undefined || words(condition.text) < FEWEST_WORDS) {
    return {
      id: "no-condition",
      message:
        "Say under which condition you would be wrong. Then others know what to look for, and the discussion can end.",
      expected: 'a line such as "I am wrong if ..." or "This holds only as long as ..."',
    };
  }
  return undefined;
}

/** The evidence in a line, in a standard form, or what is not right about it. */
function judged({ text, designs: named, scenarios: played }: Line): Judged {
  if (named.length > 1 || played.length > 1) {
    return {
      id: "several-runs",
      message:
        "This line speaks of several runs at once, so nobody can check it. Give each design and each scenario a line of its own.",
      came: [...named, ...played].join(", "),
    };
  }
  return judgeEvidence(named[0] as string, played[0] as string, text);
}
