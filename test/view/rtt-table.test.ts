// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { boot } from "../../lib/src/boot.ts";
import { KVM_CREATE_VM, KVM_VM_TYPE_ARM_REALM } from "../../lib/src/kernel/kvm/uapi.ts";
import { rttEntry } from "../../lib/src/view/rtt-entry.ts";
import { showRttTable } from "../../lib/src/view/rtt-table.ts";
import { GPA, realmWith } from "./realm.ts";
import { expectGoodPicture } from "./svg-checks.ts";

describe("a realm translation table as a table", () => {
  it("decodes its entries, those that say the same in one row", () => {
    const picture = showRttTable(realmWith(3).host, GPA);

    expectGoodPicture(picture);
    expect(picture.text).toMatchInlineSnapshot(`
      "Level 3 realm translation table on the way to 0x8000_0000
      The table is at 0x8_8000_6000; the realm has VMID 1.
      entry     translates IPA              descriptor        HIPAS       RIPAS  address           the hardware
      --------  --------------------------  ----------------  ----------  -----  ----------------  ------------------------
      0 .. 2    0x8000_0000 .. 0x8000_3000  0x8_8002_e7db on  ASSIGNED    RAM    0x8_8002_e000 on  page
      3 .. 7    0x8000_3000 .. 0x8000_8000  0x2               UNASSIGNED  RAM    -                 stops: translation fault
      8 .. 511  0x8000_8000 .. 0x8020_0000  0x0               UNASSIGNED  EMPTY  -                 stops: translation fault"
    `);
  });

  it("shows the bytes that stand in memory", () => {
    const { host } = realmWith(3);
    const { text } = showRttTable(host, GPA);

    const [, table = ""] = /The table is at (\S+);/.exec(text) ?? [];
    const [, descriptor = ""] = /^0 \.\. 2 +\S+ \.\. \S+ +(\S+) on/m.exec(text) ?? [];
    const plain = (written: string): bigint => BigInt(written.replaceAll("_", ""));
    expect(plain(descriptor)).toBe(rttEntry(host, plain(table), 0));
  });

  it("shows tables above, whose entries go on", () => {
    const { text } = showRttTable(realmWith(1).host, GPA, { level: 2 });

    expect(text).toMatch(/^0 +0x8000_0000 \.\. 0x8020_0000 +\S+ +TABLE +- +0x8_8\S+ +goes on at level 3$/m);
  });

  it("shows the last table on the way when the walk ends above", () => {
    const { text } = showRttTable(realmWith(1).host, 2 ** 38);

    expect(text).toContain("Level 1 realm translation table");
    expect(text).toContain("The walk ends here: there is no table of level 2.");
  });

  it("has no RIPAS in the shared half", () => {
    const { text } = showRttTable(realmWith(1).host, 2 ** 39);

    expect(text).toMatch(/UNASSIGNED_NS +- +- +stops: translation fault/);
  });

  it.each([
    [-1, {}, "the realm's addresses go from 0 to 0x100_0000_0000; -1 is none of them"],
    [2 ** 40, {}, "1099511627776 is none of them"],
    [0, { level: 0 }, "the realm has tables of level 1 to 3, none of level 0"],
    [0, { level: 4 }, "the realm has tables of level 1 to 3, none of level 4"],
  ])("says what is wrong with %d and %j", (ipa, options, sentence) => {
    expect(() => showRttTable(realmWith(0).host, ipa, options)).toThrow(sentence);
  });

  it("says that a VM without a realm has no tables", () => {
    const host = boot({ memory: 64 * 4096 });
    host.sys.ioctl(host.sys.open("/dev/kvm"), KVM_CREATE_VM, KVM_VM_TYPE_ARM_REALM);

    expect(() => showRttTable(host, 0)).toThrow("the VM has no realm yet");
  });
});
