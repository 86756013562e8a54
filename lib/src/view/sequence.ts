// SPDX-License-Identifier: MIT
import type { TraceEvent } from "../base/trace.ts";
import { Picture } from "./display.ts";
import { actorOf, callText, eventText, resultText } from "./event-text.ts";
import { type Folded, foldRepetitions } from "./folding.ts";
import { LANE_OF, LANES, type Lane } from "./language.ts";
import { type Nested, nest } from "./nesting.ts";
import { arrow, BODY_TOP, box, card, LINE, label, line, MARGIN, MUTED, textWidth } from "./svg.ts";

/** What a sequence diagram shows. */
export interface SequenceOptions {
  /** Heading. @default "Who called whom" */
  readonly title?: string;
  /** Shows what happened inside of a lane too: functions, locks, references, states. @default false */
  readonly inside?: boolean;
  /** Tells groups of events that differ in their numbers only once. @default true */
  readonly fold?: boolean;
}

/** A line of the diagram from top to bottom. */
interface Message {
  readonly kind: "call" | "return" | "note" | "folded";
  readonly from: Lane;
  readonly to: Lane;
  readonly depth: number;
  readonly text: string;
}

/** An event with the lanes that it goes between; for what stays in one lane they are the same. */
interface Step {
  readonly depth: number;
  readonly event: TraceEvent;
  readonly from: Lane;
  readonly to: Lane;
}

/** What firmware does to hardware: clearing memory, and dropping cached translations. */
const TO_HARDWARE: readonly string[] = ["zero", "tlbi"];

function lanesOf(event: TraceEvent): readonly [Lane, Lane] {
  const lane = LANE_OF[actorOf(event)];
  if (event.kind === "syscall") return ["user", "kernel"];
  if (event.kind === "smc") return [lane === "realm" ? "realm" : "kernel", "firmware"];
  if (event.kind === "state" && TO_HARDWARE.includes(event.name)) return ["firmware", "hardware"];
  if (event.kind === "access" && lane === "realm") return ["realm", "hardware"];
  return [lane, lane];
}

/** What hardware does is told although it stays there: a device reaches memory, or changes its state. */
function crosses({ from, to }: Step): boolean {
  return from !== to || from === "hardware";
}

function stepsOf(nested: readonly Nested[], inside: boolean, depth = 0): Step[] {
  return nested.flatMap(({ event, inside: below }) => {
    const [from, to] = lanesOf(event);
    const step = { depth, event, from, to };
    const shown = inside || crosses(step);
    return [...(shown ? [step] : []), ...stepsOf(below, inside, shown ? depth + 1 : depth)];
  });
}

/** Calls with their returns: a call ends before the next line of its depth or less. */
function messagesOf(told: readonly Folded<Step>[]): Message[] {
  const messages: Message[] = [];
  const open: Step[] = [];
  const closeTo = (depth: number): void => {
    for (let last = open.at(-1); last !== undefined && last.depth >= depth; last = open.at(-1)) {
      open.pop();
      const { from, to, event } = last;
      messages.push({ kind: "return", from: to, to: from, depth: last.depth, text: resultText(event) });
    }
  };
  for (const { row, text } of told) {
    const { depth, event, from, to } = row;
    closeTo(depth);
    if (text !== undefined) messages.push({ kind: "folded", from, to, depth, text });
    else if (from === to) messages.push({ kind: "note", from, to, depth, text: eventText(event) });
    else {
      const answers = resultText(event) !== "";
      messages.push({ kind: "call", from, to, depth, text: answers ? callText(event) : eventText(event) });
      if (answers) open.push(row);
    }
  }
  closeTo(0);
  return messages;
}

function messageText({ kind, from, to, depth, text }: Message): string {
  const ways = { call: `${from} -> ${to}: `, return: `${to} <- ${from}: `, note: `${from}: `, folded: "" };
  return `${"  ".repeat(depth)}${ways[kind]}${text}`;
}

/**
 * Who called whom across the boundaries: a lane for user space, kernel, firmware, realm and hardware, an arrow for
 * each call, a dashed one for its return. Groups that come again with other addresses are told once.
 *
 * @param events as `host.trace.record` returns them
 * @example
 * ```ts
 * showSequence(host.trace.record(() => tsmMap(vmm, device, 0x8000_0000, 0x8000_8000)));
 * ```
 */
export function showSequence(events: readonly TraceEvent[], options: SequenceOptions = {}): Picture {
  const { title = "Who called whom", inside = false, fold = true } = options;
  const steps = stepsOf(nest(events), inside);
  const told = fold ? foldRepetitions(steps) : steps.map((row): Folded<Step> => ({ row }));
  const messages = messagesOf(told);
  const lanes = (Object.keys(LANES) as Lane[]).filter((lane) =>
    messages.some(({ from, to }) => from === lane || to === lane),
  );
  const text = [
    title,
    lanes.length === 0 ? "nothing crossed a boundary" : `lanes: ${lanes.join(", ")}`,
    ...messages.map(messageText),
  ].join("\n");
  return new Picture(draw(title, text, lanes, messages), text);
}

const LANE = 190;
const HEAD = 26;
const CALL = 34;
const BACK = 26;
const SMALL = 11;

function draw(title: string, text: string, lanes: readonly Lane[], messages: readonly Message[]): string {
  const left = MARGIN + 40;
  const x = (lane: Lane): number => left + lanes.indexOf(lane) * LANE;
  const heights = messages.map(({ kind }) => (kind === "call" ? CALL : BACK));
  const tops = heights.map(
    (_, i) => BODY_TOP + HEAD + 8 + heights.slice(0, i).reduce((sum, h) => sum + h, 0),
  );
  const bottom = BODY_TOP + HEAD + 18 + heights.reduce((sum, h) => sum + h, 0);
  const ends: number[] = [];
  const parts = lanes.flatMap((lane) => {
    const width = textWidth(lane, 12) + 24;
    ends.push(x(lane) + width / 2);
    return [
      line(x(lane), BODY_TOP + HEAD, x(lane), bottom, { stroke: LINE }),
      box(x(lane) - width / 2, BODY_TOP, width, HEAD, { fill: LANES[lane].fill, rx: 4 }),
      label(x(lane), BODY_TOP + 17, lane, { bold: true, anchor: "middle" }),
    ];
  });
  messages.forEach(({ kind, from, to, text: content }, i) => {
    const top = tops[i] as number;
    const start = Math.min(x(from), x(to)) + 8;
    const fill = kind === "folded" ? LANES.user.fill : LANES[kind === "return" ? from : to].fill;
    const size = kind === "call" ? 12 : SMALL;
    const width = textWidth(content, size) + 8;
    ends.push(start + width);
    parts.push(box(start - 2, top, width, 17, { fill, stroke: "none", rx: 3 }));
    parts.push(label(start + 2, top + 13, content, { size, ...(kind === "folded" ? { fill: MUTED } : {}) }));
    if (kind === "call" || kind === "return") {
      const y = top + (kind === "call" ? 25 : 21);
      parts.push(arrow([x(from), y], [x(to), y], { dashed: kind === "return" }));
    }
  });
  const width = Math.max(textWidth(title, 15, false) + MARGIN, ...ends) + MARGIN;
  return card(title, text, width, bottom + MARGIN, parts.join(""));
}
