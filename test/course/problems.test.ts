// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gpaToGfn, PAGE_SIZE } from "../../lib/src/base/address.ts";
import { errnoName } from "../../lib/src/base/errno.ts";
import { runStraight } from "../../lib/src/base/task.ts";
import { boot } from "../../lib/src/boot.ts";
import type { DrillLevel } from "../../lib/src/course/problems/drill.ts";
import { DRILL_KINDS, type DrillKind, problem } from "../../lib/src/course/problems/problem.ts";
import { startLevel } from "../../lib/src/course/problems/rtt-walk.ts";
import { FALLOC_FL_KEEP_SIZE } from "../../lib/src/kernel/fs/uapi.ts";
import { type GmemPage, kvm_gmem_get_pfn } from "../../lib/src/kernel/kvm/gmem-get-pfn.ts";
import { gfn_to_memslot, type kvm_memory_slot } from "../../lib/src/kernel/kvm/memslots.ts";
import * as uapi from "../../lib/src/kernel/kvm/uapi.ts";
import { NO_PAGE } from "../../lib/src/kernel/mm/pages.ts";
import { RMI_GRANULE_DELEGATE, RMI_RTT_CREATE, RMI_RTT_READ_ENTRY } from "../../lib/src/rmm/fid.ts";
import { must, startRealm, Vmm } from "../../lib/src/user/vmm.ts";
import { assignDevice, tsmMap } from "../../lib/src/user/vmm-device.ts";
import { vmOf } from "../../lib/src/view/find.ts";
import { mappedPages } from "../../lib/src/view/mapped-pages.ts";

const LEVELS: readonly DrillLevel[] = [1, 2, 3];
const EVERY = DRILL_KINDS.flatMap((kind) => LEVELS.map((level) => [kind, level] as const));

/** The answer at the end of a worked solution, part by part. */
function answerOf(kind: DrillKind, seed: number, level: DrillLevel): string[] {
  const text = problem(kind, seed, level).solve().text;
  return (/^Answer: (.*)$/m.exec(text)?.[1] ?? "").split(", ");
}

const numberOf = (text: string | undefined): number => Number((text ?? "").replaceAll("_", ""));

describe.each(EVERY)("problems of kind %s, level %i", (kind, level) => {
  it("are the same for the same seed, and mostly others for other seeds", () => {
    const texts = Array.from({ length: 40 }, (_, seed) => problem(kind, seed, level).text);

    expect(Array.from({ length: 40 }, (_, seed) => problem(kind, seed, level).text)).toEqual(texts);
    expect(new Set(texts).size).toBeGreaterThan(12);
  });

  it("accept the answer of the worked solution and no other", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(20), (seed, place) => {
        const drill = problem(kind, seed, level);
        const answer = answerOf(kind, seed, level);
        const wrong = answer.map((part, i) => (i === place % answer.length ? `${part}0x` : part));

        expect(drill.check(answer).text).toMatch(/^accepted/);
        expect(drill.check(wrong).text).toMatch(/^not yet\n/);
      }),
    );
  });

  it("answer any value at all without throwing", () => {
    for (const answer of [undefined, null, 0, "?", [], {}, [[]], () => 1, Symbol("x"), Number.NaN, -1n])
      expect(problem(kind, 1, level).check(answer).text).toMatch(/^(not yet|accepted)/);
  });

  it("have a worked solution with several steps, none of which is without a number", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { text } = problem(kind, seed, level).solve();

        expect(text).toMatch(/^2\. /m);
        expect(text).not.toMatch(/undefined|NaN|Infinity/);
      }),
    );
  });
});

describe("a problem of RTT walks", () => {
  it("begins at the level that KVM chooses", () => {
    for (const ipaBits of [32, 33, 34, 39, 40, 41, 42, 48]) {
      const vmm = startRealm(boot(), { gpa: 0x4000_0000, size: PAGE_SIZE, ipaBits });

      expect(startLevel(ipaBits)).toBe(4 - vmOf(vmm.host).arch.mmu.levels);
    }
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])("ends where the firmware says that the walk ends (seed %i)", (seed) => {
    const { text } = problem("rtt-walk", seed, 3);
    const ipaBits = Number(/has (\d+) bits/.exec(text)?.[1]);
    const ipa = numberOf(/entered at (\w+),/.exec(text)?.[1]);
    const tables = [...text.matchAll(/a table of level (\d) for (\w+) \.\./g)];
    const vmm = new Vmm(boot());
    vmm.createVm(ipaBits);
    vmm.createRealm();
    const { host } = vmm;
    const rd = BigInt(vmOf(host).arch.realm.rd);
    const answers = tables.map(([, level, base]) => {
      const page = BigInt(host.kernel.pages.alloc_page()) * 4096n;
      host.smc(RMI_GRANULE_DELEGATE, page);
      return host.smc(RMI_RTT_CREATE, rd, page, BigInt(numberOf(base)), BigInt(level ?? 0))[0];
    });

    const [, reached] = host.smc(RMI_RTT_READ_ENTRY, rd, BigInt(ipa), 3n);

    expect(answers).toEqual(tables.map(() => 0n));
    expect(answerOf("rtt-walk", seed, 3)[0]).toBe(String(reached));
  });

  it("is asked for walks of different lengths", () => {
    const ends = new Set(Array.from({ length: 40 }, (_, seed) => answerOf("rtt-walk", seed, 3)[0]));

    expect([...ends].sort()).toEqual(["1", "2", "3"]);
  });
});

