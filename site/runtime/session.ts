// SPDX-License-Identifier: MIT
import { inspect } from "node-inspect-extracted";
import { cellConsole } from "./cell-console.ts";
import { type CellCalls, compileCell } from "./compile.ts";
import { tslabModule } from "./display.ts";
import { reportOf } from "./errors.ts";
import type { CellMessage, ErrorReport, MimeBundle, Publish } from "./messages.ts";
import { StackTraces } from "./stack.ts";

/** A value that has a method of this name says itself how it is shown: it returns data by MIME type. */
const SHOW = Symbol.for("Jupyter.display");

/** What a session runs in. */
export interface SessionOptions {
  /** Loads a module that a cell imports. Rejects with a sentence when there is none of this name. */
  readonly load: (specifier: string) => Promise<Record<string, unknown>>;
  /** The name that a reader knows a file by, for stack traces. @default no file is shown */
  readonly publicName?: (file: string) => string | undefined;
  /** Sees the value of each cell's last expression. */
  readonly onResult?: (value: unknown) => void;
}

type CompiledFunction = (scope: object, cell: CellCalls, console: object, process: object) => Promise<void>;

/**
 * The cells of one notebook, run one after another in one scope, with the outputs that the Jupyter kernel gives: the
 * same types, the same bytes. What differs: types are not checked here, and a function sees a name as the latest cell
 * left it. Needs neither a page nor Node.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #stacks: StackTraces;
  readonly #scope: Record<string, unknown> = {};
  #publish: Publish = () => {};
  readonly #console = cellConsole((name, text) => this.#tell({ type: "stream", name, text }));
  readonly #process = { stdout: this.#stream("stdout"), stderr: this.#stream("stderr") };
  readonly #tslab = tslabModule((message) => this.#tell(message));

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#stacks = new StackTraces(options.publicName ?? (() => undefined));
  }

  /** The console of the cells, which a worker makes its own. */
  get console(): object {
    return this.#console;
  }

  /** Takes over how this realm's stack traces are written. */
  installStackTraces(): void {
    this.#stacks.install();
  }

  /**
   * Runs a cell to its end. What its timers print after that still goes to `publish`, until the next cell runs.
   *
   * @param source TypeScript
   * @param number the one in brackets beside the cell
   * @returns what went wrong, already published
   */
  async execute(source: string, number: number, publish: Publish): Promise<ErrorReport | undefined> {
    this.#publish = publish;
    try {
      await this.#run(source, number);
      return undefined;
    } catch (thrown) {
      const report = reportOf(thrown, source, this.#stacks);
      publish({ type: "error", ...report });
      return report;
    }
  }

  /** What went wrong outside the run of a cell, in a timer or a promise that nobody awaits. */
  reportLate(what: string, thrown: unknown): void {
    const { traceback } = reportOf(thrown, "", this.#stacks);
    this.#tell({ type: "stream", name: "stderr", text: `${what}: ${traceback.join("\n")}\n` });
  }

  async #run(source: string, number: number): Promise<void> {
    const { code, locate } = compileCell(source, Object.keys(this.#scope));
    const file = this.#stacks.enter({ number, source, locate });
    // Indirect: the code sees global names and its parameters, nothing of this file.
    // biome-ignore lint/security/noGlobalEval: running what a learner writes is what a session is for
    const run = globalThis.eval(`${code}\n//# sourceURL=${file}`) as CompiledFunction;
    let last: unknown;
    const calls: CellCalls = {
      import: (specifier) => this.#load(specifier),
      result: (value) => {
        last = value;
      },
    };
    await run(this.#scope, calls, this.#console, this.#process);
    this.#options.onResult?.(last);
    if (last === undefined || last === null) return;
    this.#tell({ type: "execute_result", data: await mimeBundle(last) });
  }

  #load(specifier: string): Promise<Record<string, unknown>> {
    return specifier === "tslab" ? Promise.resolve(this.#tslab) : this.#options.load(specifier);
  }

  #tell(message: CellMessage): void {
    this.#publish(message);
  }

  #stream(name: "stdout" | "stderr"): object {
    return {
      write: (text: unknown) => {
        this.#tell({ type: "stream", name, text: String(text) });
        return true;
      },
    };
  }
}

/** A value as Jupyter shows it. */
async function mimeBundle(value: unknown): Promise<MimeBundle> {
  const show = (value as Record<symbol, unknown>)[SHOW];
  if (typeof show !== "function") return { "text/plain": typeof value === "string" ? value : inspect(value) };
  const bundle: unknown = await show.call(value);
  if (typeof bundle !== "object" || bundle === null) {
    throw new TypeError(
      `[Symbol.for("Jupyter.display")]() must return an object of MIME types, not ${typeof bundle}`,
    );
  }
  return bundle as MimeBundle;
}
