// SPDX-License-Identifier: MIT
import { plural } from "../base/plural.ts";
import type { TraceEvent, TraceKind } from "../base/trace.ts";
import { Picture } from "./display.ts";
import { ACTORS, type Actor, actorOf, eventText } from "./event-text.ts";
import { foldRepetitions } from "./folding.ts";
import { ACTOR_FILLS } from "./language.ts";
import { type Nested, nest } from "./nesting.ts";
import { FILL } from "./palette.ts";
import { BODY_TOP, box, card, LINE, label, line, MARGIN, MUTED, textWidth } from "./svg.ts";

/** What a timeline shows. */
export interface TimelineOptions {
  /** Kinds of events that are shown. @default all */
  readonly kinds?: readonly TraceKind[];
  /** Heading. @default "Timeline" */
  readonly title?: string;
  /** Tells groups of events that differ in their numbers only once. @default true */
  readonly fold?: boolean;
}

/** One event in its column. */
interface Row {
  readonly actor: Actor;
  /** Calls of the same actor around it. */
  readonly indent: number;
  /** All calls around it. */
  readonly depth: number;
  readonly event: TraceEvent;
}

/** A line of the picture: an event, or what stands for many. */
interface Line {
  readonly actor: Actor;
  readonly indent: number;
  readonly text: string;
  readonly folded: boolean;
}

/** Characters in a line of text. */
const WIDTH = 100;
function rowsOf(nested: readonly Nested[], around: readonly Actor[]): Row[] {
  return nested.flatMap(({ event, inside }) => {
    const actor = actorOf(event);
    const indent = around.filter((other) => other === actor).length;
    return [{ actor, indent, depth: around.length, event }, ...rowsOf(inside, [...around, actor])];
  });
}

function linesOf(rows: readonly Row[], fold: boolean): Line[] {
  const told = fold ? foldRepetitions(rows) : rows.map((row) => ({ row, text: undefined }));
  return told.map(({ row: { actor, indent, event }, text }) => ({
    actor,
    indent,
    text: text ?? eventText(event),
    folded: text !== undefined,
  }));
}

/** Cuts a text between arguments and before its result so that it fits; all lines but the first are set in by 4. */
function wrapped(text: string, width: number): string[] {
  const [call = "", ...answer] = text.split(/ (?=-> )/);
  const pieces = [...call.split(/(?<=,) /), ...answer];
  const fits = pieces.every((piece) => piece.length + 4 <= width);
  const lines: string[] = [];
  let current = "";
  for (const piece of fits ? pieces : text.split(" ")) {
    if (current !== "" && current.length + 1 + piece.length > width) {
      lines.push(current);
      current = `    ${piece}`;
    } else current = current === "" ? piece : `${current} ${piece}`;
  }
  return [...lines, current];
}

/**
 * What happened, in order: a column for each actor, calls with what happened inside of them set in below. Groups of
 * events that come again with other addresses are told once, with their number.
 *
 * @param events as `host.trace.record` returns them
 * @example
 * ```ts
 * showTimeline(host.trace.record(() => tsmMap(vmm, device, 0x8000_0000, 0x8000_8000)));
 * ```
 */
export function showTimeline(events: readonly TraceEvent[], options: TimelineOptions = {}): Picture {
  const { kinds, title = "Timeline", fold = true } = options;
  const rows = rowsOf(nest(events), []).filter(({ event }) => kinds?.includes(event.kind) ?? true);
  const actors = ACTORS.filter((actor) => rows.some((row) => row.actor === actor));
  // All rows of a column begin left of the next one, and may go on to the right of it.
  const room = actors.map((name) => {
    const deepest = Math.max(...rows.map(({ actor, indent }) => (actor === name ? indent : 0)));
    return Math.max(name.length, 2 * deepest) + 2;
  });
  const starts = actors.map((_, i) => room.slice(0, i).reduce((sum, width) => sum + width, 0));
  const startOf = (actor: Actor): number => starts[actors.indexOf(actor)] as number;
  const set = linesOf(rows, fold).flatMap(({ actor, indent, text, folded }) => {
    const start = startOf(actor) + 2 * indent;
    return wrapped(text, WIDTH - start).map((part) => ({ actor, start, text: part, folded }));
  });
  const text = [
    `${title}: ${plural(rows.length, "event")}`,
    actors.length === 0
      ? "nothing happened"
      : actors
          .map((name, i) => name.padEnd(room[i] as number))
          .join("")
          .trimEnd(),
    ...set.map(({ start, text: part }) => " ".repeat(start) + part),
  ];
  return new Picture(draw(title, text.join("\n"), actors, starts, set), text.join("\n"));
}

const ROW = 20;
const CHARACTER: number = textWidth("x");

/** A line in its place: `start` is a column of characters. */
interface SetLine {
  readonly actor: Actor;
  readonly start: number;
  readonly text: string;
  readonly folded: boolean;
}

function draw(
  title: string,
  text: string,
  actors: readonly Actor[],
  starts: readonly number[],
  lines: readonly SetLine[],
): string {
  const bottom = BODY_TOP + 28 + lines.length * ROW;
  const heads = actors.map(
    (name, i): SetLine => ({ actor: name, start: starts[i] as number, text: name, folded: false }),
  );
  const widest = Math.max(0, ...[...heads, ...lines].map((one) => CHARACTER * (one.start + one.text.length)));
  const parts = heads.flatMap(({ start, text: name, actor }) => {
    const x = MARGIN + start * CHARACTER;
    return [
      line(x + 0.5, BODY_TOP, x + 0.5, bottom, { stroke: LINE }),
      pill(x, BODY_TOP, name, ACTOR_FILLS[actor]),
      label(x + PAD, BODY_TOP + 14, name, { bold: true }),
    ];
  });
  lines.forEach(({ actor, start, text: content, folded }, i) => {
    const x = MARGIN + start * CHARACTER;
    const y = BODY_TOP + 26 + i * ROW;
    const fill = folded ? FILL.none : ACTOR_FILLS[actor];
    parts.push(pill(x, y, content.trimStart(), fill, content.search(/\S/)));
    parts.push(label(x + PAD, y + 14, content, folded ? { fill: MUTED } : {}));
  });
  const width = Math.max(textWidth(title, 15, false), widest + 2 * PAD) + 2 * MARGIN;
  return card(title, text, width, bottom + MARGIN, parts.join(""));
}

const PAD = 5;

/** The ground of a text, in the colour of its actor, set in by `skip` characters. */
function pill(x: number, y: number, content: string, fill: string, skip = 0): string {
  const left = x + skip * CHARACTER;
  return box(left, y, textWidth(content) + 2 * PAD, ROW - 2, { fill, stroke: "none", rx: 3 });
}
