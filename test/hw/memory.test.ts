// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import type { Pfn } from "../../lib/src/base/address.ts";
import { GranuleMap, NOT_A_GRANULE } from "../../lib/src/hw/granule-map.ts";
import { PAS, type Pas, pasName } from "../../lib/src/hw/granule-protection.ts";
import { Machine } from "../../lib/src/hw/machine.ts";
import { PhysicalMemory } from "../../lib/src/hw/physical-memory.ts";

const DRAM_BASE = 0x8000_0000;
const FIRST = (DRAM_BASE / 4096) as Pfn;
const SPACES = Object.values(PAS);

function machine(): Machine {
  return new Machine({ dramBase: DRAM_BASE, dramPages: 1024 });
}

describe("the granule protection check", () => {
  const cases = SPACES.flatMap((granule) =>
    SPACES.map((access) => [pasName(granule), pasName(access), granule, access]),
  );

  it.each(cases as [string, string, Pas, Pas][])(
    "lets an access to a %s granule in the %s space happen only if they are the same",
    (_granule, _access, granule, access) => {
      const { gpt, bus } = machine();
      bus.write(PAS.NonSecure, DRAM_BASE, Uint8Array.of(7));
      gpt.assign(FIRST, granule);
      const into = Uint8Array.of(0);

      const read = bus.read(access, DRAM_BASE, into);
      const write = bus.write(access, DRAM_BASE, Uint8Array.of(8));

      const fault = granule === access ? undefined : "granule protection fault";
      expect([read, write, into[0]]).toEqual([fault, fault, granule === access ? 7 : 0]);
    },
  );

  it("refuses an access where there is no memory, in every space", () => {
    const { bus } = machine();

    const faults = SPACES.map((space) => bus.read(space, DRAM_BASE - 8, new Uint8Array(8)));

    expect(new Set(faults)).toEqual(new Set(["granule protection fault"]));
  });

  it("transfers nothing of an access that reaches into a granule of another space", () => {
    const { gpt, bus } = machine();
    gpt.assign((FIRST + 1) as Pfn, PAS.Realm);

    const fault = bus.write(PAS.NonSecure, DRAM_BASE + 4092, new Uint8Array(8).fill(9));
    const before = new Uint8Array(4);
    bus.read(PAS.NonSecure, DRAM_BASE + 4092, before);

    expect([fault, ...before]).toEqual(["granule protection fault", 0, 0, 0, 0]);
  });

  it("lets an access cross from one granule to the next of the same space", () => {
    const { bus } = machine();
    const into = new Uint8Array(8);

    bus.write(PAS.NonSecure, DRAM_BASE + 4092, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    bus.read(PAS.NonSecure, DRAM_BASE + 4092, into);

    expect([...into]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("lists the granules that are not Non-secure", () => {
    const { gpt } = machine();
    gpt.assign((FIRST + 5) as Pfn, PAS.Secure);
    gpt.assign(FIRST, PAS.Realm);
    const seen: number[][] = [];

    gpt.forEachAssigned((pfn, pas) => seen.push([pfn - FIRST, pas]));

    expect(seen).toEqual([
      [0, PAS.Realm],
      [5, PAS.Secure],
    ]);
  });
});

describe("the EL3 monitor", () => {
  it.each(SPACES)(
    "moves a granule between the Non-secure and the Realm space, and no other (%i)",
    (space) => {
      const { gpt, monitor } = machine();
      gpt.assign(FIRST, space);

      expect(monitor.delegate(FIRST)).toBe(space === PAS.NonSecure);
      gpt.assign(FIRST, space);
      expect(monitor.undelegate(FIRST)).toBe(space === PAS.Realm);
    },
  );
});

describe("physical memory", () => {
  it("takes space for the pages that were written, and gives it back for those that are zeroed", () => {
    const memory = new PhysicalMemory(FIRST, 1024);
    memory.bytes((FIRST + 3) as Pfn)[5] = 1;
    memory.words((FIRST + 1000) as Pfn)[0] = 2;

    expect([memory.peek(FIRST), memory.writtenPages]).toEqual([undefined, 2]);
    memory.zero((FIRST + 3) as Pfn);
    memory.zero((FIRST + 4) as Pfn);
    expect([memory.peek((FIRST + 3) as Pfn), memory.writtenPages]).toEqual([undefined, 1]);
    expect(memory.bytes((FIRST + 3) as Pfn)[5]).toBe(0);
  });

  it("copies pages, empty ones too", () => {
    const memory = new PhysicalMemory(FIRST, 4);
    memory.bytes(FIRST)[9] = 1;

    memory.copyPage((FIRST + 1) as Pfn, FIRST);
    memory.copyPage(FIRST, (FIRST + 2) as Pfn);

    expect([memory.bytes((FIRST + 1) as Pfn)[9], memory.peek(FIRST)]).toEqual([1, undefined]);
  });

  it("holds the frames from its first to its last", () => {
    const memory = new PhysicalMemory(FIRST, 4);

    expect([-1, 0, 3, 4].map((n) => memory.contains(FIRST + n))).toEqual([false, true, true, false]);
  });
});

describe("a map of granules", () => {
  it.each([
    [DRAM_BASE, 0],
    [DRAM_BASE + 1023 * 4096, 1023],
    [DRAM_BASE + 1024 * 4096, NOT_A_GRANULE],
    [DRAM_BASE - 4096, NOT_A_GRANULE],
    [DRAM_BASE + 1, NOT_A_GRANULE],
    [DRAM_BASE + 0.5, NOT_A_GRANULE],
    [Number.POSITIVE_INFINITY, NOT_A_GRANULE],
    [Number.NaN, NOT_A_GRANULE],
  ])("finds the index of address %d: %d", (pa, index) => {
    expect(new GranuleMap(new PhysicalMemory(FIRST, 1024)).indexOf(pa)).toBe(index);
  });

  it("keeps numbers far apart", () => {
    const map = new GranuleMap(new PhysicalMemory(FIRST, 2 ** 24));
    map.set(2 ** 24 - 1, 9);
    map.set(4096, 8);

    expect([map.get(0), map.get(4096), map.get(2 ** 24 - 1)]).toEqual([0, 8, 9]);
  });
});
