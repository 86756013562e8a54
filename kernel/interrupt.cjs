// SPDX-License-Identifier: MIT
"use strict";

const vm = require("node:vm");

/**
 * Stopping a cell that does not end. A cell can be endless in two ways, and each needs a way of its own:
 *
 * - It computes: the event loop stands still, so no signal handler of ours can run. Node offers `breakOnSigint`
 *   for this; it holds for the code that runs before the first `await`.
 * - It awaits: the notebook stops waiting for it at once, and the cell's code ends at its `await`, which `lower.cjs`
 *   has put through `Turns`.
 *
 * What neither reaches is an endless computation after an `await`: there the kernel must be restarted.
 */

/** What an interrupted cell ends with. */
class Interrupted extends Error {
  constructor() {
    super("the cell was interrupted");
    this.name = "Interrupted";
  }
}

/** Awaits that are always ready let the event loop have a turn once in so many. */
const AWAITS_PER_TURN = 1000;

/** What the `await`s of the cells go through. Without an interrupt they behave exactly as written. */
class Turns {
  /** How often the notebook was interrupted so far. */
  interrupts = 0;
  #awaits = 0;
  /** @type {Set<(reason: Interrupted) => void>} */
  #waiting = new Set();

  /** Whether the event loop should have its turn now. */
  due() {
    this.#awaits = (this.#awaits + 1) % AWAITS_PER_TURN;
    return this.#awaits === 0;
  }

  /** The event loop's next turn. */
  next() {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /**
   * What to await in place of `value`: itself nearly always, so that the order of tasks is that of plain code.
   *
   * @param {unknown} value
   */
  take(value) {
    return this.due() ? this.next().then(() => value) : value;
  }

  /**
   * Goes on with an awaited value, unless an interrupt came since the wait began.
   *
   * @param {number} interruptsBefore
   * @param {unknown} value
   */
  resume(interruptsBefore, value) {
    if (this.interrupts !== interruptsBefore) throw new Interrupted();
    return value;
  }

  /** Ends every wait of every cell. */
  interrupt() {
    this.interrupts++;
    for (const reject of this.#waiting) reject(new Interrupted());
  }

  /**
   * The outcome of a promise, or `Interrupted` as soon as an interrupt comes.
   *
   * @template T
   * @param {T | Promise<T>} promise
   * @returns {Promise<T>}
   */
  async orInterrupt(promise) {
    /** @type {(reason: Interrupted) => void} */
    let reject = () => {};
    const interrupted = new Promise((_, rejectIt) => {
      reject = rejectIt;
    });
    this.#waiting.add(reject);
    try {
      return await Promise.race([promise, /** @type {Promise<never>} */ (interrupted)]);
    } finally {
      this.#waiting.delete(reject);
    }
  }
}

/** Where the function to call is left for `CALL`, which can only see globals. */
const CALLEE = Symbol.for("tslab-kernel.callee");
const CALL = new vm.Script(`globalThis[Symbol.for("tslab-kernel.callee")]()`);

/**
 * Calls a function. A SIGINT during the call throws `Interrupted` out of it, whatever it is doing.
 *
 * @template T
 * @param {() => T} callee
 * @returns {T}
 */
function callInterruptibly(callee) {
  const place = /** @type {Record<symbol, unknown>} */ (/** @type {unknown} */ (globalThis));
  place[CALLEE] = callee;
  try {
    return CALL.runInThisContext({ breakOnSigint: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED") {
      throw new Interrupted();
    }
    throw error;
  } finally {
    delete place[CALLEE];
  }
}

module.exports = { Interrupted, Turns, callInterruptibly };
