// SPDX-License-Identifier: MIT
import type { Actor } from "./event-text.ts";
import { FILL, PAGE_LOOKS } from "./palette.ts";

/**
 * The signs that all pictures share, besides the colours of `palette.ts`: lanes, shapes, lines and marks of change.
 * Colour never stands alone: a word, a letter or a shape says the same.
 */

/** A lane of a sequence diagram: everything on one side of a boundary. */
export type Lane = "user" | "kernel" | "firmware" | "realm" | "hardware";

/** How a lane looks, and who acts in it. */
export interface LaneLook {
  readonly fill: string;
  readonly meaning: string;
}

/** The lanes from left to right: each asks the next one through a boundary. */
export const LANES: Readonly<Record<Lane, LaneLook>> = {
  user: { fill: FILL.head, meaning: "the VMM, in user space" },
  kernel: { fill: FILL.slot, meaning: "the host's KVM, iommufd and TSM core" },
  firmware: { fill: FILL.private, meaning: "RMM and EL3" },
  realm: { fill: PAGE_LOOKS.REC.fill, meaning: "what runs in the guest" },
  hardware: { fill: PAGE_LOOKS.PDEV.fill, meaning: "memory, TLB, SMMU, device" },
};

/** Fill of each actor of a trace; those of a lane share its colour, except where two stand side by side. */
export const ACTOR_FILLS: Readonly<Record<Actor, string>> = {
  VMM: LANES.user.fill,
  kernel: LANES.kernel.fill,
  firmware: LANES.firmware.fill,
  realm: LANES.realm.fill,
  device: LANES.hardware.fill,
  SMMU: PAGE_LOOKS.VDEV.fill,
};

/** The lane of each actor. */
export const LANE_OF: Readonly<Record<Actor, Lane>> = {
  VMM: "user",
  kernel: "kernel",
  firmware: "firmware",
  realm: "realm",
  device: "hardware",
  SMMU: "hardware",
};

/** How something changed between two moments. */
export type Change = "new" | "changed" | "gone" | "same";

/** The sign in front of what changed; new and changed things are bold besides, gone ones struck out. */
export const CHANGE_SIGNS: Readonly<Record<Change, string>> = {
  new: "+",
  changed: "~",
  gone: "-",
  same: " ",
};

/** Shapes and lines, each with what it stands for. */
export const SHAPES = {
  descriptor: "round box: a file descriptor",
  file: "square box: an open file, a table",
  object: "box with small corners: an object of the kernel",
  heavy: "heavy border: the Realm physical address space",
  hatched: "strokes: nothing is here",
  solid: "solid arrow: a call, or a pointer that holds a reference",
  dashed: "dashed arrow: a return, a weak pointer, or what is refused",
} as const;

/** Fills of things that are not pages, each with what it stands for. */
export const FILL_MEANINGS: Readonly<Record<keyof typeof FILL, string>> = {
  head: "column heads, user space",
  slot: "a memory slot, a thing of the host kernel",
  private: "private memory, what belongs to the realm; allowed",
  shared: "shared memory",
  refused: "refused",
  none: "nothing",
};

/** How a series of numbers looks in a plot: a colour, and a marker and a pattern that tell it without colour. */
export interface SeriesLook {
  readonly stroke: string;
  /** Of a bar. */
  readonly fill: string;
  readonly shape: "circle" | "square" | "triangle" | "diamond" | "cross" | "ring";
  /** Lengths of strokes and gaps; `""` for a line without gaps. */
  readonly dashes: string;
}

/** The looks of the series of a plot, in their order. */
export const SERIES: readonly SeriesLook[] = [
  { stroke: "#0b5cad", fill: PAGE_LOOKS.RTT.fill, shape: "circle", dashes: "" },
  { stroke: "#b34700", fill: PAGE_LOOKS.DELEGATED.fill, shape: "square", dashes: "7 4" },
  { stroke: "#1a7f37", fill: FILL.private, shape: "triangle", dashes: "2 3" },
  { stroke: "#7a3fb8", fill: PAGE_LOOKS.RD.fill, shape: "diamond", dashes: "9 3 2 3" },
  { stroke: "#a0195b", fill: PAGE_LOOKS.REC.fill, shape: "cross", dashes: "4 2" },
  { stroke: "#4a545e", fill: PAGE_LOOKS.elsewhere.fill, shape: "ring", dashes: "12 4" },
];
