// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../base/address.ts";
import type { Fact, FactGroup, HostState } from "./facts.ts";
import type { Change } from "./language.ts";

/** A fact in words: what it is about, and what holds of it. */
export function factWords(fact: Fact): readonly [what: string, value: string] {
  return [
    `${fact.group}: ${whatText({ first: { before: undefined, after: fact }, count: 1 })}`,
    valueText(fact, fact.group, 1),
  ];
}

/** What became of one thing, or of a run of neighbours to which the same happened. */
export interface Difference {
  readonly group: FactGroup;
  readonly change: Change;
  /** What it is about, with its address range. */
  readonly what: string;
  /** Where there was nothing, what a fresh machine has there; `"-"` if it has nothing. */
  readonly before: string;
  readonly after: string;
}

interface Pair {
  readonly before: Fact | undefined;
  readonly after: Fact | undefined;
}

/** Neighbours to which the same happened: the first pair, and how many there are. */
interface Run {
  readonly first: Pair;
  readonly count: number;
}

const ORDER: readonly FactGroup[] = [
  "VM",
  "memory slots",
  "attributes",
  "guest_memfd",
  "files",
  "iommufd objects",
  "locks",
  "realm tables",
  "granules",
  "page references",
  "devices",
  "kernel log",
];

function factOf({ before, after }: Pair): Fact {
  return (after ?? before) as Fact;
}

function isSame({ before, after }: Pair): boolean {
  return before?.value === after?.value && before?.pa === after?.pa && before?.bytes === after?.bytes;
}

function pairsOf(before: HostState, after: HostState): Pair[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const pairs = keys.map((key): Pair => ({ before: before.get(key), after: after.get(key) }));
  const place = (pair: Pair): number => ORDER.indexOf(factOf(pair).group);
  // Sorting keeps the order of facts of one name without an address.
  return pairs.sort((a, b) => {
    const [x, y] = [factOf(a), factOf(b)];
    if (x.group !== y.group) return place(a) - place(b);
    if (x.at === undefined || y.at === undefined || x.name !== y.name) return 0;
    return x.at - y.at;
  });
}

/** True when `fact` goes on where the run that began with `first` ends. */
function goesOn(first: Fact | undefined, fact: Fact | undefined, count: number): boolean {
  if (first === undefined || fact === undefined) return first === fact;
  if (first.at === undefined || first.bytes === undefined) return false;
  if (first.name !== fact.name || first.value !== fact.value || first.bytes !== fact.bytes) return false;
  const pa = first.pa === undefined ? undefined : first.pa + count * first.bytes;
  return fact.at === first.at + count * first.bytes && fact.pa === pa;
}

function runsOf(pairs: readonly Pair[]): Run[] {
  const runs: Run[] = [];
  for (const pair of pairs) {
    const last = runs.at(-1);
    const same =
      last !== undefined &&
      goesOn(last.first.before, pair.before, last.count) &&
      goesOn(last.first.after, pair.after, last.count);
    if (same) runs[runs.length - 1] = { ...last, count: last.count + 1 };
    else runs.push({ first: pair, count: 1 });
  }
  return runs;
}

/** What holds where there is no fact: the state of a machine that was just switched on. */
const ABSENT: Readonly<Partial<Record<FactGroup, string>>> = {
  granules: "NS, Non-secure",
  "page references": "0",
  attributes: "shared",
  locks: "free",
};

function valueText(fact: Fact | undefined, group: FactGroup, count: number): string {
  if (fact === undefined) return ABSENT[group] ?? "-";
  if (fact.pa === undefined) return fact.value;
  return `${fact.value} -> ${hex(fact.pa)}${count === 1 ? "" : " on"}`;
}

/** Nothing is new or gone where a fresh machine has something: it changed. */
function changeOf(pair: Pair): Change {
  if (isSame(pair)) return "same";
  if (ABSENT[factOf(pair).group] !== undefined) return "changed";
  return pair.before === undefined ? "new" : pair.after === undefined ? "gone" : "changed";
}

function whatText({ first, count }: Run): string {
  const { name, at, bytes = PAGE_SIZE } = factOf(first);
  if (at === undefined) return name;
  const range = count * bytes === PAGE_SIZE ? hex(at) : `${hex(at)} .. ${hex(at + count * bytes)}`;
  return `${name} ${range}${count === 1 ? "" : ` (${count})`}`;
}

/** How two states of a host differ; neighbours to which the same happened are one. With `full`, what is the same too. */
export function compareStates(before: HostState, after: HostState, full = false): Difference[] {
  const pairs = pairsOf(before, after).filter((pair) => full || !isSame(pair));
  return runsOf(pairs).map((run) => {
    const { first, count } = run;
    const { group } = factOf(first);
    return {
      group,
      change: changeOf(first),
      what: whatText(run),
      before: valueText(first.before, group, count),
      after: valueText(first.after, group, count),
    };
  });
}

/** A line of a text, and what became of it. */
export interface LineChange {
  readonly change: Change;
  readonly text: string;
}

/** How one text becomes another, line by line, with as few changes as possible. */
export function compareLines(before: readonly string[], after: readonly string[]): LineChange[] {
  // common[i][j]: lines that the ends of both texts, from i and j on, have in common.
  const common = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    const row = common[i] as Uint16Array;
    for (let j = after.length - 1; j >= 0; j--)
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const lines: LineChange[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ change: "same", text: before[i] as string });
      i++;
      j++;
    } else if (i < before.length && (j >= after.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ change: "gone", text: before[i++] as string });
    } else {
      lines.push({ change: "new", text: after[j++] as string });
    }
  }
  return lines;
}
