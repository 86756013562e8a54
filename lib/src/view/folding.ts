// SPDX-License-Identifier: MIT
import { hex } from "../base/address.ts";
import type { TraceEvent } from "../base/trace.ts";

/** An event, and how many calls are around it. */
export interface Placed {
  readonly depth: number;
  readonly event: TraceEvent;
}

/** What stands in a folded list: an event, or the sentence that stands for all repetitions of a group. */
export type Folded<T extends Placed> =
  | { readonly row: T; readonly text?: undefined }
  | { readonly row: T; readonly text: string };

/** Longest group of events that is recognised when it comes again. */
const LONGEST_GROUP = 80;

/** What must be the same for two events to be told as one: everything except addresses and counts. */
function shapeOf({ depth, event: { kind, name, result, detail } }: Placed): string {
  const words = Object.entries(detail).flatMap(([key, value]) =>
    typeof value === "string" || key === "command" || key === "level" ? [`${key} ${value}`] : [],
  );
  return [depth, kind, name, result ?? "", ...words].join("|");
}

/** A group that comes several times in a row. */
interface Repetition {
  readonly length: number;
  readonly times: number;
}

/** How often the group of `length` rows at `from` comes in a row, once at least. */
function timesOf(shapes: readonly string[], from: number, length: number): number {
  let same = 0;
  while (from + length + same < shapes.length && shapes[from + same] === shapes[from + length + same]) same++;
  return Math.floor(same / length) + 1;
}

/** A row that is followed by no repetition of it. */
const ONCE: Repetition = { length: 1, times: 1 };

/** The group at `from` whose repetitions cover most; the shortest of equals. */
function repetitionAt(
  rows: readonly Placed[],
  shapes: readonly string[],
  from: number,
): Repetition | undefined {
  const top = (rows[from] as Placed).depth;
  let best: Repetition | undefined;
  for (let length = 1; length <= LONGEST_GROUP && from + 2 * length <= rows.length; length++) {
    // A group is made of whole calls, so it ends where the next call of its depth begins.
    if ((rows[from + length - 1] as Placed).depth < top) break;
    if ((rows[from + length] as Placed).depth !== top) continue;
    const times = timesOf(shapes, from, length);
    const saved = (times - 1) * length;
    if (saved > 1 && saved + length > (best === undefined ? 0 : best.length * best.times))
      best = { length, times };
  }
  return best;
}

/** How many different numbers the events of a group name: calls about one page share its addresses. */
function numbersIn(group: readonly Placed[]): number {
  const all = group.flatMap(({ event: { detail } }) =>
    Object.values(detail).filter((value) => typeof value !== "string"),
  );
  return new Set(all.map(Number)).size;
}

/**
 * How many rows after `from` the group begins. What comes again and again can be cut anywhere; it is cut where the
 * events of a group belong together, so that "create, delegate" of two pages is told as "delegate, create" of one.
 */
function phaseOf(
  rows: readonly Placed[],
  shapes: readonly string[],
  from: number,
  { length, times }: Repetition,
): number {
  const top = (rows[from] as Placed).depth;
  let best = 0;
  for (let skipped = 1; skipped < length; skipped++) {
    const at = from + skipped;
    if ((rows[at] as Placed).depth !== top || timesOf(shapes, at, length) < times) continue;
    const numbers = (start: number): number => numbersIn(rows.slice(start, start + length));
    if (numbers(at) < numbers(from + best)) best = skipped;
  }
  return best;
}

/** Tells groups of events that differ only in their numbers once, with a sentence for the others. */
export function foldRepetitions<T extends Placed>(rows: readonly T[]): Folded<T>[] {
  const shapes = rows.map(shapeOf);
  const folded: Folded<T>[] = [];
  for (let i = 0; i < rows.length; ) {
    const { length, times } = repetitionAt(rows, shapes, i) ?? ONCE;
    const phase = phaseOf(rows, shapes, i, { length, times });
    for (const row of rows.slice(i, i + phase)) folded.push({ row });
    i += phase;
    const group = rows.slice(i, i + length);
    for (const row of group) folded.push({ row });
    if (times > 1) {
      const last = rows.slice(i + (times - 1) * length, i + times * length);
      folded.push({ row: rows[i] as T, text: foldedText(group, times, last) });
    }
    i += length * times;
  }
  return folded;
}

function foldedText(first: readonly Placed[], times: number, last: readonly Placed[]): string {
  const gfnOf = (group: readonly Placed[]): unknown =>
    group.find(({ event }) => typeof event.detail["gfn"] === "number")?.event.detail["gfn"];
  const more = times - 1;
  const gfn = gfnOf(last);
  if (typeof gfn !== "number") return `... the same ${more === 1 ? "once more" : `${more} more times`}`;
  const pages = more === 1 ? "page" : "pages";
  const firstGfn = gfnOf(first) as number;
  return `... the same for ${more} more ${pages}, gfn ${hex(firstGfn + 1)}${more === 1 ? "" : ` to ${hex(gfn)}`}`;
}
