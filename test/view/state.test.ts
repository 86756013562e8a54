// SPDX-License-Identifier: MIT
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { Pfn } from "../../lib/src/base/address.ts";
import { runStraight } from "../../lib/src/base/task.ts";
import { boot } from "../../lib/src/boot.ts";
import { iommu_vdevice_tsm_map } from "../../lib/src/kernel/iommufd/uapi-structs.ts";
import { KVM_PGTABLE_PROT_W, realm_map_ipa } from "../../lib/src/kernel/kvm/arm64/realm-map.ts";
import { kvm_userspace_memory_region2 } from "../../lib/src/kernel/kvm/uapi.ts";
import { newMemoryCache } from "../../lib/src/kernel/mm/memory-cache.ts";
import { Vmm } from "../../lib/src/user/vmm.ts";
import { showBytes } from "../../lib/src/view/bytes.ts";
import { vmOf } from "../../lib/src/view/find.ts";
import { showGuestMemfd } from "../../lib/src/view/gmem.ts";
import { showGranules } from "../../lib/src/view/granules.ts";
import { showMemslots } from "../../lib/src/view/memslots.ts";
import { FILL, PAGE_LOOKS } from "../../lib/src/view/palette.ts";
import { showRtt } from "../../lib/src/view/rtt.ts";
import { showRttTable } from "../../lib/src/view/rtt-table.ts";
import { INK, LINE, MUTED, PAPER } from "../../lib/src/view/svg.ts";
import { GPA, realmWith } from "./realm.ts";
import { contrast, expectGoodPicture } from "./svg-checks.ts";

describe("every picture", () => {
  const { host, vmm } = realmWith(3);
  const request = iommu_vdevice_tsm_map({ start_gpa: GPA, end_gpa: GPA + 4096, vdevice_id: 4 });
  const pictures = {
    memslots: () => showMemslots(host),
    gmem: () => showGuestMemfd(host),
    granules: () => showGranules(host),
    "granules of a large machine": () => showGranules(boot(), { from: 64, pages: 1024 }),
    rtt: () => showRtt(host),
    bytes: () => showBytes(iommu_vdevice_tsm_map, request, { minSize: 28 }),
    "bytes of a long structure": () =>
      showBytes(kvm_userspace_memory_region2, kvm_userspace_memory_region2({ slot: 1 })),
  };

  it.each(Object.entries(pictures))(
    "is a whole SVG with a name, nothing from outside, all in sight: %s",
    (_, draw) => {
      expectGoodPicture(draw());
    },
  );

  it.each(Object.entries(pictures))("comes out the same when drawn again: %s", (_, draw) => {
    expect(draw()).toEqual(draw());
  });

  it("is shown as a drawing by notebooks and as text by everything else", () => {
    const picture = showMemslots(host, vmm.vm);
    const show = (picture as unknown as Record<symbol, () => unknown>)[Symbol.for("Jupyter.display")];

    expect(show?.call(picture)).toEqual({ "image/svg+xml": picture.svg, "text/plain": picture.text });
    expect(inspect(picture)).toBe(picture.text);
    expect(`${picture}`).toBe(picture.text);
  });
});

describe("the palette", () => {
  const fills = [...Object.values(PAGE_LOOKS).map((look) => look.fill), ...Object.values(FILL), PAPER];

  it.each(fills)("keeps text readable on %s", (fill) => {
    expect(contrast(INK, fill)).toBeGreaterThanOrEqual(4.5);
  });

  it("keeps small print and borders visible on the card", () => {
    expect(contrast(MUTED, PAPER)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(LINE, PAPER)).toBeGreaterThanOrEqual(3);
  });

  it("has a letter of its own for each use of a page", () => {
    const letters = Object.values(PAGE_LOOKS).map((look) => look.letter);

    expect(new Set(letters).size).toBe(letters.length);
  });
});

describe("the two halves of a realm", () => {
  it("have the colours of private and shared memory, in the tree of tables and in the table of entries", () => {
    const { host, vmm } = realmWith(1);
    const upper = 2 ** 39 + GPA;
    const cache = newMemoryCache();
    const page = host.kernel.pages.alloc_zeroed_page() as Pfn;
    runStraight(realm_map_ipa(vmOf(host, vmm.vm), upper, page, 4096, KVM_PGTABLE_PROT_W, cache));
    const fillBefore = (svg: string, words: string): string | undefined => {
      const rows = svg.split("<rect").slice(1);
      return /fill="(#\w+)"/.exec(rows.find((row) => row.includes(words)) ?? "")?.[1];
    };

    expect(fillBefore(showRtt(host).svg, "ASSIGNED, RAM -&gt;")).toBe(FILL.private);
    expect(fillBefore(showRtt(host).svg, "] ASSIGNED_NS -&gt;")).toBe(FILL.shared);
    expect(fillBefore(showRttTable(host, upper).svg, ">ASSIGNED_NS<")).toBe(FILL.shared);
  });
});

