// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import type { Pfn } from "../../lib/src/base/address.ts";
import type { Host } from "../../lib/src/boot.ts";
import { runSchedule } from "../../lib/src/explore/schedule.ts";
import { IOMMU_VDEVICE_TSM_MAP } from "../../lib/src/kernel/iommufd/uapi.ts";
import { iommu_vdevice_tsm_map } from "../../lib/src/kernel/iommufd/uapi-structs.ts";
import { tsmMap } from "../../lib/src/user/vmm-device.ts";
import { openGmems } from "../../lib/src/view/find.ts";
import { type PageHolder, showHolders, whoHolds } from "../../lib/src/view/holders.ts";
import { boundDevice } from "./device.ts";
import { GPA } from "./realm.ts";
import { expectGoodPicture } from "./svg-checks.ts";

const PAGE = 4096;

/** Frame of page 0 of the first guest_memfd. */
function firstPage(host: Host): Pfn {
  return openGmems(host)[0]?.gmem.inode.pageAt(0) as Pfn;
}

function sum(holders: readonly PageHolder[]): number {
  return holders.reduce((total, { references }) => total + references, 0);
}

describe("who holds a page", () => {
  it("is the page cache and the entry of stage 2 for a page that TSM_MAP mapped", () => {
    const { host, vmm, device } = boundDevice();
    tsmMap(vmm, device, GPA, GPA + PAGE);

    const picture = showHolders(host, firstPage(host));

    expectGoodPicture(picture);
    expect(picture.text).toMatchInlineSnapshot(`
      "Who holds the page at 0x8_8004_a000
      References: 2. Physical space: Realm. Granule state: DATA.
      references  held by                                        on record
      ----------  ---------------------------------------------  ---------
      1           page cache of a guest_memfd, page 0            yes
      1           stage 2: entry of level 3 for IPA 0x8000_0000  yes"
    `);
  });

  it("names a reference that a second mapping took and nobody owns", () => {
    const { host, vmm, device } = boundDevice();
    tsmMap(vmm, device, GPA, GPA + PAGE);
    tsmMap(vmm, device, GPA, GPA + PAGE);

    const holders = whoHolds(host, firstPage(host));

    expect(holders.at(-1)).toEqual({
      who: "nobody on record: leaked, unless a call is at work",
      references: 1,
      known: false,
    });
    expectGoodPicture(showHolders(host, firstPage(host)));
  });

  it("tells of the look-up of a call that is at work", () => {
    const { host, vmm, device } = boundDevice();
    const bytes = iommu_vdevice_tsm_map({
      vdevice_id: device.vdevice_id,
      start_gpa: GPA,
      end_gpa: GPA + PAGE,
    });
    const map = vmm.host.sys.tasks.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, bytes);
    const seen: PageHolder[][] = [];

    runSchedule(host, { M: map }, () => {
      const pfn = firstPage(host);
      if (pfn !== 0) seen.push(whoHolds(host, pfn));
      return "M";
    });

    expect(seen[0]).toContainEqual({
      who: "nobody on record: a call at work that has looked the page up, or a leak",
      references: 1,
      known: false,
    });
    expect(whoHolds(host, firstPage(host)).every(({ known }) => known)).toBe(true);
  });

  it("accounts for every reference on every page of a machine at rest", () => {
    const { host, vmm, device } = boundDevice();
    tsmMap(vmm, device, GPA, GPA + 3 * PAGE);
    let pages = 0;

    host.kernel.pages.forEachUsed((pfn, references) => {
      const holders = whoHolds(host, pfn);
      expect(sum(holders)).toBe(references);
      expect(holders.filter(({ known, who }) => !known || who === "a part of the kernel")).toEqual([]);
      pages++;
    });

    expect(pages).toBeGreaterThan(30);
  });

  it("says that a free page has no holder, and that a frame outside memory is none", () => {
    const { host } = boundDevice();
    const last = (host.machine.memory.basePfn + host.machine.memory.pages - 1) as Pfn;

    expect(showHolders(host, last).text).toContain("Nobody: the page is free.");
    expect(() => whoHolds(host, (last + 1) as Pfn)).toThrow(/is no frame of memory; frames go from/);
  });
});
