// SPDX-License-Identifier: MIT
import type { Trace } from "../base/trace.ts";

/** One line of the kernel log. */
export interface LogLine {
  readonly level: "warning" | "oops" | "info";
  readonly text: string;
}

/**
 * Thrown inside the kernel when the real one would dereference a bad pointer. The system call never returns; the
 * process is killed, and whatever it held stays held.
 */
export class KernelOops extends Error {
  override readonly name: string = "KernelOops";
}

/** The kernel log: warnings with a stack trace (`WARN_ON`) and oopses. */
export class KernelLog {
  readonly lines: LogLine[] = [];
  readonly #trace: Trace;

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  /** A `WARN_ON` whose condition was true. With panic_on_warn it would take the machine down. */
  warn(text: string): void {
    this.#add({ level: "warning", text });
  }

  info(text: string): void {
    this.#add({ level: "info", text });
  }

  /** Notes an oops; the caller ends the process. */
  oops(text: string): void {
    this.#add({ level: "oops", text });
  }

  #add(line: LogLine): void {
    this.lines.push(line);
    if (this.#trace.on) this.#trace.emit({ kind: "log", name: line.level, detail: { text: line.text } });
  }
}

/** Ends the system call as a NULL pointer dereference of `expression` in `where` would. */
export function nullDereference(expression: string, where: string): never {
  throw new KernelOops(`NULL pointer dereference of ${expression} in ${where}`);
}
