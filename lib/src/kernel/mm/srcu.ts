// SPDX-License-Identifier: MIT
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
  readonly #readers: [number, number] = [0, 0];
  #slot: 0 | 1 = 0;

  constructor(context: LockContext, name: string) {
    this.#context = context;
    this.name = name;
  }

  /** Readers inside right now. */
  get readers(): number {
    return this.#readers[0] + this.#readers[1];
  }

  /** Enters a read-side section. The answer goes to the matching `srcu_read_unlock`. */
  srcu_read_lock(): 0 | 1 {
    this.#readers[this.#slot]++;
    if (this.#context.trace.on)
      this.#context.trace.emit({ kind: "lock", name: this.name, detail: { mode: "read side" } });
    return this.#slot;
  }

  srcu_read_unlock(slot: 0 | 1): void {
    this.#readers[slot]--;
    if (this.#context.trace.on)
      this.#context.trace.emit({ kind: "unlock", name: this.name, detail: { mode: "read side" } });
  }

  /** Waits for all readers that entered before this call. */
  *synchronize_srcu_expedited(): Task<void> {
    const old = this.#slot;
    this.#slot = old === 0 ? 1 : 0;
    if (this.#context.scheduling.preemptible) yield { kind: "write", object: this.name };
    while (this.#readers[old] > 0) {
      yield { kind: "wait", object: this.name, until: () => this.#readers[old] === 0 };
    }
  }
}
