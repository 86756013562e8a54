// SPDX-License-Identifier: MIT
import { EINTR } from "../../base/errno.ts";
import { type SharedKind, sharedKind, touches } from "../../base/footprint.ts";
import type { Scheduling, Task } from "../../base/task.ts";
import type { Trace } from "../../base/trace.ts";
import type { FaultInjection } from "../fault-injection.ts";

/** What locks need of their surroundings. */
export interface LockContext {
  readonly scheduling: Scheduling;
  readonly trace: Trace;
  readonly faults: FaultInjection;
}

function tell(context: LockContext, kind: "lock" | "unlock", name: string, mode: string): void {
  if (context.trace.on) context.trace.emit({ kind, name, detail: { mode } });
}

/** A lock with one holder: mutexes and spinlocks alike, since a task is only preempted at scheduling points. */
export class Mutex {
  readonly name: string;
  readonly #context: LockContext;
  readonly #kind: SharedKind;
  readonly #isFree = (): boolean => !this.held;
  #held = false;

  constructor(context: LockContext, name: string) {
    this.#context = context;
    this.name = name;
    this.#kind = sharedKind(name);
  }

  get held(): boolean {
    if (touches.on) touches.read(this.#kind);
    return this.#held;
  }

  /** Takes the lock. Whoever comes to a lock that is held waits at this point until it is free. */
  lock(): Task<void> {
    // This cannot fail, so an injected fault is a holder who lets go as soon as somebody waits.
    return this.#take(this.#context.faults.hit("lock"));
  }

  *#take(contended: boolean): Task<void> {
    if (contended || this.#context.scheduling.preemptible || this.#held)
      yield { kind: "lock", object: this.name, until: this.#isFree };
    if (touches.on) touches.write(this.#kind);
    this.#held = true;
    tell(this.#context, "lock", this.name, "exclusive");
  }

  /**
   * Takes the lock unless a signal ends the wait: 0 or -EINTR. Signals end no wait here; fault injection does.
   *
   * @kernel kernel/locking/mutex.c mutex_lock_interruptible, mutex_lock_killable
   */
  *lockInterruptible(): Task<number> {
    if (this.#context.faults.hit("lock")) return -EINTR;
    yield* this.#take(false);
    return 0;
  }

  unlock(): void {
    if (touches.on) touches.write(this.#kind);
    this.#held = false;
    tell(this.#context, "unlock", this.name, "exclusive");
  }
}

/** A lock with one writer or many readers: rwlock_t and rw_semaphore. */
export class RwLock {
  readonly name: string;
  readonly #context: LockContext;
  readonly #kind: SharedKind;
  readonly #isFree = (): boolean => !this.held;
  readonly #hasNoWriter = (): boolean => !this.writer;
  #readers = 0;
  #writer = false;

  constructor(context: LockContext, name: string) {
    this.#context = context;
    this.name = name;
    this.#kind = sharedKind(name);
  }

  get readers(): number {
    if (touches.on) touches.read(this.#kind);
    return this.#readers;
  }

  get writer(): boolean {
    // Readers come and go without a writer's noticing, so to them this is no look at the count.
    if (touches.on) touches.add(this.#kind);
    return this.#writer;
  }

  get held(): boolean {
    return this.writer || this.readers > 0;
  }

  readLock(): Task<void> {
    return this.#takeShared(this.#context.faults.hit("lock"));
  }

  *#takeShared(contended: boolean): Task<void> {
    if (contended || this.#context.scheduling.preemptible || this.#writer)
      yield { kind: "lock", object: this.name, until: this.#hasNoWriter };
    if (touches.on) touches.add(this.#kind);
    this.#readers++;
    tell(this.#context, "lock", this.name, "shared");
  }

  /**
   * Takes the lock shared unless a signal ends the wait: 0 or -EINTR. Signals end no wait here; fault injection does.
   *
   * @kernel kernel/locking/rwsem.c down_read_interruptible
   */
  *readLockInterruptible(): Task<number> {
    if (this.#context.faults.hit("lock")) return -EINTR;
    yield* this.#takeShared(false);
    return 0;
  }

  readUnlock(): void {
    if (touches.on) touches.add(this.#kind);
    this.#readers--;
    tell(this.#context, "unlock", this.name, "shared");
  }

  *writeLock(): Task<void> {
    if (
      this.#context.faults.hit("lock") ||
      this.#context.scheduling.preemptible ||
      this.#writer ||
      this.#readers > 0
    )
      yield { kind: "lock", object: this.name, until: this.#isFree };
    if (touches.on) touches.write(this.#kind);
    this.#writer = true;
    tell(this.#context, "lock", this.name, "exclusive");
  }

  writeUnlock(): void {
    if (touches.on) touches.write(this.#kind);
    this.#writer = false;
    tell(this.#context, "unlock", this.name, "exclusive");
  }
}
