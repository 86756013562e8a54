// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import type { Pfn } from "../../lib/src/base/address.ts";
import { boot } from "../../lib/src/boot.ts";
import { PAS } from "../../lib/src/hw/granule-protection.ts";
import { OwnershipTable } from "../../lib/src/hw/ownership-table.ts";
import type { Smmu } from "../../lib/src/hw/smmu.ts";

const STREAM = 0x100;
const ADDRESS = 0x8000_0000;
const VMID = 7;

/** An SMMU that translates everything to one page, and whose trusted stream belongs to a guest. */
function smmuWithOwners(): { smmu: Smmu; owners: OwnershipTable; pfn: Pfn } {
  const { machine } = boot({ memory: 64 * 4096 });
  const owners = new OwnershipTable();
  const pfn = machine.memory.basePfn;
  machine.smmu.owners = owners;
  machine.smmu.setHostStream(STREAM, { translate: (iova) => pfn * 4096 + (iova % 4096) });
  const tables = { rootPfn: pfn, startLevel: 2, ipaBits: 33, paBits: 48, pas: PAS.Realm };
  machine.smmu.setRealmStream(STREAM, { ...tables, vmid: VMID });
  return { smmu: machine.smmu, owners, pfn };
}

describe("an IOMMU with a table of owners", () => {
  it.each([
    { owner: undefined, trusted: false, answer: "allowed" },
    { owner: undefined, trusted: true, answer: "ownership fault" },
    { owner: { vmid: VMID, ipa: ADDRESS }, trusted: true, answer: "allowed" },
    { owner: { vmid: VMID, ipa: ADDRESS }, trusted: false, answer: "ownership fault" },
    { owner: { vmid: VMID + 1, ipa: ADDRESS }, trusted: true, answer: "ownership fault" },
    { owner: { vmid: VMID, ipa: ADDRESS + 4096 }, trusted: true, answer: "ownership fault" },
  ])(
    "answers $answer for a frame of $owner when the DMA is trusted: $trusted",
    ({ owner, trusted, answer }) => {
      const { smmu, owners, pfn } = smmuWithOwners();
      if (owner !== undefined) owners.assign(pfn, owner);

      const target = smmu.translate(STREAM, ADDRESS + 8, true, trusted);

      expect("name" in target ? target.name : "allowed").toBe(answer);
    },
  );

  it("answers by the host's translation first: a frame that it does not map is out of reach for its owner, too", () => {
    const { smmu, owners, pfn } = smmuWithOwners();
    owners.assign(pfn, { vmid: VMID, ipa: ADDRESS });
    smmu.setHostStream(STREAM, { translate: () => undefined });

    expect(smmu.translate(STREAM, ADDRESS, true, true)).toMatchObject({
      name: "F_TRANSLATION",
      security: "Realm",
    });
  });

  it("knows no trusted stream without a guest", () => {
    const { smmu } = smmuWithOwners();
    smmu.setRealmStream(STREAM, undefined);

    expect(smmu.translate(STREAM, ADDRESS, true, true)).toMatchObject({ name: "C_BAD_STE" });
  });
});