/** A realm with the slots that a problem tells of. */
function vmOfText(text: string): Vmm {
  const vmm = new Vmm(boot());
  const { sys, user } = vmm.host;
  vmm.createVm(40);
  vmm.createRealm();
  vmm.activate();
  const file = uapi.kvm_create_guest_memfd({ size: 64 * PAGE_SIZE });
  const guest_memfd = must("guest_memfd", sys.ioctl(vmm.vm, uapi.KVM_CREATE_GUEST_MEMFD, file));
  for (const [, slot, gpa, pages, filePage] of text.matchAll(
    /slot (\d+): (\w+) \.\. \w+, (\d+) pages?(?:, guest_memfd from page (\d+))?/g,
  )) {
    const memory_size = Number(pages) * PAGE_SIZE;
    const region = uapi.kvm_userspace_memory_region2({
      slot: Number(slot),
      flags: filePage === undefined ? 0 : uapi.KVM_MEM_GUEST_MEMFD,
      guest_phys_addr: numberOf(gpa),
      memory_size,
      userspace_addr: user.allocate(memory_size),
      guest_memfd: filePage === undefined ? 0 : guest_memfd,
      guest_memfd_offset: Number(filePage ?? 0) * PAGE_SIZE,
    });
    must("slot", sys.ioctl(vmm.vm, uapi.KVM_SET_USER_MEMORY_REGION2, region));
  }
  return vmm;
}

describe("a problem of memory slots", () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7])("names the slot and the page that KVM finds (seed %i)", (seed) => {
    const { text } = problem("memslot", seed, 2);
    const gfn = gpaToGfn(numberOf(/touches (\w+)\./.exec(text)?.[1]));

    const slot = gfn_to_memslot(vmOf(vmOfText(text).host), gfn);

    const page = slot === undefined ? "none" : String(slot.gmem.pgoff + gfn - slot.base_gfn);
    expect(answerOf("memslot", seed, 2)).toEqual([String(slot?.id ?? "none"), page]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])("maps as far as the ioctl maps (seed %i)", (seed) => {
    const { text } = problem("memslot", seed, 3);
    const [, start, end] = /for (\w+) \.\. (\w+)\.$/m.exec(text) ?? [];
    const vmm = vmOfText(text);

    const result = tsmMap(vmm, assignDevice(vmm), numberOf(start), numberOf(end));

    const mapped = mappedPages(vmm.host, 0x8000_0000, 0x8000_0000 + 64 * PAGE_SIZE);
    expect(answerOf("memslot", seed, 3)).toEqual([errnoName(result), String(mapped.length)]);
  });
});

describe("a problem of references", () => {
  it.each(LEVELS.flatMap((level) => [0, 1, 2, 3, 4, 5].map((seed) => [level, seed] as const)))(
    "counts what the machine counts (level %i, seed %i)",
    (level, seed) => {
      const RAM = 0x8000_0000;
      const vmm = startRealm(boot(), { gpa: RAM, size: PAGE_SIZE });
      const { host } = vmm;
      const { pages } = host.kernel;
      const device = assignDevice(vmm);
      const kvm = vmOf(host);
      const memory = vmm.memory[0];
      const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
      const lookUp = (): number => {
        const slot = gfn_to_memslot(kvm, gpaToGfn(RAM)) as kvm_memory_slot;
        return runStraight(kvm_gmem_get_pfn(kvm, slot, gpaToGfn(RAM), found));
      };
      const putBack = (): number => {
        pages.put_page(found.page);
        return 0;
      };
      const play: readonly (readonly [RegExp, () => number])[] = [
        [/fallocate/, () => host.sys.fallocate(memory?.guestMemfd ?? -1, FALLOC_FL_KEEP_SIZE, 0, PAGE_SIZE)],
        [/kvm_gmem_get_pfn/, lookUp],
        [/put_page/, putBack],
        [/TSM_MAP/, () => tsmMap(vmm, device, RAM, RAM + PAGE_SIZE)],
        [/hole/, () => (memory === undefined ? -1 : vmm.punchHole(memory, 0, PAGE_SIZE))],
      ];
      const lines = problem("references", seed, level).text.match(/^ {2}\d+\. .*$/gm) ?? [];
      let callers = 0;

      for (const line of lines) {
        const frame = found.page;
        expect(play.find(([words]) => words.test(line))?.[1]()).toBe(0);
        if (frame !== NO_PAGE) expect(found.page).toBe(frame);
        if (/kvm_gmem_get_pfn/.test(line)) callers++;
        if (/put_page/.test(line)) callers--;
        // A frame that only fallocate or TSM_MAP has touched is found by a look-up that is given back at once.
        if (found.page === NO_PAGE) {
          lookUp();
          putBack();
        }
      }

      const count = pages.page_count(found.page);
      const inFile = /hole/.test(lines.at(-1) ?? "") ? 0 : 1;
      const mapping = inFile === 1 && lines.some((line) => /TSM_MAP/.test(line)) ? 1 : 0;
      expect(answerOf("references", seed, level)).toEqual([
        String(count),
        String(count - inFile - mapping - callers),
      ]);
    },
  );
});

