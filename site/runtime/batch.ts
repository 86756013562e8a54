// SPDX-License-Identifier: MIT
import type { CellMessage } from "./messages.ts";

/** Output is sent at the latest when it is this old, */
const MAX_AGE_MS = 50;
/** or has this many messages. */
const MAX_MESSAGES = 200;
/** A cell that prints more characters than this is told so, once; the rest is dropped. */
const MAX_CHARACTERS = 500_000;

/** Gathers what a cell tells, so that a loop that prints does not drown the page. */
export class Batch {
  readonly #send: (messages: CellMessage[]) => void;
  #held: CellMessage[] = [];
  #since = 0;
  #characters = 0;

  constructor(send: (messages: CellMessage[]) => void) {
    this.#send = send;
  }

  add(message: CellMessage): void {
    if (message.type === "stream") {
      if (this.#characters > MAX_CHARACTERS) return;
      this.#characters += message.text.length;
      if (this.#characters > MAX_CHARACTERS) {
        const text = `\n[more than ${MAX_CHARACTERS} characters: the rest is not shown]\n`;
        this.#hold({ type: "stream", name: "stderr", text });
        return;
      }
    }
    this.#hold(message);
  }

  /** Sends what is held. */
  flush(): void {
    if (this.#held.length > 0) this.#send(this.#held);
    this.#held = [];
  }

  #hold(message: CellMessage): void {
    if (this.#held.length === 0) {
      this.#since = performance.now();
      setTimeout(() => this.flush(), MAX_AGE_MS);
    }
    const last = this.#held.at(-1);
    if (last?.type === "stream" && message.type === "stream" && last.name === message.name) {
      this.#held[this.#held.length - 1] = { ...last, text: last.text + message.text };
    } else {
      this.#held.push(message);
    }
    if (this.#held.length > MAX_MESSAGES || performance.now() - this.#since > MAX_AGE_MS) this.flush();
  }
}
