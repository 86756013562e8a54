// SPDX-License-Identifier: MIT
import { Displayable } from "../base/displayable.ts";
import { BODY_TOP, card, element, label, MARGIN, textWidth } from "../view/svg.ts";
import type { Exercise, Problem } from "./exercise.ts";
import { messages } from "./messages/language.ts";

/** Characters in a line of feedback. */
const LINE = 96;

/** Breaks a text at blanks. */
export function wrap(text: string, width: number = LINE): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Words for a person, shown as they are. */
export class Message extends Displayable {
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }
}

/** What came of an answer: accepted, or not yet and the first problem only. */
export class Feedback extends Displayable {
  readonly exercise: string;
  readonly verdict: "accepted" | "not yet";
  readonly problem: Problem | undefined;
  readonly text: string;

  constructor(exercise: Exercise, problem: Problem | undefined) {
    const verdict = problem === undefined ? "accepted" : "not yet";
    const word = problem === undefined ? messages().accepted : messages().notYet;
    const heading = `${word}: ${exercise.title}`;
    const lines = problem === undefined ? wrap(exercise.solution.reasons) : notYet(exercise.id, problem);
    const picture = problem?.picture;
    const text = [heading, ...lines, ...(picture === undefined ? [] : ["", picture.text])].join("\n");
    super(picture === undefined ? undefined : drawn(heading, text, lines, picture.svg));
    this.exercise = exercise.id;
    this.problem = problem;
    this.verdict = verdict;
    this.text = text;
  }
}

function notYet(id: string, problem: Problem): string[] {
  const facts = [
    [messages().call, problem.call],
    [messages().expected, problem.expected],
    [messages().came, problem.came],
  ].flatMap(([name = "", value]) => (value === undefined ? [] : [`  ${name.padEnd(10)}${value}`]));
  return [...wrap(problem.message), ...facts, messages().hintHelps(id)];
}

/** The words with the picture below them, as one drawing. */
function drawn(heading: string, text: string, lines: readonly string[], picture: string): string {
  const size = /^<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(picture);
  const [pictureWidth, pictureHeight] = [Number(size?.[1]), Number(size?.[2])];
  const body = lines.map((line, i) => label(MARGIN, BODY_TOP + 8 + i * 18, line));
  const top = BODY_TOP + lines.length * 18 + 6;
  const width = Math.max(pictureWidth + 2 * MARGIN, ...lines.map((line) => textWidth(line) + 2 * MARGIN));
  // The outer picture scales, and has the style sheet; inside it, sizes are plain.
  const inner = picture
    .replace("<svg ", `<svg x="${MARGIN}" y="${top}" `)
    .replace(/ style="[^"]*"/, "")
    .replace(/<style>[^<]*<\/style>/, "");
  return card(heading, text, width, top + pictureHeight + MARGIN, body.join("") + element("g", {}, inner));
}
