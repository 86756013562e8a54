// SPDX-License-Identifier: MIT
import type { Machine } from "../../lib/src/hw/machine.ts";
import { rmiCommands } from "../../lib/src/rmm/commands.ts";
import { replay } from "../../tools/replay/engine.mjs";
import { parseLines } from "../../tools/replay/lines.mjs";
import { VECTORS, vectorText } from "../conformance/rmm-vectors.ts";
import { simulator } from "../conformance/simulator.ts";

/** Conditions that calls ran into: how often, by `command.condition`. */
export type Hits = Map<string, number>;

/** Counts the conditions that refuse calls on a machine from now on. */
export function countRefusals(machine: Machine, hits: Hits): void {
  machine.trace.listen(({ kind, name, detail }) => {
    const id = detail["refusedBy"];
    if (kind !== "smc" || id === undefined) return;
    const key = `${name}.${id}`;
    hits.set(key, (hits.get(key) ?? 0) + 1);
  });
}

/** Conditions that the recordings run into. */
export function hitsOfVectors(): Hits {
  const hits: Hits = new Map();
  class WatchedRmm extends simulator.Rmm {
    constructor(...args: ConstructorParameters<typeof simulator.Rmm>) {
      super(...args);
      countRefusals(this.machine, hits);
    }
  }
  for (const name of VECTORS) replay({ ...simulator, Rmm: WatchedRmm }, parseLines(vectorText(name)));
  return hits;
}

/** Every condition of every command, as `command.condition`, in the order of the tables. */
export function allConditions(): string[] {
  return rmiCommands.flatMap(({ name, conditions }) => conditions.map(({ id }) => `${name}.${id}`));
}
