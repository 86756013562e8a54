// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import type { Pfn } from "../../lib/src/base/address.ts";
import { PAS } from "../../lib/src/hw/granule-protection.ts";
import { Machine } from "../../lib/src/hw/machine.ts";
import { Tlb } from "../../lib/src/hw/tlb.ts";
import { type Stage2Context, translate } from "../../lib/src/hw/translation.ts";

const DRAM = 0x8_0000;
const [ROOT, LEVEL_2, LEVEL_3, DATA] = [DRAM, DRAM + 1, DRAM + 2, DRAM + 3] as Pfn[] as [Pfn, Pfn, Pfn, Pfn];
const RAM_PAGE = 0x7db;
const RAM_BLOCK = 0x7d9;
const TABLE = 3;

/** Tables from level 1 to 3 in the Realm space, with one page of RAM at address 0. */
function realm(paBits = 48) {
  const machine = new Machine({ dramBase: DRAM * 4096, dramPages: 4096 });
  for (const pfn of [ROOT, LEVEL_2, LEVEL_3, DATA]) machine.gpt.assign(pfn, PAS.Realm);
  const set = (table: Pfn, index: number, pfn: number, low: number, high = 0): void => {
    machine.memory
      .words(table)
      .set([(pfn * 4096 + low) % 2 ** 32, Math.floor(pfn / 2 ** 20) + high], 2 * index);
  };
  set(ROOT, 0, LEVEL_2, TABLE);
  set(LEVEL_2, 0, LEVEL_3, TABLE);
  set(LEVEL_3, 0, DATA, RAM_PAGE);
  const context: Stage2Context = {
    rootPfn: ROOT,
    startLevel: 1,
    ipaBits: 39,
    paBits,
    vmid: 1,
    pas: PAS.Realm,
  };
  const tlb = new Tlb();
  const at = (ipa: number, write = false) => translate(machine.bus, tlb, context, ipa, write);
  return { machine, set, at, tlb, context };
}

describe("a stage 2 translation", () => {
  it("finds a page through the tables in memory", () => {
    expect(realm().at(0x123)).toEqual({ pa: DATA * 4096 + 0x123, pas: PAS.Realm, level: 3 });
  });

  it("finds the right page inside a block", () => {
    const { set, at } = realm();
    set(LEVEL_2, 5, DRAM + 512, RAM_BLOCK);

    expect(at(5 * 2 ** 21 + 0x3_4567)).toEqual({
      pa: (DRAM + 512) * 4096 + 0x3_4567,
      pas: PAS.Realm,
      level: 2,
    });
  });

  it("leads to the Non-secure space where the descriptor says so", () => {
    const { set, at } = realm();
    set(LEVEL_3, 1, DRAM + 9, RAM_PAGE, 1 << 23);

    expect(at(0x1000)).toMatchObject({ pas: PAS.NonSecure });
  });

  it("uses the second of two concatenated root tables for the upper half", () => {
    const { machine, context, tlb, set } = realm();
    set(LEVEL_2, 0, DRAM, RAM_BLOCK);
    const wide = { ...context, ipaBits: 40, rootPfn: (LEVEL_2 - 1) as Pfn };

    const found = translate(machine.bus, tlb, wide, 2 ** 39, false);

    expect(found).toEqual({ pa: DRAM * 4096, pas: PAS.Realm, level: 1 });
  });

  it.each([
    ["an entry that is not valid", 0x1000, 0, "translation fault", 3],
    ["a table that is missing", 2 ** 30, 0, "translation fault", 1],
    ["an address that is too wide", 2 ** 39, 0, "translation fault", 0],
    ["a block descriptor where only pages are allowed", 0x2000, RAM_BLOCK, "translation fault", 3],
    ["an entry without its access flag", 0x2000, RAM_PAGE & ~0x400, "access flag fault", 3],
    ["an entry that does not allow loads", 0x2000, RAM_PAGE & ~0x40, "permission fault", 3],
  ])("faults at %s", (_what, ipa, low, fault, level) => {
    const { set, at } = realm();
    if (low !== 0) set(LEVEL_3, ipa / 4096, DATA, low);

    expect(at(ipa)).toEqual({ fault, level });
  });

  it("faults when a store is not allowed, and a load is", () => {
    const { set, at } = realm();
    set(LEVEL_3, 2, DATA, RAM_PAGE & ~0x80);

    expect(at(0x2000, true)).toEqual({ fault: "permission fault", level: 3 });
    expect(at(0x2000).fault).toBeUndefined();
  });

  it("faults at an address that is wider than the machine's", () => {
    const { set, at } = realm(40);
    set(LEVEL_3, 2, 2 ** 28, RAM_PAGE);

    expect(at(0x2000)).toEqual({ fault: "address size fault", level: 3 });
  });

  it("faults when a table was moved to another physical address space", () => {
    const { machine, at } = realm();
    machine.gpt.assign(LEVEL_3, PAS.NonSecure);

    expect(at(0)).toEqual({ fault: "granule protection fault on a walk", level: 3 });
  });
});

describe("a cached translation", () => {
  it("stays when the entry in memory changes, until it is invalidated", () => {
    const { set, at, tlb } = realm();
    at(0);
    set(LEVEL_3, 0, 0, 0);

    const stale = at(0);
    tlb.invalidate(1, 0, 1);

    expect(stale).toMatchObject({ pa: DATA * 4096 });
    expect(at(0)).toEqual({ fault: "translation fault", level: 3 });
  });

  it("is not made of an entry that was not valid", () => {
    const { set, at } = realm();
    at(0x1000);
    set(LEVEL_3, 1, DATA, RAM_PAGE);

    expect(at(0x1000).fault).toBeUndefined();
  });

  it("of a block goes with any page inside it", () => {
    const { set, at, tlb } = realm();
    set(LEVEL_2, 5, DRAM + 512, RAM_BLOCK);
    at(5 * 2 ** 21);

    tlb.invalidate(1, 5 * 2 ** 21 + 7 * 4096, 1);

    expect(tlb.size).toBe(0);
  });

  it("goes when a range ends inside its block", () => {
    const tlb = new Tlb();
    tlb.insert(1, 2 ** 21, { level: 2, low: RAM_BLOCK, high: 0 });

    tlb.invalidate(1, 2 ** 21 - 4096, 2);

    expect(tlb.size).toBe(0);
  });

  it("belongs to its VMID", () => {
    const tlb = new Tlb();
    tlb.insert(1, 0, { level: 3, low: RAM_PAGE, high: 0 });
    tlb.insert(2, 0, { level: 3, low: RAM_PAGE, high: 0 });

    tlb.invalidate(2, 0, 1);
    expect([tlb.find(1, 0)?.level, tlb.find(2, 0)]).toEqual([3, undefined]);
    tlb.invalidateAll(1);
    expect(tlb.size).toBe(0);
  });

  it("of pages outside the range stays", () => {
    const tlb = new Tlb();
    for (const ipa of [0, 0x1000, 0x2000]) tlb.insert(1, ipa, { level: 3, low: RAM_PAGE, high: 0 });

    tlb.invalidate(1, 0x1000, 1);

    expect([0, 0x1000, 0x2000].map((ipa) => tlb.find(1, ipa) !== undefined)).toEqual([true, false, true]);
  });
});
