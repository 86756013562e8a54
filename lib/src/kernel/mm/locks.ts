// SPDX-License-Identifier: MIT
import type { Scheduling, Task } from "../../base/task.ts";
import type { Trace } from "../../base/trace.ts";

/** What locks need of their surroundings. */
export interface LockContext {
  readonly scheduling: Scheduling;
  readonly trace: Trace;
}

function tell(context: LockContext, kind: "lock" | "unlock", name: string, mode: string): void {
  if (context.trace.on) context.trace.emit({ kind, name, detail: { mode } });
}

/** A lock with one holder: mutexes and spinlocks alike, since a task is only preempted at scheduling points. */
export class Mutex {
  readonly name: string;
  readonly #context: LockContext;
  held = false;

  constructor(context: LockContext, name: string) {
    this.#context = context;
    this.name = name;
  }

  *lock(): Task<void> {
    if (this.#context.scheduling.preemptible) yield { kind: "lock", object: this.name };
    while (this.held) yield { kind: "wait", object: this.name, until: () => !this.held };
    this.held = true;
    tell(this.#context, "lock", this.name, "exclusive");
  }

  unlock(): void {
    this.held = false;
    tell(this.#context, "unlock", this.name, "exclusive");
  }
}

/** A lock with one writer or many readers: rwlock_t and rw_semaphore. */
export class RwLock {
  readonly name: string;
  readonly #context: LockContext;
  readers = 0;
  writer = false;

  constructor(context: LockContext, name: string) {
    this.#context = context;
    this.name = name;
  }

  get held(): boolean {
    return this.writer || this.readers > 0;
  }

  *readLock(): Task<void> {
    if (this.#context.scheduling.preemptible) yield { kind: "lock", object: this.name };
    while (this.writer) yield { kind: "wait", object: this.name, until: () => !this.writer };
    this.readers++;
    tell(this.#context, "lock", this.name, "shared");
  }

  readUnlock(): void {
    this.readers--;
    tell(this.#context, "unlock", this.name, "shared");
  }

  *writeLock(): Task<void> {
    if (this.#context.scheduling.preemptible) yield { kind: "lock", object: this.name };
    while (this.held) yield { kind: "wait", object: this.name, until: () => !this.held };
    this.writer = true;
    tell(this.#context, "lock", this.name, "exclusive");
  }

  writeUnlock(): void {
    this.writer = false;
    tell(this.#context, "unlock", this.name, "exclusive");
  }
}
