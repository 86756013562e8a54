// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { rangeCalls } from "../../lib/src/course/exercises/13-range.ts";
import { countedCalls, tablesBelowRoot, tsmMapCalls } from "../../lib/src/course/exercises/cost-labs.ts";
import { RAM, realmWithoutTables } from "../../lib/src/course/exercises/map-labs.ts";
import { normalised } from "../../lib/src/course/prediction.ts";
import { costPredictions } from "../../lib/src/course/predictions/13.ts";
import {
  boot,
  dramPage,
  makeRealm,
  PAGE_SIZE,
  RMI_DATA_CREATE_UNKNOWN,
  RMI_GRANULE_DELEGATE,
  RMI_GRANULE_UNDELEGATE,
  RMI_RTT_CREATE,
  RMI_RTT_FOLD,
  tsmMap,
} from "../../lib/src/index.ts";

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** Firmware calls for 512 pages by hand, with the table folded or left. */
function blockByHand(fold: boolean): number {
  const host = boot({ memory: 1024 * PAGE_SIZE });
  const rd = makeRealm(host, { root: 0, rd: 4, params: 63 });
  const counted = { calls: 0 };
  const call = (fid: number, ...args: bigint[]): bigint[] => {
    counted.calls++;
    const registers = host.smc(fid, ...args);
    expect(registers[0]).toBe(0n);
    return registers;
  };
  call(RMI_GRANULE_DELEGATE, dramPage(host, 5));
  call(RMI_RTT_CREATE, rd, dramPage(host, 5), 0n, 3n);
  for (let page = 0; page < 512; page++) {
    call(RMI_GRANULE_DELEGATE, dramPage(host, 512 + page));
    call(RMI_DATA_CREATE_UNKNOWN, rd, dramPage(host, 512 + page), BigInt(page * PAGE_SIZE));
  }
  if (fold) {
    const [, table = 0n] = call(RMI_RTT_FOLD, rd, 0n, 3n);
    call(RMI_GRANULE_UNDELEGATE, table);
  }
  return counted.calls;
}

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => string> = {
  "13-page-513": () => {
    expect(total(countedCalls(40, 512))).toBe(1029);
    return String(total(countedCalls(40, 513)) - total(countedCalls(40, 512)));
  },
  "13-twice": () => {
    const { vmm, device } = realmWithoutTables(40, RAM, RAM + 512 * PAGE_SIZE, 1024);
    const map = (): number => tsmMap(vmm, device, RAM, RAM + 512 * PAGE_SIZE);
    expect(map()).toBe(0);
    const second = vmm.host.trace.record(() => expect(map()).toBe(0));
    expect(vmm.host.audit()).toHaveLength(512);
    return String(second.filter(({ kind }) => kind === "smc").length);
  },
  "13-table-memory": () => String(Math.round((tablesBelowRoot(43, 2 ** 28) * PAGE_SIZE) / 2 ** 30)),
  "13-fold-saves": () => {
    expect([blockByHand(true), blockByHand(false)]).toEqual([1028, 1026]);
    return blockByHand(true) < blockByHand(false) ? "yes" : "no";
  },
};

it.each(costPredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);

describe("the formulas behind the plot", () => {
  const sizes = [1, 511, 512, 513, 1024, 1300];
  const bits = [34, 40, 43, 48];

  it.each(bits.flatMap((ipaBits) => sizes.map((pages) => [ipaBits, pages] as const)))(
    "count what the machine does: %d bits, %d pages",
    (ipaBits, pages) => {
      const counts = countedCalls(ipaBits, pages);

      expect(counts.get("RMI_RTT_CREATE")).toBe(tablesBelowRoot(ipaBits, pages));
      expect(total(counts)).toBe(tsmMapCalls(ipaBits, pages));
    },
  );

  it("give the counts for 1 GiB and 1 TiB", () => {
    expect([tsmMapCalls(40, 2 ** 18), tsmMapCalls(48, 2 ** 18)]).toEqual([525_826, 525_828]);
    expect(tsmMapCalls(43, 2 ** 28)).toBe(538_445_824);
  });

  it("project range calls: half with one granule for each delegation, next to nothing with many", () => {
    expect(rangeCalls(2 ** 28, 1)).toBe(2 ** 28 + 4096);
    expect(rangeCalls(2 ** 28, 2 ** 18)).toBe(5 * 1024);
  });
});
