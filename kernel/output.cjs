// SPDX-License-Identifier: MIT
"use strict";

/**
 * What a cell prints, gathered: a `console.log` in a loop becomes a few `stream` messages in place of thousands,
 * which is kinder to the browser and to whoever reads the messages one by one.
 *
 * @typedef {(type: string, content: Record<string, any>) => void} Publish  sends one message of a running cell
 */

/** Gathered text is sent at the latest when it has this many characters, */
const MAX_HELD_CHARACTERS = 16_384;
/** or, even while a cell computes without a pause, when it is this old. */
const MAX_HELD_MS = 100;
/** An idle event loop sends it after this time. */
const FLUSH_AFTER_MS = 50;

class Output {
  /** @type {Publish} */
  #publish = () => {};
  #name = "";
  #text = "";
  #heldSince = 0;

  /** From now on all that this process prints belongs to the cell that runs. */
  capture() {
    process.stdout.write = this.#writer("stdout");
    process.stderr.write = this.#writer("stderr");
  }

  /**
   * Makes a cell the owner of what is printed next; what a timer prints after the cell's end is still its own, until
   * the next cell runs.
   *
   * @param {Publish} publish
   */
  direct(publish) {
    this.flush();
    this.#publish = publish;
  }

  /**
   * Sends something other than text, after the text that came before it.
   *
   * @param {string} type
   * @param {Record<string, any>} content
   */
  publish(type, content) {
    this.flush();
    this.#publish(type, content);
  }

  /** Sends the gathered text. */
  flush() {
    if (this.#text === "") return;
    const content = { name: this.#name, text: this.#text };
    this.#text = "";
    this.#publish("stream", content);
  }

  /**
   * @param {string} name
   * @returns {typeof process.stdout.write}
   */
  #writer(name) {
    /**
     * @param {string | Uint8Array} chunk
     * @param {unknown[]} rest  an encoding, a callback, or both
     */
    const write = (chunk, ...rest) => {
      this.#add(name, typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
      const callback = rest.at(-1);
      if (typeof callback === "function") process.nextTick(callback);
      return true;
    };
    return write;
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  #add(name, text) {
    if (this.#name !== name) this.flush();
    if (this.#text === "") {
      this.#heldSince = Date.now();
      setTimeout(() => this.flush(), FLUSH_AFTER_MS).unref();
    }
    this.#name = name;
    this.#text += text;
    if (this.#text.length > MAX_HELD_CHARACTERS || Date.now() - this.#heldSince > MAX_HELD_MS) this.flush();
  }
}

module.exports = { Output };
