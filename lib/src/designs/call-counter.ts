// SPDX-License-Identifier: MIT
import type { Trace, TraceEvent } from "../base/trace.ts";
import { ioctlName } from "../kernel/ioctl-names.ts";

/** How often each call was made, by name. */
export type CallCounts = ReadonlyMap<string, number>;

/** Counts the system calls of user space and the calls of the host to the firmware, out of the trace. */
export class CallCounter {
  readonly #names: ReadonlyMap<number, string>;
  #systemCalls = new Map<string, number>();
  #firmwareCalls = new Map<string, number>();
  #counting = true;

  /**
   * @param names of commands that no header has, by number
   */
  constructor(trace: Trace, names: ReadonlyMap<number, string>) {
    this.#names = names;
    trace.listen((event) => {
      if (this.#counting) this.#count(event);
    });
  }

  /** Forgets what was counted so far. */
  reset(): void {
    this.#systemCalls = new Map();
    this.#firmwareCalls = new Map();
  }

  /** Runs something that does not count: a look at the machine from outside. */
  aside<T>(run: () => T): T {
    const before = this.#counting;
    this.#counting = false;
    try {
      return run();
    } finally {
      this.#counting = before;
    }
  }

  get systemCalls(): CallCounts {
    return new Map(this.#systemCalls);
  }

  get firmwareCalls(): CallCounts {
    return new Map(this.#firmwareCalls);
  }

  #count({ kind, name, detail }: TraceEvent): void {
    if (kind === "syscall") {
      const command = Number(detail["command"]);
      add(this.#systemCalls, name === "ioctl" ? (this.#names.get(command) ?? ioctlName(command)) : name);
    } else if (kind === "smc" && name.startsWith("RMI_")) add(this.#firmwareCalls, name);
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** All calls together. */
export function total(counts: CallCounts): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
