// SPDX-License-Identifier: MIT
"use strict";

const util = require("node:util");
const { declarationsAfterThrow } = require("./declarations.cjs");
const { compileError, syntaxError, thrownError } = require("./errors.cjs");
const { Turns, callInterruptibly } = require("./interrupt.cjs");
const { instantiate, lower } = require("./lower.cjs");
const { CellModules } = require("./modules.cjs");
const { Output } = require("./output.cjs");
const { StackTraces } = require("./stack.cjs");
const { createConverter, isCompleteCode, printQuickInfo, setDisplay, ts } = require("./tslab.cjs");

/**
 * One notebook session: cells are checked and compiled by tslab's converter and run here, one after another, in one
 * scope.
 *
 * What a notebook can rely on is what it can rely on in stock tslab too: imports by package name, top-level
 * declarations that later cells see, `await` at top level, the value of the last expression shown, `display` from
 * "tslab". What is ours alone (strict checks, rich values, marked error lines) changes how an answer looks, not
 * whether a cell runs.
 *
 * @typedef {import("./errors.cjs").ErrorReport} ErrorReport
 * @typedef {import("./output.cjs").Publish} Publish
 * @typedef {{ number: number, source: string, locate: import("./lower.cjs").Lowered["locate"] }} Cell
 *   `number` is the one in brackets beside the cell
 */

/** A value that has a method of this name says itself how it is shown: it returns an object, MIME type to data. */
const SHOW = Symbol.for("Jupyter.display");

class Session {
  #converter = createConverter({ isJS: false, isBrowser: false });
  #turns = new Turns();
  #modules = new CellModules(process.cwd(), this.#turns);
  #output = new Output();
  /** @type {Map<string, Cell>} by the file name it was compiled under */
  #cells = new Map();
  /** @type {Cell | undefined} */
  #current;
  #stacks = new StackTraces(
    (filename) => this.#cells.get(filename),
    () => this.#current,
  );
  /** What later cells know of earlier ones, as the text of a .d.ts file. */
  #declarations = "";
  /**
   * What the cells declared. A plain object: tslab's own is a Proxy, which makes each write to a top-level `let` some
   * hundred times slower. Nothing is ever deleted from it, because that would make V8 keep it as a slow dictionary.
   *
   * @type {Record<string, unknown>}
   */
  #scope = {};

  constructor() {
    this.#stacks.install();
    this.#output.capture();
    setDisplay((content, update) =>
      this.#output.publish(update ? "update_display_data" : "display_data", content),
    );
    process.on("uncaughtException", (error) => this.#reportLate("Uncaught", error));
    process.on("unhandledRejection", (error) => this.#reportLate("Unhandled rejection", error));
  }

  /** The version of TypeScript that checks the cells. */
  get typescriptVersion() {
    return ts.version;
  }

  /**
   * Runs a cell to its end.
   *
   * @param {string} source
   * @param {number} number
   * @param {Publish} publish
   * @returns {Promise<ErrorReport | undefined>}  what went wrong, already published
   */
  async execute(source, number, publish) {
    this.#output.direct(publish);
    // What `#run` itself lets through is a defect of the compiler or of ours; the notebook goes on all the same.
    const report = await this.#run(source, number).catch((error) => thrownError(error, this.#stacks));
    // Rejections that nobody handled are reported after this turn of the event loop; they belong to this cell.
    await this.#turns.next();
    this.#output.flush();
    if (report) this.#output.publish("error", report);
    return report;
  }

  /** Stops the running cell; without one, whatever earlier cells left awaiting. */
  interrupt() {
    this.#turns.interrupt();
  }

  /**
   * @param {string} source
   * @param {number} position  in UTF-16 units
   */
  complete(source, position) {
    return this.#converter.complete(this.#declarations, source, position);
  }

  /**
   * What is known of the name at a position, as plain text.
   *
   * @param {string} source
   * @param {number} position  in UTF-16 units
   * @returns {string | undefined}
   */
  inspect(source, position) {
    const info = this.#converter.inspect(this.#declarations, source, position);
    return info && printQuickInfo(info);
  }

  /**
   * Whether a console should run this text or wait for more of it.
   *
   * @param {string} source
   */
  isComplete(source) {
    return isCompleteCode(source);
  }

  close() {
    this.#converter.close();
  }

  /**
   * @param {string} source
   * @param {number} number
   * @returns {Promise<ErrorReport | undefined>}
   */
  async #run(source, number) {
    const converted = this.#converter.convert(this.#declarations, source);
    if (converted.diagnostics.length > 0) return compileError(converted.diagnostics, source);
    this.#modules.update(converted.sideOutputs ?? []);

    const lowered = lower(converted.output ?? "");
    const filename = `cell:${this.#cells.size + 1}`;
    this.#current = { number, source, locate: lowered.locate };
    this.#cells.set(filename, this.#current);
    /** @type {ReturnType<typeof instantiate>} */
    let run;
    try {
      run = instantiate(lowered, filename);
    } catch (error) {
      return syntaxError(/** @type {SyntaxError} */ (error), this.#current);
    }

    const before = new Map(lowered.names.map((name) => [name, this.#scope[name]]));
    const declarations = converted.declOutput ?? "";
    try {
      const done = callInterruptibly(() => run(this.#scope, this.#modules.require, this.#turns));
      if (lowered.awaits) await this.#turns.orInterrupt(done);
    } catch (error) {
      this.#keepReached(before, declarations);
      return thrownError(error, this.#stacks);
    }
    this.#declarations = declarations;
    try {
      await this.#showResult(converted.lastExpressionVar);
    } catch (error) {
      return thrownError(error, this.#stacks);
    }
    return undefined;
  }

  /**
   * Publishes the value of a cell's last expression.
   *
   * @param {string | undefined} variable  where the converter left it
   */
  async #showResult(variable) {
    if (variable === undefined) return;
    const value = this.#scope[variable];
    this.#scope[variable] = undefined;
    if (value === undefined || value === null) return;
    const data = await this.#turns.orInterrupt(mimeBundle(value));
    this.#output.publish("execute_result", { data, metadata: {} });
  }

  /**
   * After a cell threw: keeps what it had declared by then, and gives back to the names that it did not reach what
   * they held before.
   *
   * @param {Map<string, unknown>} before
   * @param {string} declarations  the declarations had it succeeded
   */
  #keepReached(before, declarations) {
    const unreached = new Set([...before.keys()].filter((name) => this.#scope[name] === undefined));
    for (const name of unreached) this.#scope[name] = before.get(name);
    this.#declarations = declarationsAfterThrow(this.#declarations, declarations, unreached);
  }

  /**
   * What went wrong outside the run of a cell, in a timer or a promise that nobody awaits.
   *
   * @param {string} what
   * @param {unknown} error
   */
  #reportLate(what, error) {
    process.stderr.write(`${what}: ${thrownError(error, this.#stacks).traceback.join("\n")}\n`);
  }
}

/**
 * A value as Jupyter shows it.
 *
 * @param {unknown} value
 * @returns {Promise<Record<string, unknown>>}
 */
async function mimeBundle(value) {
  const show = /** @type {Record<symbol, unknown>} */ (value)[SHOW];
  if (typeof show !== "function")
    return { "text/plain": typeof value === "string" ? value : util.inspect(value) };
  const bundle = await show.call(value);
  if (typeof bundle !== "object" || bundle === null) {
    throw new TypeError(
      `[Symbol.for("Jupyter.display")]() must return an object of MIME types, not ${typeof bundle}`,
    );
  }
  return bundle;
}

module.exports = { Session };
