// SPDX-License-Identifier: MIT
import { type SharedKind, sharedKind, touches } from "../../base/footprint.ts";
import type { Task } from "../../base/task.ts";
import type { LockContext } from "./locks.ts";

/**
 * Sleepable read-copy-update. Readers never wait; a writer that has published a new version waits until every
 * reader that may still see the old one has left.
 *
 * Readers count themselves in one of two slots; a writer turns the slot over and waits for the other to drain,
 * so readers that arrive during the wait do not prolong it.
 *
 * @kernel kernel/rcu/srcutree.c
 */
export class Srcu {
  readonly name: string;
  readonly #context: LockContext;
  readonly #kind: SharedKind;
  readonly #readers: [number, number] = [0, 0];
  #slot: 0 | 1 = 0;

  constructor(context: LockContext, name: string) {
    this.#context = context;
    this.name = name;
    this.#kind = sharedKind(name);
  }

  /** Readers inside right now. */
  get readers(): number {
    if (touches.on) touches.read(this.#kind);
    return this.#readers[0] + this.#readers[1];
  }

  /** Enters a read-side section. The answer goes to the matching `srcu_read_unlock`. */
  srcu_read_lock(): 0 | 1 {
    // Readers count themselves and look at no other reader.
    if (touches.on) touches.add(this.#kind);
    this.#readers[this.#slot]++;
    if (this.#context.trace.on)
      this.#context.trace.emit({ kind: "lock", name: this.name, detail: { mode: "read side" } });
    return this.#slot;
  }

  srcu_read_unlock(slot: 0 | 1): void {
    if (touches.on) touches.add(this.#kind);
    this.#readers[slot]--;
    if (this.#context.trace.on)
      this.#context.trace.emit({ kind: "unlock", name: this.name, detail: { mode: "read side" } });
  }

  /** Waits for all readers that entered before this call. */
  *synchronize_srcu_expedited(): Task<void> {
    if (touches.on) touches.write(this.#kind);
    const old = this.#slot;
    this.#slot = old === 0 ? 1 : 0;
    if (this.#context.scheduling.preemptible) yield { kind: "write", object: this.name };
    const drained = (): boolean => {
      if (touches.on) touches.read(this.#kind);
      return this.#readers[old] === 0;
    };
    while (!drained()) yield { kind: "wait", object: this.name, until: drained };
  }
}
