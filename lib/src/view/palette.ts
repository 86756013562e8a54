// SPDX-License-Identifier: MIT
import type { GRANULE } from "../rmm/granules.ts";

/**
 * How one kind of thing looks in every picture. Colour never stands alone: there is always the letter or a word.
 */
export interface Look {
  readonly letter: string;
  readonly fill: string;
  /** What it means, in a few words. */
  readonly meaning: string;
}

/** Name of a use of a page: granule states of the RMM, and what the kernel does with non-secure pages. */
export type PageUse = "free" | "host" | "gmem" | "elsewhere" | Exclude<keyof typeof GRANULE, "NS">;

/** How each use of a page of memory looks. */
export const PAGE_LOOKS: Readonly<Record<PageUse, Look>> = {
  free: { letter: ".", fill: "#ffffff", meaning: "non-secure, free" },
  host: { letter: "N", fill: "#dde3ea", meaning: "non-secure, used by the host" },
  gmem: { letter: "G", fill: "#fdeeb5", meaning: "non-secure, in a guest_memfd" },
  elsewhere: { letter: "S", fill: "#c9ced6", meaning: "Secure or Root, out of reach" },
  DELEGATED: { letter: "D", fill: "#ffd6a5", meaning: "realm, delegated, no use yet" },
  RD: { letter: "R", fill: "#e6d5fb", meaning: "realm descriptor" },
  REC: { letter: "C", fill: "#fbd3df", meaning: "REC: a vCPU of the realm" },
  REC_AUX: { letter: "X", fill: "#f3dcf3", meaning: "auxiliary page of a REC" },
  DATA: { letter: "A", fill: "#bfe6c8", meaning: "data of the realm" },
  RTT: { letter: "T", fill: "#cbe1ff", meaning: "realm translation table" },
  PDEV: { letter: "P", fill: "#c9ecec", meaning: "PDEV: a physical device" },
  PDEV_AUX: { letter: "p", fill: "#def4f4", meaning: "auxiliary page of a PDEV" },
  VDEV: { letter: "V", fill: "#bfe3e0", meaning: "VDEV: a device of the realm" },
  VDEV_AUX: { letter: "v", fill: "#d9efee", meaning: "auxiliary page of a VDEV" },
};

/** Fills for things that are not pages. */
export const FILL = {
  /** Column heads. */
  head: "#eef1f4",
  /** A memory slot, shared memory, a thing of the host. */
  slot: "#e3ecf7",
  /** Private memory, and what belongs to the realm. */
  private: "#bfe6c8",
  /** Shared memory. */
  shared: "#fdeeb5",
  /** Something that was refused. */
  refused: "#ffdcd7",
  /** Nothing. */
  none: "#ffffff",
} as const;
