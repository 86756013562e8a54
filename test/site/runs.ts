// SPDX-License-Identifier: MIT
import type { Output } from "../../site/ipynb/index.ts";
import { collect, type Displays } from "../../site/runtime/collect.ts";
import type { RunReply, RunRequest } from "../../site/runtime/protocol.ts";

/** The outputs of each run by its number, from what a page and its worker said to each other. */
export function outputsOfRuns(heard: readonly (RunRequest | RunReply)[]): Map<string, Output[]> {
  const displays: Displays = new Map();
  const requests = new Map<number, { source: string; number: number; outputs: Output[] }>();
  for (const message of heard) {
    if ("source" in message) requests.set(message.id, { ...message, outputs: [] });
    const run = requests.get(message.id);
    if (run && "kind" in message && message.kind === "output") {
      for (const one of message.messages) collect(run.outputs, one, run.number, displays);
    }
  }
  return new Map([...requests.values()].map(({ number, outputs }) => [String(number), outputs]));
}
