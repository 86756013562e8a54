// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { E2BIG, EFAULT, EINVAL, EIO, ENOENT, ENOMEM, EOPNOTSUPP } from "../../../lib/src/base/errno.ts";
import * as uapi from "../../../lib/src/kernel/iommufd/uapi.ts";
import * as structs from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import { auditedHost } from "../../support/host.ts";
import { attach, type Chain, chain, destroy, PAGE, userMemory } from "./setup.ts";

const V = 1n;
const [ABORT, BYPASS, S1_TRANS] = [0n, 4n, 5n].map((config) => V | (config << 1n)) as [
  bigint,
  bigint,
  bigint,
];
const EATS = 28n;

function made() {
  const host = auditedHost();
  return { host, sys: host.sys, ...chain(host.sys) };
}

type Made = ReturnType<typeof made>;

/** A nested domain on the vIOMMU: its id, or a negative errno. */
function nested({ host, sys, fd, dev_id, viommu }: Made, ste: [bigint, bigint], flags = 0): number {
  const bytes = structs.iommu_hwpt_alloc({
    flags,
    dev_id,
    pt_id: viommu,
    data_type: uapi.IOMMU_HWPT_DATA_ARM_SMMUV3,
    data_len: 16,
    data_uptr: host.user.place(structs.iommu_hwpt_arm_smmuv3({ ste })),
  });
  const result = sys.ioctl(fd, uapi.IOMMU_HWPT_ALLOC, bytes);
  return result === 0 ? structs.iommu_hwpt_alloc.decode(bytes).out_hwpt_id : result;
}

describe("the guest's stream table entry", () => {
  it.each<[string, [bigint, bigint], number]>([
    ["that is not valid, whatever else it says", [0xfffen, 2n ** 64n - 1n], 0],
    ["that blocks", [ABORT, 0n], 0],
    ["that passes through", [BYPASS, 0n], 0],
    ["that translates", [S1_TRANS, 0n], 0],
    ["with ATS", [S1_TRANS, 1n << EATS], 0],
    ["with another kind of ATS", [S1_TRANS, 2n << EATS], -EIO],
    ["of an unknown kind", [V | (6n << 1n), 0n], -EIO],
    ["with a field of stage 2", [BYPASS | (1n << 52n), 0n], -EIO],
    ["with an output attribute", [BYPASS, 1n << 40n], -EIO],
  ])("%s", (_what, ste, expected) => {
    expect(Math.min(0, nested(made(), ste))).toBe(expected);
  });

  it("has no flags but a fault queue's", () => {
    const on = made();
    for (const flags of [1, 2, 8]) expect(nested(on, [BYPASS, 0n], flags)).toBe(-EOPNOTSUPP);
  });

  it("may translate for a device only once the device has a virtual id there", () => {
    const on = made();
    const hwpts = [ABORT, BYPASS, S1_TRANS].map((ste0) => nested(on, [ste0, 0n]));
    for (const hwpt of hwpts) expect(attach(on.sys, on.deviceFd, hwpt)).toBe(0);
    expect(attach(on.sys, on.deviceFd, hwpts[0] as number)).toBe(0);
    expect(destroy(on.sys, on.fd, on.vdevice)).toBe(0);
    expect(hwpts.map((hwpt) => attach(on.sys, on.deviceFd, hwpt))).toEqual([0, 0, -ENOENT]);
  });
});

type Fields = Parameters<typeof structs.iommu_hwpt_invalidate>[0];
const TLBI_NH_ALL = 0x10n;
const ATC_INV = 0x40n;

/** IOMMU_HWPT_INVALIDATE: the result, and how many entries it says were done. */
function invalidate({ sys, fd, viommu }: Pick<Chain, "fd" | "viommu"> & Pick<Made, "sys">, fields: Fields) {
  const layout = structs.iommu_hwpt_invalidate;
  const data_type = uapi.IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3;
  const bytes = layout({ hwpt_id: viommu, data_type, entry_len: 16, ...fields });
  const result = sys.ioctl(fd, uapi.IOMMU_HWPT_INVALIDATE, bytes);
  return [result, layout.decode(bytes).entry_num];
}