describe("memory slots", () => {
  it("are drawn with the holes between them, attributes and where the memory comes from", () => {
    const { host, vmm } = realmWith(0);
    vmm.addMemory({ gpa: 0x9000_0000, size: 4 * 4096, shared: true });
    vmm.setPrivate(0x9000_1000, 4096);

    expect(showMemslots(host).text).toMatchInlineSnapshot(`
      "Guest physical addresses and memory slots
      2 slots with 12 pages. A range ends before its second address.
      The address space ends at 0x100_0000_0000.
      A realm: from 0x80_0000_0000 on, addresses are the shared alias of the lower half.
      guest physical address      pages      slot  flags        attribute  user address      guest_memfd
      --------------------------  ---------  ----  -----------  ---------  ----------------  -----------
      0x0 .. 0x8000_0000          524288     none               shared
      0x8000_0000 .. 0x8000_8000  8          0     GUEST_MEMFD  private    0x7f00_0000_0000  fd 5 page 0
      0x8000_8000 .. 0x9000_0000  65528      none               shared
      0x9000_0000 .. 0x9000_1000  1          1     GUEST_MEMFD  shared     0x7f00_0000_8000  fd 6 page 0
      0x9000_1000 .. 0x9000_2000  1          1     GUEST_MEMFD  private    0x7f00_0000_9000  fd 6 page 1
      0x9000_2000 .. 0x9000_4000  2          1     GUEST_MEMFD  shared     0x7f00_0000_a000  fd 6 page 2
      0x9000_4000 .. end          267845628  none               shared"
    `);
  });

  it("are drawn for a VM without any", () => {
    const host = boot();
    const vmm = new Vmm(host);
    vmm.createVm(36);

    expect(showMemslots(host).text).toMatchInlineSnapshot(`
      "Guest physical addresses and memory slots
      0 slots with 0 pages. A range ends before its second address.
      The address space ends at 0x10_0000_0000.
      A realm: from 0x8_0000_0000 on, addresses are the shared alias of the lower half.
      guest physical address  pages     slot  flags  attribute  user address  guest_memfd
      ----------------------  --------  ----  -----  ---------  ------------  -----------
      0x0 .. end              16777216  none         shared"
    `);
  });

  it("say so when the guest_memfd was closed", () => {
    const { host, vmm } = realmWith(0);
    host.sys.close(vmm.memory[0]?.guestMemfd ?? -1);

    expect(showMemslots(host).text).toContain("closed");
  });

  it("cannot be drawn for a descriptor that is no VM", () => {
    const { host, vmm } = realmWith(0);

    expect(() => showMemslots(host, vmm.kvm)).toThrow(/descriptor \d+ is no VM/);
    expect(() => showMemslots(boot())).toThrow("there is no VM to draw");
  });
});

describe("a guest_memfd", () => {
  it("is drawn with frames, references and slots, unallocated pages in one row", () => {
    expect(showGuestMemfd(realmWith(3).host).text).toMatchInlineSnapshot(`
      "guest_memfd, descriptor 5
      8 pages in the file, 3 allocated; references on the file: 1.
      page of the file  frame at       references  cleared  physical space  slot
      ----------------  -------------  ----------  -------  --------------  -------------------
      0                 0x8_8002_e000  2           yes      Realm           slot 0, 0x8000_0000
      1                 0x8_8002_f000  2           yes      Realm           slot 0, 0x8000_1000
      2                 0x8_8003_0000  2           yes      Realm           slot 0, 0x8000_2000
      3 .. 7            none           0                                    slot 0, 0x8000_3000"
    `);
  });

  it("cannot be drawn for another file", () => {
    const { host, vmm } = realmWith(0);

    expect(() => showGuestMemfd(host, vmm.vm)).toThrow(/is no guest_memfd/);
    expect(() => showGuestMemfd(boot())).toThrow("there is no guest_memfd to draw");
  });
});

