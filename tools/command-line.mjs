// SPDX-License-Identifier: MIT
import { parseArgs } from "node:util";

/**
 * The options and operands of a command, or in one sentence what is wrong with them.
 *
 * @template {Record<string, { type: "boolean" | "string" }>} Options
 * @param {string[]} args
 * @param {Options} options
 * @param {{ operands?: boolean }} [allow]
 * @returns {{ problem: string } | { problem?: undefined, values: { [Name in keyof Options]?: Options[Name]["type"] extends "boolean" ? boolean : string }, operands: string[] }}
 */
export function parseCommandLine(args, options, { operands = false } = {}) {
  const { values, tokens } = parseArgs({
    args,
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  /** @type {string[]} */
  const given = [];
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (!operands) return { problem: `I do not know what to do with "${token.value}".` };
      given.push(token.value);
    }
    if (token.kind !== "option") continue;
    const type = options[token.name]?.type;
    if (type === undefined) return { problem: `There is no option ${token.rawName}.` };
    if (type === "string" && (token.value === undefined || token.value.startsWith("--"))) {
      return { problem: `The option ${token.rawName} needs a value.` };
    }
    if (type === "boolean" && token.value !== undefined)
      return { problem: `The option ${token.rawName} takes no value.` };
  }
  return { values: /** @type {any} */ (values), operands: given };
}
