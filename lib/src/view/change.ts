// SPDX-License-Identifier: MIT
import { compareLines, compareStates, type Difference } from "./compare.ts";
import { Picture } from "./display.ts";
import { type FactGroup, type HostState, hostState } from "./facts.ts";
import type { Subject } from "./find.ts";
import { CHANGE_SIGNS, type Change } from "./language.ts";
import { FILL } from "./palette.ts";
import { type Row, tablePicture } from "./table.ts";

/** What is shown of a comparison. */
export interface ChangeOptions {
  /** Heading. @default "What changed" */
  readonly title?: string;
  /** Tells what stayed the same too. @default false */
  readonly full?: boolean;
  /** Only these groups of facts. @default all */
  readonly groups?: readonly FactGroup[];
}

const FILLS: Readonly<Record<Change, string>> = {
  new: FILL.private,
  changed: FILL.shared,
  gone: FILL.refused,
  same: FILL.none,
};

const WORDS: Readonly<Record<Change, string>> = { new: "new", changed: "changed", gone: "gone", same: "" };

/** The sign of a change with its word, so that nobody has to know the sign. */
function signText(change: Change): string {
  return `${CHANGE_SIGNS[change]} ${WORDS[change]}`.trimEnd();
}

function counted(differences: readonly { readonly change: Change }[]): string {
  const count = (change: Change): number => differences.filter((one) => one.change === change).length;
  const parts = (["new", "changed", "gone"] as const).map((change) => `${count(change)} ${WORDS[change]}`);
  return `${parts.join(", ")}.`;
}

function rowOf({ change, what, before, after }: Difference): Row {
  return [
    { text: signText(change), fill: FILLS[change], bold: change !== "same" },
    { text: what, bold: change === "new" || change === "changed" },
    before,
    { text: after, bold: change === "new" || change === "changed" },
  ];
}

function statePicture(before: HostState, after: HostState, options: ChangeOptions): Picture {
  const { title = "What changed", full = false, groups } = options;
  const differences = compareStates(before, after, full).filter(
    ({ group }) => groups?.includes(group) ?? true,
  );
  const rows = differences.flatMap((difference, i): Row[] => {
    const isFirst = difference.group !== differences[i - 1]?.group;
    return isFirst ? [[{ text: difference.group, fill: FILL.head }], rowOf(difference)] : [rowOf(difference)];
  });
  return tablePicture({
    title,
    notes: [differences.every(({ change }) => change === "same") ? "Nothing changed." : counted(differences)],
    head: ["change", "what", "before", "after"],
    rows,
  });
}

function picturePicture(before: Picture, after: Picture, options: ChangeOptions): Picture {
  const { title = "What changed", full = false } = options;
  const lines = compareLines(before.text.split("\n"), after.text.split("\n"));
  const shown = lines.filter(({ change }) => full || change !== "same");
  return tablePicture({
    title,
    notes: [shown.every(({ change }) => change === "same") ? "Nothing changed." : counted(lines)],
    head: ["change", "line of the picture"],
    rows: shown.map(({ change, text }) => [
      { text: signText(change), fill: FILLS[change], bold: change !== "same" },
      { text: text.trimEnd(), bold: change === "new" },
    ]),
  });
}

/**
 * What differs between two moments: two states that `hostState` took, or two pictures of the same thing. Only what
 * changed, each with a sign and a word; what is new or changed is bold.
 *
 * @example
 * ```ts
 * const before = showGuestMemfd(host);
 * tsmMap(vmm, device, 0x8000_0000, 0x8000_1000);
 * showDiff(before, showGuestMemfd(host));
 * ```
 */
export function showDiff(before: Picture, after: Picture, options?: ChangeOptions): Picture;
export function showDiff(before: HostState, after: HostState, options?: ChangeOptions): Picture;
export function showDiff(
  before: Picture | HostState,
  after: Picture | HostState,
  options: ChangeOptions = {},
): Picture {
  if (before instanceof Picture && after instanceof Picture) return picturePicture(before, after, options);
  if (before instanceof Picture || after instanceof Picture)
    throw new TypeError("showDiff compares two pictures, or two states of hostState; not one of each");
  return statePicture(before, after, options);
}

/**
 * Runs something and shows what it changed on the host: granules, references, realm tables, slots, attributes, files,
 * objects, locks, devices.
 *
 * @example
 * ```ts
 * showChange(host, () => tsmMap(vmm, device, 0x8000_0000, 0x8000_1000));
 * ```
 */
export function showChange(host: Subject, run: () => unknown, options: ChangeOptions = {}): Picture {
  const before = hostState(host);
  run();
  return statePicture(before, hostState(host), options);
}