describe("physical memory", () => {
  it("is all non-secure and free after boot", () => {
    expect(showGranules(boot({ memory: 64 * 4096 })).text).toMatchInlineSnapshot(`
      "Physical memory: 64 of 64 pages (64 Non-secure)
      0x8_8000_0000  ................
      0x8_8001_0000  ................
      0x8_8002_0000  ................
      0x8_8003_0000  ................
      . non-secure, free: 64"
    `);
  });

  it("shows what went over to the realm world", () => {
    expect(showGranules(realmWith(3).host).text).toMatchInlineSnapshot(`
      "Physical memory: 64 of 64 pages (56 Non-secure, 8 Realm)
      0x8_8000_0000  TTNR.TT.........
      0x8_8001_0000  ................
      0x8_8002_0000  ..............AA
      0x8_8003_0000  A...............
      . non-secure, free: 55
      N non-secure, used by the host: 1
      R realm descriptor: 1
      A data of the realm: 3
      T realm translation table: 4"
    `);
  });

  it("shows pages of a guest_memfd before they are delegated", () => {
    const { host, vmm } = realmWith(0);
    host.sys.fallocate(vmm.memory[0]?.guestMemfd ?? -1, 1, 0, 4096);

    expect(showGranules(host).text).toContain("G non-secure, in a guest_memfd: 1");
  });

  it.each([{ from: -1 }, { from: 60, pages: 5 }, { pages: 0 }, { pages: 1025 }, { from: 0.5 }])(
    "cannot be drawn outside of memory: %o",
    (options) => {
      expect(() => showGranules(boot({ memory: 64 * 4096 }), options)).toThrow(RangeError);
    },
  );
});

describe("realm translation tables", () => {
  it("are drawn from the bytes in memory, entries that say the same in one line", () => {
    expect(showRtt(realmWith(3).host).text).toMatchInlineSnapshot(`
      "Realm translation tables, VMID 1, 40-bit addresses
      level 1 root table at 0x8_8000_0000, 1 live of 512 entries
        [0..1] 2 x UNASSIGNED, EMPTY, IPA 0x0
        [2] TABLE -> 0x8_8000_5000, IPA 0x8000_0000
          level 2 table at 0x8_8000_5000, 1 live of 512 entries
            [0] TABLE -> 0x8_8000_6000, IPA 0x8000_0000
              level 3 table at 0x8_8000_6000, 3 live of 512 entries
                [0..2] 3 x ASSIGNED, RAM -> 0x8_8002_e000, IPA 0x8000_0000
                [3..7] 5 x UNASSIGNED, RAM, IPA 0x8000_3000
                [8..511] 504 x UNASSIGNED, EMPTY, IPA 0x8000_8000
            [1..511] 511 x UNASSIGNED, EMPTY, IPA 0x8020_0000
        [3..511] 509 x UNASSIGNED, EMPTY, IPA 0xc000_0000
      level 1 root table at 0x8_8000_1000, 0 live of 512 entries
        [0..511] 512 x UNASSIGNED_NS, IPA 0x80_0000_0000"
    `);
  });

  it("cannot be drawn before there is a realm", () => {
    const host = boot();
    new Vmm(host).createVm();

    expect(() => showRtt(host)).toThrow("the VM has no realm yet (its state is NONE)");
  });
});

describe("the bytes of a structure", () => {
  it("are told with offsets, values, padding and the least size", () => {
    const bytes = iommu_vdevice_tsm_map({ start_gpa: GPA, end_gpa: GPA + 3 * 4096, vdevice_id: 4 });

    expect(showBytes(iommu_vdevice_tsm_map, bytes, { minSize: 28 }).text).toMatchInlineSnapshot(`
      "struct iommu_vdevice_tsm_map, 32 bytes
      offset, field, bytes (include/uapi/linux/iommufd.h)
        0  size u32                 20 00 00 00  = 0x20
        4  flags u32                00 00 00 00  = 0x0
        8  start_gpa u64            00 00 00 80 00 00 00 00  = 0x80000000
       16  end_gpa u64              00 30 00 80 00 00 00 00  = 0x80003000
       24  vdevice_id u32           04 00 00 00  = 0x4
       28  padding                  00 00 00 00
      the kernel takes 28 bytes or more"
    `);
  });

  it("are shown as missing where the caller gave fewer", () => {
    const bytes = iommu_vdevice_tsm_map().slice(0, 28);

    expect(showBytes(iommu_vdevice_tsm_map, bytes).text).toMatch(/28 {2}padding +-- -- -- --/);
  });

  it("are told past the end of the structure when the caller gave more", () => {
    const bytes = new Uint8Array(40).fill(0xab);

    expect(showBytes(iommu_vdevice_tsm_map, bytes).text).toMatch(/32 {2}past the end +(ab ?){8}$/m);
  });
});
