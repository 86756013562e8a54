// SPDX-License-Identifier: MIT
import type { KernelVariant } from "../kernel/variant.ts";

/** An answer to the question of the review thread: who maps a realm's memory, and who keeps it mapped. */
export interface Design {
  /** Short name, used in tables and links. */
  readonly id: string;
  readonly title: string;
  /** The kernel that does it, by name or as functions. */
  readonly kernel: string | KernelVariant;
  /** Who asks for the mapping. */
  readonly whoCalls: string;
  /** Who holds the reference on a mapped page. */
  readonly whoHolds: string;
  /** What a hole punched into the guest_memfd does. */
  readonly onPunchHole: string;
  /** Where it was proposed. */
  readonly origin: string;
}
