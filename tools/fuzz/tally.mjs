// SPDX-License-Identifier: MIT
/** How often each command gave each answer. */
export class Tally {
  /** @type {Map<string, Map<number, number>>} */
  #answers = new Map();

  /** @param {string} command @param {number} result @param {number} [times] */
  add(command, result, times = 1) {
    const answers = this.#answers.get(command) ?? new Map();
    this.#answers.set(command, answers);
    answers.set(result, (answers.get(result) ?? 0) + times);
  }

  /** Adds everything that another tally holds. @param {Tally} other */
  addAll(other) {
    for (const [command, answers] of other.#answers) {
      for (const [result, times] of answers) this.add(command, result, times);
    }
  }

  /** The commands that were called, and whether each ever succeeded. @returns {Map<string, boolean>} */
  succeeded() {
    const everyone = [...this.#answers].sort();
    return new Map(
      everyone.map(([command, answers]) => [command, [...answers.keys()].some((result) => result >= 0)]),
    );
  }

  /** How often a command gave an answer. @param {string} command @param {number} result */
  count(command, result) {
    return this.#answers.get(command)?.get(result) ?? 0;
  }

  /**
   * A line for each command, the most frequent answer first.
   *
   * @param {(result: number) => string} nameOf how an answer is spelled
   */
  lines(nameOf) {
    return [...this.#answers].sort().map(([command, answers]) => {
      /** @type {Map<string, number>} */
      const named = new Map();
      for (const [result, times] of answers) {
        const name = nameOf(result);
        named.set(name, (named.get(name) ?? 0) + times);
      }
      const parts = [...named].sort(([, a], [, b]) => b - a);
      return `${command}: ${parts.map(([name, times]) => `${name} ${times}`).join(", ")}`;
    });
  }
}
