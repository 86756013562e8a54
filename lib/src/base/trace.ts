// SPDX-License-Identifier: MIT

/** What kind of thing an event tells of. */
export type TraceKind =
  /** A system call returned. */
  | "syscall"
  /** An RMI or RSI call returned. */
  | "smc"
  /** A function of the kernel was entered. */
  | "call"
  /** A lock or a read-side section was taken. */
  | "lock"
  | "unlock"
  /** A reference was taken or dropped. */
  | "get"
  | "put"
  /** Some state changed: a granule, an entry, an object. */
  | "state"
  /** A device or a CPU accessed memory. */
  | "access"
  /** A line of the kernel log. */
  | "log";

/** One thing that happened, in the order in which it happened. */
export interface TraceEvent {
  readonly kind: TraceKind;
  /** Name of the call, function, lock or object, as the real system spells it. */
  readonly name: string;
  /** Details by name. Numbers are shown as they are, bigints in hexadecimal. */
  readonly detail: Readonly<Record<string, string | number | bigint>>;
  /** Result of a call, where there is one. */
  readonly result?: number;
}

/**
 * Where every part of the machine tells what it does. With nobody listening it costs one test of `on`: callers
 * build an event only when that is true.
 */
export class Trace {
  readonly #listeners = new Set<(event: TraceEvent) => void>();
  /** True while somebody listens. */
  on = false;

  /** Calls `listener` for every event from now on. The answer stops it. */
  listen(listener: (event: TraceEvent) => void): () => void {
    this.#listeners.add(listener);
    this.on = true;
    return () => {
      this.#listeners.delete(listener);
      this.on = this.#listeners.size > 0;
    };
  }

  /** The events that happen while `run` runs, in order. */
  record(run: () => void): TraceEvent[] {
    const events: TraceEvent[] = [];
    const stop = this.listen((event) => events.push(event));
    try {
      run();
    } finally {
      stop();
    }
    return events;
  }

  /** Tells that a function of the kernel was entered. */
  call(name: string, detail: TraceEvent["detail"]): void {
    this.emit({ kind: "call", name, detail });
  }

  emit(event: TraceEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