/** Commands one after another at the end of a page, behind which nothing is mapped. */
function commandsBeforeAHole(on: Made, commands: readonly bigint[], entry_len = 16): number {
  const at = userMemory(on.sys, PAGE) + PAGE - entry_len * commands.length;
  for (const [n, command] of commands.entries()) {
    const entry = structs.iommu_viommu_arm_smmuv3_invalidate({ cmd: [command, 0n] });
    on.host.user.write(at + n * entry_len, entry.subarray(0, entry_len));
  }
  return at;
}

describe("invalidating what the guest's SMMU has cached", () => {
  it("checks the request before the object, and answers -EINVAL for an object that caches nothing", () => {
    const on = made();
    const data_uptr = commandsBeforeAHole(on, [TLBI_NH_ALL]);
    expect(invalidate(on, { __reserved: 1, entry_num: 1, hwpt_id: 0 })).toEqual([-EOPNOTSUPP, 0]);
    expect(invalidate(on, { entry_num: 1, hwpt_id: 0 })).toEqual([-EINVAL, 0]);
    expect(invalidate(on, { entry_num: 1, data_uptr, entry_len: 0, hwpt_id: 0 })).toEqual([-EINVAL, 0]);
    expect(invalidate(on, { entry_num: 1, data_uptr, hwpt_id: 0 })).toEqual([-ENOENT, 0]);
    for (const hwpt_id of [on.ioas, on.hwpt, on.dev_id, on.vdevice])
      expect(invalidate(on, { entry_num: 1, data_uptr, hwpt_id })).toEqual([-EINVAL, 0]);
    const hwpt_id = nested(on, [BYPASS, 0n]);
    expect(invalidate(on, { entry_num: 1, data_uptr, hwpt_id })).toEqual([-EOPNOTSUPP, 0]);
  });

  it("does entry by entry what is allowed, and says where it stopped", () => {
    const on = made();
    const VSID = 0x99n << 32n;
    const data_uptr = commandsBeforeAHole(on, [TLBI_NH_ALL, ATC_INV | VSID, ATC_INV | (1n << 32n)]);
    expect(invalidate(on, { entry_num: 2, data_uptr })).toEqual([0, 2]);
    expect(invalidate(on, { entry_num: 3, data_uptr })).toEqual([-EIO, 2]);
    expect(invalidate(on, { entry_num: 0, data_uptr })).toEqual([-EINVAL, 0]);
    expect(invalidate(on, { entry_num: 2, data_uptr, data_type: 7 })).toEqual([-EINVAL, 0]);
  });

  it("copies all entries before it does the first", () => {
    const on = made();
    const data_uptr = commandsBeforeAHole(on, [0xffn]);
    expect(invalidate(on, { entry_num: 1, data_uptr })).toEqual([-EIO, 0]);
    expect(invalidate(on, { entry_num: 2, data_uptr })).toEqual([-EFAULT, 0]);
  });

  it("takes entries that are shorter, and longer ones whose rest is zero", () => {
    const on = made();
    const short = commandsBeforeAHole(on, [TLBI_NH_ALL, TLBI_NH_ALL], 8);
    expect(invalidate(on, { entry_num: 2, entry_len: 8, data_uptr: short })).toEqual([0, 2]);
    const long = commandsBeforeAHole(on, [TLBI_NH_ALL], 24);
    expect(invalidate(on, { entry_num: 1, entry_len: 24, data_uptr: long })).toEqual([0, 1]);
    on.host.user.write(long + 20, Uint8Array.of(1));
    expect(invalidate(on, { entry_num: 1, entry_len: 24, data_uptr: long })).toEqual([-E2BIG, 0]);
  });

  it("has no memory for more entries than fit the largest allocation, and then says that all were done", () => {
    const on = made();
    const data_uptr = commandsBeforeAHole(on, [TLBI_NH_ALL]);
    const most = 2 ** 22 / 16;
    expect(invalidate(on, { entry_num: most, data_uptr })).toEqual([-EFAULT, 0]);
    expect(invalidate(on, { entry_num: most + 1, data_uptr })).toEqual([-ENOMEM, most + 1]);
    expect(invalidate(on, { entry_num: 2 ** 32 - 1, data_uptr })).toEqual([-ENOMEM, 2 ** 32 - 1]);
  });
});
