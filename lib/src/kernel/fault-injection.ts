// SPDX-License-Identifier: MIT
import { type SharedKind, sharedKind, touches } from "../base/footprint.ts";

const OPPORTUNITIES: SharedKind = sharedKind("fail_nth");

/** What can be made to fail. */
export type InjectionKind =
  /** A page or object allocation answers NULL. */
  | "alloc"
  /** A copy from or to user memory faults. */
  | "copy"
  /** An RMI call that delegates or creates is refused with RMI_ERROR_INPUT. */
  | "rmi"
  /** A lock is contended: where a signal may end the wait it does, with -EINTR; elsewhere the wait is just long. */
  | "lock";

/**
 * Makes the n-th opportunity of a kind fail once, as the kernel's fail_nth does. Disarmed, it costs one test.
 *
 * @kernel lib/fault-inject.c
 */
export class FaultInjection {
  #kind: InjectionKind | undefined;
  #left = 0;
  /** True when the armed fault has happened. */
  fired = false;

  /** Arms one failure: the `nth` opportunity (from 1) of that kind from now on. */
  arm(kind: InjectionKind, nth: number): void {
    this.#kind = kind;
    this.#left = nth;
    this.fired = false;
  }

  disarm(): void {
    this.#kind = undefined;
  }

  /** Asked at each opportunity; true means: fail now. */
  hit(kind: InjectionKind): boolean {
    return this.#kind === kind && this.#count();
  }

  #count(): boolean {
    if (touches.on) touches.write(OPPORTUNITIES);
    this.#left -= 1;
    if (this.#left > 0) return false;
    this.#kind = undefined;
    this.fired = true;
    return true;
  }
}
