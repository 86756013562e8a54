// SPDX-License-Identifier: MIT
"use strict";

/**
 * Sends messages on a ZeroMQ socket in their order, none lost. The socket takes a message at once while its buffers
 * have room, so that a cell that computes without a pause is heard; when they are full it holds one and throws EBUSY at
 * the next, which has to wait here.
 */
class Outbox {
  #socket;
  /** @type {Promise<void>} of the message that the socket holds */
  #last = Promise.resolve();
  /** @type {Buffer[][]} */
  #waiting = [];
  /** @type {Promise<void>} fulfilled when nothing waits */
  #emptied = Promise.resolve();

  /** @param {{ send(frames: Buffer[]): Promise<void> }} socket */
  constructor(socket) {
    this.#socket = socket;
  }

  /** @param {Buffer[]} frames */
  send(frames) {
    if (this.#waiting.length === 0 && this.#sendNow(frames)) return;
    this.#waiting.push(frames);
    if (this.#waiting.length === 1) this.#emptied = this.#sendWaiting();
  }

  /** Waits until the socket has taken everything. */
  async flush() {
    await this.#emptied;
    await this.#last;
  }

  /**
   * @param {Buffer[]} frames
   * @returns {boolean}  false when the socket still holds another message
   */
  #sendNow(frames) {
    try {
      this.#last = this.#socket.send(frames);
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EBUSY") return false;
      throw error;
    }
  }

  async #sendWaiting() {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      await this.#last;
      if (this.#sendNow(next)) this.#waiting.shift();
    }
  }
}

module.exports = { Outbox };
