// SPDX-License-Identifier: MIT
import { errnoName } from "../base/errno.ts";
import type { CallCounter, CallCounts } from "./call-counter.ts";
import { type DmaKind, type DmaSeen, type Holders, holdersOf, type MemoryHeld, tryDma } from "./observe.ts";
import type { Setting } from "./setting.ts";

/** A moment of a scenario, in order. */
export type Moment =
  | { readonly what: "move"; readonly name: string; readonly result: number }
  | { readonly what: "dma"; readonly when: string; readonly seen: DmaSeen }
  | { readonly what: "holders"; readonly when: string; readonly holders: Holders | undefined }
  | { readonly what: "saw"; readonly about: string; readonly text: string };

/** The stage of a scenario: what it makes happen is written down. */
export class Stage {
  readonly setting: Setting;
  readonly moments: Moment[] = [];
  readonly #counter: CallCounter;
  #bytes = 0;

  constructor(setting: Setting, counter: CallCounter) {
    this.setting = setting;
    this.#counter = counter;
  }

  /** A move of the VMM; what it answers is written down. */
  move(name: string, make: () => number): number {
    const result = make();
    this.moments.push({ what: "move", name, result });
    return result;
  }

  /** A DMA of one byte to a page, each with another value. */
  dma(when: string, page: number, kind: DmaKind): DmaSeen {
    this.#bytes = (this.#bytes % 255) + 1;
    const seen = this.#counter.aside(() => tryDma(this.setting, page, kind, this.#bytes));
    this.moments.push({ what: "dma", when, seen });
    return seen;
  }

  /** Both kinds of DMA to a page. */
  bothDma(when: string, page: number): { readonly toPrivate: DmaSeen; readonly toShared: DmaSeen } {
    return { toPrivate: this.dma(when, page, "private"), toShared: this.dma(when, page, "shared") };
  }

  /** Who holds a page of the guest_memfd. */
  holders(when: string, page: number): Holders | undefined {
    const holders = this.#counter.aside(() => holdersOf(this.setting, page));
    this.moments.push({ what: "holders", when, holders });
    return holders;
  }

  /** Something that was seen from outside. */
  saw(about: string, text: string): void {
    this.moments.push({ what: "saw", about, text });
  }
}

/** Where a scenario begins, and from when on its calls count. */
export type Beginning =
  /** Before there is a VM: building the stage counts, too. */
  | "boot"
  /** The device is bound and accepted, but nothing was done for its DMA yet. */
  | "bound"
  /** The design has done all that it does at the start. */
  | "started";

/** The same moves of user space, guest and device for every design. */
export interface Scenario {
  /** Short name, used in tables and links. */
  readonly id: string;
  readonly title: string;
  readonly begins: Beginning;
  readonly play: (stage: Stage) => void;
}

/** How a design did in a scenario. */
export interface Played {
  readonly design: string;
  readonly scenario: string;
  readonly moments: readonly Moment[];
  readonly systemCalls: CallCounts;
  readonly firmwareCalls: CallCounts;
  /** Frames of the guest's memory at the end. */
  readonly held: MemoryHeld;
  /** Warnings of the kernel. */
  readonly warnings: readonly string[];
  /** What the audit finds once the process has ended. */
  readonly audit: readonly string[];
}

/** The result of a move in words. */
export function resultText(result: number): string {
  return result < 0 ? errnoName(result) : "ok";
}
