// SPDX-License-Identifier: MIT
import type { BootOptions, Host } from "../boot.ts";
import type { GuestMemory, Vmm } from "../user/vmm.ts";
import type { AssignedDevice } from "../user/vmm-device.ts";

/** A stretch of guest physical addresses: bytes, page aligned, end exclusive. */
export interface GpaRange {
  readonly start: number;
  readonly end: number;
}

/** What a VMM has in its hands. What is not there yet when a move is made must not be used by it. */
export interface VmmHands {
  readonly host: Host;
  readonly vmm: Vmm;
  readonly memory: GuestMemory;
  readonly device: AssignedDevice;
}

/**
 * What the VMM does in a design where designs differ, through system calls. Each answers 0 or the first negative errno
 * that came back. Everything else, such as punching a hole, is the same for all.
 */
export interface VmmMoves {
  /** Gives the VM its memory: a guest_memfd and a slot, all of it shared. Throws when that cannot be had. */
  readonly addMemory: (range: GpaRange) => GuestMemory;
  /** Declares memory private before the realm runs. */
  readonly declarePrivate: (range: GpaRange) => number;
  /** The realm is made, but does not run yet. */
  readonly beforeActivate: (privateRange: GpaRange) => number;
  /** The device is bound: lets it reach private memory and, with ordinary DMA, shared memory. */
  readonly startUp: (privateRange: GpaRange, sharedRange: GpaRange) => number;
  /** Lets the device reach private memory that it cannot reach (any more). */
  readonly map: (range: GpaRange) => number;
  /** Makes memory private or shared because the guest asked for it, and lets the device reach it as such. */
  readonly convert: (range: GpaRange, toPrivate: boolean) => number;
}

/**
 * An answer to the question of the review thread: who maps a realm's memory for its devices, and who keeps it mapped.
 * What it leads to is not written here but found by playing it.
 */
export interface Design {
  /** Short name, used in tables and links. */
  readonly id: string;
  readonly title: string;
  /** Where it was proposed. */
  readonly origin: string;
  /** How it works, in one sentence. */
  readonly idea: string;
  /** The kernel that it starts from. */
  readonly boot: Pick<BootOptions, "kernel" | "config">;
  /** Puts the parts of kernel and hardware into a host that the design needs besides. */
  readonly extend: (host: Host) => void;
  /** Names of the commands that it adds, by number. */
  readonly commands: ReadonlyMap<number, string>;
  /** What its VMM does. */
  readonly moves: (hands: VmmHands) => VmmMoves;
}
