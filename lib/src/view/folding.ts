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
    let same = 0;
    while (shapes[from + same] === shapes[from + length + same] && from + length + same < rows.length) same++;
    const times = Math.floor(same / length) + 1;
    const saved = (times - 1) * length;
    if (saved > 1 && saved + length > (best === undefined ? 0 : best.length * best.times))
      best = { length, times };
  }
  return best;
}

/** Tells groups of events that differ only in their numbers once, with a sentence for the others. */
export function foldRepetitions<T extends Placed>(rows: readonly T[]): Folded<T>[] {
  const shapes = rows.map(shapeOf);
  const folded: Folded<T>[] = [];
  for (let i = 0; i < rows.length; ) {
    const { length, times } = repetitionAt(rows, shapes, i) ?? { length: 1, times: 1 };
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