describe("a problem of layouts", () => {
  it.each([1, 2, 3] as const)(
    "has offsets that are aligned, do not overlap, and end before the size (level %i)",
    (level) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const fields = [...problem("struct-layout", seed, level).text.matchAll(/__u(\d+) \w+;/g)];
          const bytes = fields.map(([, bits]) => Number(bits) / 8);
          const numbers = answerOf("struct-layout", seed, level).map(Number);
          const offsets = numbers.slice(0, bytes.length);
          const size = numbers[bytes.length] ?? 0;
          const alignment = (width: number): number => (level === 3 ? Math.min(width, 4) : width);

          offsets.forEach((offset, i) => {
            const before = i === 0 ? 0 : (offsets[i - 1] ?? 0) + (bytes[i - 1] ?? 0);
            expect(offset % alignment(bytes[i] ?? 1)).toBe(0);
            expect(offset - before).toBeGreaterThanOrEqual(0);
            expect(offset - before).toBeLessThan(alignment(bytes[i] ?? 1));
          });
          const end = (offsets.at(-1) ?? 0) + (bytes.at(-1) ?? 0);
          const largest = Math.max(...bytes.map(alignment));
          expect(size % largest).toBe(0);
          expect(size - end).toBeGreaterThanOrEqual(0);
          expect(size - end).toBeLessThan(largest);
        }),
      );
    },
  );
});

describe("problem", () => {
  it("shows what is asked, what is not right, and how one comes to the answer", () => {
    const drill = problem("struct-layout", 3, 2);

    expect([drill.text, drill.check([0, 1]).text, drill.solve().text].join("\n---\n")).toMatchInlineSnapshot(`
      "A structure on a 64-bit machine
      struct example {
              __u16 size;
              __u64 flags;
              __u8 id;
              __u32 base;
              __u16 length;
      };
      Your answer: a list of 7: offset of size, offset of flags, offset of id, offset of base, offset
      of length, size of the structure, bytes of padding.
      ---
      not yet
      The answer has 7 parts: offset of size, offset of flags, offset of id, offset of base, offset of
      length, size of the structure, bytes of padding. This one has 2.
      solve() shows the steps.
      ---
      A structure on a 64-bit machine
      1. size (__u16) needs a multiple of 2: offset 0, up to byte 2.
      2. flags (__u64) needs a multiple of 8: offset 8, after 6 bytes of padding, up to byte 16.
      3. id (__u8) needs a multiple of 1: offset 16, up to byte 17.
      4. base (__u32) needs a multiple of 4: offset 20, after 3 bytes of padding, up to byte 24.
      5. length (__u16) needs a multiple of 2: offset 24, up to byte 26.
      6. The fields end at 26; the largest alignment is 8, so the size is 32.
      7. Padding: 32 - 17 = 15.
      Answer: 0, 8, 16, 20, 24, 32, 15"
    `);
  });

  it("takes numbers in any form", () => {
    const answer = answerOf("rtt-walk", 5, 1);

    for (const form of [Number, BigInt, (part: string) => `0x${Number(part).toString(16)}`, String])
      expect(problem("rtt-walk", 5).check(answer.map((part) => form(part))).text).toMatch(/^accepted/);
  });

  it.each<[unknown[], string]>([
    [["rtt", 1], 'there is no kind of problem "rtt"; the nearest are '],
    [["toString", 1], "there is no kind of problem"],
    [["memslot", -1], "the seed of a problem is a whole number from 0 on, and not -1"],
    [["memslot", 1, 4], "the level of a problem is 1, 2 or 3, and not 4"],
  ])("answers %o in one sentence", (args, sentence) => {
    expect(() => problem(...(args as Parameters<typeof problem>))).toThrow(sentence);
  });
});
