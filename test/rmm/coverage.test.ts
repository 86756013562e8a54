// SPDX-License-Identifier: MIT
import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { auditRmm } from "../../lib/src/rmm/audit.ts";
import type { RmiCall } from "../../lib/src/rmm/call.ts";
import type { Command, Condition } from "../../lib/src/rmm/command.ts";
import { rmiCommands } from "../../lib/src/rmm/commands.ts";
import {
  RMI_ERROR_DEVICE,
  RMI_ERROR_INPUT,
  RMI_ERROR_REALM,
  RMI_ERROR_REC,
} from "../../lib/src/rmm/status.ts";
import { allConditions, type Hits, hitsOfVectors } from "./coverage.ts";
import { deviceRefusals } from "./refusals-device.ts";
import { realmRefusals } from "./refusals-realm.ts";

/** What the refusals that were never recorded answer: the first pattern that fits. */
const STATUS: readonly (readonly [RegExp, number])[] = [
  [/VDEV_CREATE\.pdev_state$/, RMI_ERROR_DEVICE],
  [/CREATE\.(pdev_state|vdev_state)$/, RMI_ERROR_INPUT],
  [/realm_vdevs|rec_count|realm_da/, RMI_ERROR_REALM],
  [/emul_mmio/, RMI_ERROR_REC],
  [/\.(pdev_state|vdev_state|pdev_stopped|pdev_vdevs)$/, RMI_ERROR_DEVICE],
  [/./, RMI_ERROR_INPUT],
];

const refusals = [...realmRefusals, ...deviceRefusals];

describe("a call that a condition refuses", () => {
  it.each(refusals)("is refused by $condition and by nothing before it", ({ condition, provoke }) => {
    const { rmm } = provoke();

    const [command, id] = condition.split(".");
    const row = rmiCommands.find(({ name }) => name === command)?.conditions.find((each) => each.id === id);

    expect(rmm.state.refusedBy).toBe(row);
    expect(row?.status).toBe(STATUS.find(([pattern]) => pattern.test(condition))?.[1]);
    expect(auditRmm(rmm)).toEqual([]);
  });
});

describe("the tables of conditions", () => {
  it("name each condition once", () => {
    const names = allConditions();

    expect(new Set(names).size).toBe(names.length);
  });

  it("are covered: every condition refuses a recorded call or a written one", () => {
    const vectors = hitsOfVectors();
    const written = new Set(refusals.map(({ condition }) => condition));
    report(vectors, written);

    const missed = allConditions().filter((name) => !vectors.has(name) && !written.has(name));

    expect(missed).toEqual([]);
  });

  it("say the same as the checks that hot commands have written out", () => {
    const writtenOut = rmiCommands.filter(({ firstHolding }) => firstHolding !== undefined);
    expect(writtenOut.map(({ name }) => name)).toEqual(["RMI_GRANULE_DELEGATE", "RMI_DATA_CREATE_UNKNOWN"]);
    for (const command of writtenOut) expect(orderOf(command)).toEqual(command.conditions.map((_, i) => i));
  });
});

/** What the written-out checks answer when the conditions hold from the first on, from the second on, and so on. */
function orderOf({ firstHolding, conditions }: Command): (number | undefined)[] {
  const rows: { holds: Condition["holds"] }[] = [...conditions];
  const originals = rows.map(({ holds }) => holds);
  const answers = rows.map((_, from) => {
    for (const [i, row] of rows.entries()) row.holds = () => i >= from;
    return firstHolding?.({} as RmiCall);
  });
  for (const [i, row] of rows.entries()) row.holds = originals[i] as Condition["holds"];
  return answers;
}

/** Leaves a table of what refuses what, for people. */
function report(vectors: Hits, written: ReadonlySet<string>): void {
  const rows = allConditions().map((name) => {
    const own = refusals.filter(({ condition }) => condition === name).length;
    return `| ${name} | ${vectors.get(name) ?? 0} | ${written.has(name) ? own : 0} |`;
  });
  const table = ["| condition | recorded calls | written cases |", "|---|---:|---:|", ...rows, ""].join("\n");
  mkdirSync(new URL("../../.cache/", import.meta.url), { recursive: true });
  writeFileSync(new URL("../../.cache/rmm-coverage.md", import.meta.url), table);
}
