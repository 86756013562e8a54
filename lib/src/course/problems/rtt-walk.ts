// SPDX-License-Identifier: MIT
import { hex } from "../../base/address.ts";
import type { Random } from "../../base/random.ts";
import type { DrillLevel, DrillPart, DrillPlan } from "./drill.ts";

const LAST_LEVEL = 3;
const PAGE_BITS = 12;
const INDEX_BITS = 9;

/** Address spaces without and with several root tables side by side, in bits. */
const ONE_ROOT = [39, 48];
const SEVERAL_ROOTS = [32, 33, 34, 40, 41, 42];

/** Level at which a walk of an address space begins, as KVM chooses it. */
export function startLevel(ipaBits: number): number {
  return ipaBits <= 34 ? 2 : ipaBits <= 43 ? 1 : 0;
}

/** Lowest bit of the index at a level. */
function shiftOf(level: number): number {
  return PAGE_BITS + INDEX_BITS * (LAST_LEVEL - level);
}

function indexAt(ipa: number, level: number): number {
  return Math.floor(ipa / 2 ** shiftOf(level)) % 2 ** INDEX_BITS;
}

/** A page address in the protected half of the space. */
function pageAddress(random: Random, ipaBits: number): number {
  const pages = 2 ** (ipaBits - 1 - PAGE_BITS);
  const high = random.below(Math.max(1, pages / 2 ** 20));
  return (high * 2 ** 20 + random.below(Math.min(2 ** 20, pages))) * 2 ** PAGE_BITS;
}

function levelsFrom(start: number): number[] {
  return Array.from({ length: LAST_LEVEL - start + 1 }, (_, i) => start + i);
}

function bitRange(level: number): string {
  return `bits ${shiftOf(level) + INDEX_BITS - 1}:${shiftOf(level)}`;
}

function indexes(ipa: number, start: number): { parts: DrillPart[]; steps: string[] } {
  const levels = levelsFrom(start);
  return {
    parts: levels.map((level) => ({
      name: `index at level ${level}`,
      answer: String(indexAt(ipa, level)),
      rule: `The index at level ${level} is in ${bitRange(level)} of the address.`,
    })),
    steps: levels.map(
      (level) =>
        `Level ${level}: ${bitRange(level)}, (${hex(ipa)} >> ${shiftOf(level)}) & 511 = ${indexAt(ipa, level)}.`,
    ),
  };
}

/** Walks through realm translation tables: indexes, root tables side by side, and where a walk ends. */
export function rttWalk(random: Random, level: DrillLevel): DrillPlan {
  const choices = level === 1 ? ONE_ROOT : SEVERAL_ROOTS;
  const ipaBits = choices[random.below(choices.length)] as number;
  const start = startLevel(ipaBits);
  const ipa = pageAddress(random, ipaBits);
  const space = `The address space of a realm has ${ipaBits} bits, and a walk begins at level ${start}.`;
  const root = Math.floor(ipa / 2 ** (shiftOf(start) + INDEX_BITS));
  const { parts, steps } = indexes(ipa, start);
  if (level === 1)
    return {
      title: "A walk through realm translation tables",
      question: [space, `Which entries does a walk for ${hex(ipa)} read?`],
      parts,
      steps,
    };
  const roots = 2 ** (ipaBits - shiftOf(start) - INDEX_BITS);
  if (level === 2)
    return {
      title: "A walk that begins in one of several root tables",
      question: [
        `${space} There are ${roots} root tables.`,
        `Which entries does a walk for ${hex(ipa)} read?`,
      ],
      parts: [
        {
          name: "number of the root table, from 0",
          answer: String(root),
          rule: `Each root table covers 2^${shiftOf(start) + INDEX_BITS} bytes; the bits above those choose the table.`,
        },
        ...parts,
      ],
      steps: [`Root table: ${hex(ipa)} >> ${shiftOf(start) + INDEX_BITS} = ${root}.`, ...steps],
    };
  return whereItEnds(random, { ipa, start, space });
}

function whereItEnds(
  random: Random,
  { ipa, start, space }: { readonly ipa: number; readonly start: number; readonly space: string },
): DrillPlan {
  const below = levelsFrom(start).slice(1);
  // Tables on the way exist down to some level, and others that are not on the way exist as well.
  const onTheWay = below.slice(0, random.below(below.length + 1));
  const present = onTheWay.map((level) => ({
    level,
    base: Math.floor(ipa / tableSpan(level)) * tableSpan(level),
  }));
  const aside = below.map((level) => {
    const base = Math.floor(ipa / tableSpan(level)) * tableSpan(level);
    return { level, base: base === 0 ? tableSpan(level) : base - tableSpan(level) };
  });
  const others = aside.filter(({ level, base }) =>
    level === start + 1 ? true : present.some((one) => one.level === level - 1 && covers(one, base)),
  );
  const listed = [...present, ...others].sort((a, b) => a.level - b.level || a.base - b.base);
  const end = onTheWay.at(-1) ?? start;
  const missing = LAST_LEVEL - end;
  return {
    title: "Where a walk ends",
    question: [
      space,
      "Besides the root tables there are these:",
      ...listed.map(
        ({ level, base }) =>
          `  a table of level ${level} for ${hex(base)} .. ${hex(base + tableSpan(level))}`,
      ),
      `No page is mapped. The host has a page entered at ${hex(ipa)}, and the walk must reach level 3.`,
    ],
    parts: [
      {
        name: "level at which the walk ends",
        answer: String(end),
        rule: "A walk ends at the last table that there is for the address; a table for another range does not count.",
      },
      {
        name: "index of the entry there",
        answer: String(indexAt(ipa, end)),
        rule: `At that level the index is in ${bitRange(end)} of the address, within its table.`,
      },
      {
        name: "tables that the host must have made",
        answer: String(missing),
        rule: "One table is needed for each level below the one at which the walk ends, down to level 3.",
      },
    ],
    steps: [
      `The walk begins in a root table, at level ${start}, index ${indexAt(ipa, start)}.`,
      ...onTheWay.map(
        (level) =>
          `There is a table of level ${level} that covers ${hex(ipa)}: index ${indexAt(ipa, level)}.`,
      ),
      end === LAST_LEVEL
        ? "That is level 3, so no table is missing."
        : `There is none of level ${end + 1} for this address, so the walk ends at level ${end}.`,
      `Missing: 3 - ${end} = ${missing}.`,
    ],
  };
}

/** Bytes that one table of a level covers. */
function tableSpan(level: number): number {
  return 2 ** (shiftOf(level) + INDEX_BITS);
}

function covers(
  { level, base }: { readonly level: number; readonly base: number },
  address: number,
): boolean {
  return address >= base && address < base + tableSpan(level);
}
