// SPDX-License-Identifier: MIT
import type { Host } from "../../../lib/src/boot.ts";

/** Notes what a call returned, and hands it on. */
export type Tell = (name: string, result: number) => number;

/**
 * Lives a story that goes on past every failure, as a careless program does, and ends its process.
 *
 * @returns the first call that failed and what it returned, why the program ended, or "done"
 */
export function tellingStory(host: Host, live: (host: Host, tell: Tell) => void): string {
  let outcome = "done";
  const tell: Tell = (name, result) => {
    if (result < 0 && outcome === "done") outcome = `${name} returned ${result}`;
    return result;
  };
  try {
    live(host, tell);
  } catch (error) {
    // A program that has no memory for its own data, or lacks what it cannot do without, ends.
    if (!(error instanceof Error && /user memory|returned -/.test(error.message))) throw error;
    if (outcome === "done") outcome = error.message;
  }
  host.sys.exit();
  return outcome;
}
