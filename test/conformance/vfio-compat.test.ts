// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EFAULT, EINVAL, ENODEV, ENOENT, ENOTTY } from "../../lib/src/base/errno.ts";
import type { Host } from "../../lib/src/boot.ts";
import * as uapi from "../../lib/src/kernel/iommufd/uapi.ts";
import * as structs from "../../lib/src/kernel/iommufd/uapi-structs.ts";
import * as vfio from "../../lib/src/kernel/vfio/uapi.ts";
import { attach, bindDevice, destroy, ioasAlloc, PAGE, userMemory } from "../kernel/iommufd/setup.ts";
import { auditedHost } from "../support/host.ts";
import { readOnly } from "../support/vm.ts";

/** What the kernel's own test of iommufd checks of the commands of VFIO's type 1 driver on `/dev/iommu`. */

const IOVA = 0x100_0000;
const BUFFER = 16 * PAGE;
const RW = vfio.VFIO_DMA_MAP_FLAG_READ | vfio.VFIO_DMA_MAP_FLAG_WRITE;
const WINDOW = [0x800_0000n, 0x80f_ffffn] as const;

interface Compat {
  readonly host: Host;
  readonly sys: Host["sys"];
  readonly fd: number;
  readonly ioas_id: number;
  readonly buffer: number;
}

function vfioIoas({ sys, fd }: Pick<Compat, "sys" | "fd">, op: number, ioas_id = 0): number {
  return sys.ioctl(fd, uapi.IOMMU_VFIO_IOAS, structs.iommu_vfio_ioas({ op, ioas_id }));
}

/** What VFIO would call a group: an IOAS that a device is attached to, and that is the chosen one. */
function group(type: number): Compat {
  const host = auditedHost();
  const { sys } = host;
  const fd = sys.open("/dev/iommu");
  const ioas_id = ioasAlloc(sys, fd);
  expect(attach(sys, bindDevice(sys, fd).fd, ioas_id)).toBe(0);
  const made = { host, sys, fd, ioas_id, buffer: userMemory(sys, BUFFER) };
  expect(vfioIoas(made, uapi.IOMMU_VFIO_IOAS_SET, ioas_id)).toBe(0);
  expect(sys.ioctl(fd, vfio.VFIO_SET_IOMMU, type)).toBe(0);
  return made;
}

type MapFields = Parameters<typeof vfio.vfio_iommu_type1_dma_map>[0];
type UnmapFields = Parameters<typeof vfio.vfio_iommu_type1_dma_unmap>[0];

function mapDma({ sys, fd, buffer }: Compat, fields: MapFields = {}): number {
  const values = { flags: RW, vaddr: buffer, size: BUFFER, iova: IOVA, ...fields };
  return sys.ioctl(fd, vfio.VFIO_IOMMU_MAP_DMA, vfio.vfio_iommu_type1_dma_map(values));
}

function unmapDma({ sys, fd }: Compat, fields: UnmapFields = {}): { result: number; size: number } {
  const bytes = vfio.vfio_iommu_type1_dma_unmap({ size: BUFFER, iova: IOVA, ...fields });
  const result = sys.ioctl(fd, vfio.VFIO_IOMMU_UNMAP_DMA, bytes);
  return { result, size: Number(vfio.vfio_iommu_type1_dma_unmap.decode(bytes).size) };
}

const VERSIONS = [
  ["VFIO_TYPE1v2_IOMMU", vfio.VFIO_TYPE1v2_IOMMU],
  ["VFIO_TYPE1_IOMMU", vfio.VFIO_TYPE1_IOMMU],
] as const;

describe("without a chosen IOAS", () => {
  const bare = () => {
    const host = auditedHost();
    return { host, sys: host.sys, fd: host.sys.open("/dev/iommu"), ioas_id: 0, buffer: 0 };
  };

  it("simple_ioctls: tells the version and which extensions it has", () => {
    const { sys, fd } = bare();
    expect(sys.ioctl(fd, vfio.VFIO_GET_API_VERSION)).toBe(0);
    const has = (extension: number): number => sys.ioctl(fd, vfio.VFIO_CHECK_EXTENSION, extension);
    const [NESTING, UPDATE_VADDR] = [6, 10];
    expect([vfio.VFIO_TYPE1_IOMMU, vfio.VFIO_TYPE1v2_IOMMU, vfio.VFIO_UNMAP_ALL].map(has)).toEqual([1, 1, 1]);
    expect([NESTING, UPDATE_VADDR, 0, 99].map(has)).toEqual([0, 0, 0, 0]);
    // Whether DMA is coherent depends on the domains of the IOAS.
    expect(has(vfio.VFIO_DMA_CC_IOMMU)).toBe(-ENODEV);
  });

  it("map_cmd, unmap_cmd, info_cmd: check the structure, then answer -ENODEV", () => {
    const made = bare();
    for (const fields of [{ argsz: 1 }, { flags: 2 ** 31 }]) {
      expect(mapDma(made, fields)).toBe(-EINVAL);
      expect(unmapDma(made, fields).result).toBe(-EINVAL);
    }
    expect(mapDma(made)).toBe(-ENODEV);
    expect(unmapDma(made).result).toBe(-ENODEV);
    const info = (argsz: number) =>
      made.sys.ioctl(made.fd, vfio.VFIO_IOMMU_GET_INFO, vfio.vfio_iommu_type1_info({ argsz }));
    expect([info(1), info(24)]).toEqual([-EINVAL, -ENODEV]);
    expect(made.sys.ioctl(made.fd, vfio.VFIO_IOMMU_MAP_DMA, new Uint8Array(31))).toBe(-EFAULT);
    expect(made.sys.ioctl(made.fd, vfio.VFIO_IOMMU_DIRTY_PAGES, new Uint8Array(64))).toBe(-ENOTTY);
  });

  it("set_iommu_cmd: knows two types, and needs an IOAS for both", () => {
    const { sys, fd } = bare();
    const set = (type: number): number => sys.ioctl(fd, vfio.VFIO_SET_IOMMU, type);
    expect([1, 3, 2, 0].map(set)).toEqual([-ENODEV, -ENODEV, -EINVAL, -EINVAL]);
  });

  it("vfio_ioas: chooses, tells, clears; a chosen IOAS that is destroyed is no choice any more", () => {
    const made = bare();
    const { IOMMU_VFIO_IOAS_GET: GET, IOMMU_VFIO_IOAS_SET: SET, IOMMU_VFIO_IOAS_CLEAR: CLEAR } = uapi;
    expect([vfioIoas(made, GET), vfioIoas(made, SET)]).toEqual([-ENODEV, -ENOENT]);
    const ioas_id = ioasAlloc(made.sys, made.fd);
    expect([vfioIoas(made, SET, ioas_id), vfioIoas(made, GET)]).toEqual([0, 0]);
    expect([vfioIoas(made, CLEAR), vfioIoas(made, GET)]).toEqual([0, -ENODEV]);
    expect(vfioIoas(made, SET, ioas_id)).toBe(0);
    expect(destroy(made.sys, made.fd, ioas_id)).toBe(0);
    expect(vfioIoas(made, GET)).toBe(-ENODEV);
  });
});

describe.each(VERSIONS)("%s", (_name, type) => {
  const canCut = type === vfio.VFIO_TYPE1_IOMMU;

  it("option_huge_pages: the first version has none", () => {
    const { sys, fd, ioas_id } = group(type);
    const option_id = uapi.IOMMU_OPTION_HUGE_PAGES;
    const bytes = structs.iommu_option({ option_id, op: uapi.IOMMU_OPTION_OP_GET, object_id: ioas_id });
    expect(sys.ioctl(fd, uapi.IOMMU_OPTION, bytes)).toBe(0);
    expect(structs.iommu_option.decode(bytes).val64).toBe(canCut ? 0n : 1n);
    expect(sys.ioctl(fd, vfio.VFIO_CHECK_EXTENSION, vfio.VFIO_DMA_CC_IOMMU)).toBe(1);
  });

  it("map: maps and unmaps, all at once or page by page", () => {
    const made = group(type);
    expect(mapDma(made)).toBe(0);
    expect(unmapDma(made)).toEqual({ result: 0, size: BUFFER });

    expect(mapDma(made)).toBe(0);
    const flags = vfio.VFIO_DMA_UNMAP_FLAG_ALL;
    // What is refused here is not written back either.
    expect(unmapDma(made, { flags })).toEqual({ result: -EINVAL, size: BUFFER });
    expect(unmapDma(made, { flags, iova: 0, size: 0 })).toEqual({ result: 0, size: BUFFER });

    for (let at = 0; at < BUFFER; at += PAGE)
      expect(mapDma(made, { iova: IOVA + at, vaddr: made.buffer + at, size: PAGE })).toBe(0);
    for (let n = 0; n < 16; n++)
      expect(unmapDma(made, { iova: IOVA + ((n * 7) % 16) * PAGE, size: PAGE })).toEqual({
        result: 0,
        size: PAGE,
      });
  });

  it("huge_map: only the first version can take parts out of a mapping, in any order", () => {
    const made = group(type);
    const { pages } = made.host.kernel;
    expect(mapDma(made)).toBe(0);
    const held = (): number[] =>
      Array.from({ length: 16 }, (_, n) => {
        const pfn = made.host.process.task.mm.get_user_page(made.buffer + n * PAGE, true);
        return pages.page_count(pfn) - 1;
      });
    const expected = Array<number>(16).fill(1);

    for (let n = 0; n < 8; n++) {
      const part = (n * 3) % 8;
      const { result } = unmapDma(made, { iova: IOVA + part * 2 * PAGE, size: 2 * PAGE });
      expect(result).toBe(canCut ? 0 : -ENOENT);
      if (canCut) expected.fill(0, 2 * part, 2 * part + 2);
      expect(held()).toEqual(expected);
    }
  });

  it("tells how much is gone also when the walk ends in an error", () => {
    const made = group(type);
    for (const page of [0, 2]) expect(mapDma(made, { iova: IOVA + page * PAGE, size: 2 * PAGE })).toBe(0);
    const partial = unmapDma(made, { size: 3 * PAGE });
    expect(partial).toEqual(canCut ? { result: 0, size: 3 * PAGE } : { result: -ENOENT, size: 2 * PAGE });
    expect(unmapDma(made, { size: 2 * PAGE })).toEqual({ result: -ENOENT, size: 0 });
    expect(unmapDma(made, { size: 0 })).toEqual({ result: -EINVAL, size: 0 });
    // A cut that is not aligned ends it before anything is written back.
    const cut = unmapDma(made, { iova: IOVA + 3 * PAGE + 100, size: 2 * PAGE });
    expect(cut).toEqual(canCut ? { result: -EINVAL, size: 2 * PAGE } : { result: -ENOENT, size: 0 });
  });
});

describe("VFIO_IOMMU_GET_INFO", () => {
  const CAPS = vfio.VFIO_IOMMU_INFO_PGSIZES | vfio.VFIO_IOMMU_INFO_CAPS;
  const FILL = 0xaa;

  /** The structure and what follows it in a page of memory, after a call with room for `argsz` bytes. */
  function info({ sys, fd, host }: Compat, argsz: number) {
    const memory = new Uint8Array(256).fill(FILL);
    memory.fill(0, 0, 24);
    memory.set(vfio.vfio_iommu_type1_info({ argsz }).subarray(0, 4));
    const at = host.user.place(memory);
    const result = sys.ioctl(fd, vfio.VFIO_IOMMU_GET_INFO, at);
    const bytes = host.user.read(at, 256);
    return { result, bytes, ...vfio.vfio_iommu_type1_info.decode(bytes) };
  }

  it("tells page sizes to who knows no capabilities, and how much room these take to who does", () => {
    const made = group(vfio.VFIO_TYPE1v2_IOMMU);
    const SMMU_PAGES = 0x4020_1000n;
    expect(info(made, 16)).toMatchObject({ result: 0, flags: CAPS, iova_pgsizes: SMMU_PAGES, cap_offset: 0 });
    expect(info(made, 24)).toMatchObject({ result: 0, flags: CAPS, cap_offset: 0, argsz: 24 + 12 + 16 + 32 });
  });

  it("tells every page size while no domain shows the IOAS", () => {
    const host = auditedHost();
    const made = { host, sys: host.sys, fd: host.sys.open("/dev/iommu"), ioas_id: 0, buffer: 0 };
    vfioIoas(made, uapi.IOMMU_VFIO_IOAS_SET, ioasAlloc(made.sys, made.fd));
    expect(info(made, 16).iova_pgsizes).toBe(2n ** 64n - 4096n);
    expect(made.sys.ioctl(made.fd, vfio.VFIO_CHECK_EXTENSION, vfio.VFIO_DMA_CC_IOMMU)).toBe(1);
  });

  it("never writes past the room it was given, and links its capabilities", () => {
    const made = group(vfio.VFIO_TYPE1v2_IOMMU);
    const whole = info(made, 24).argsz;
    for (let argsz = 24; argsz <= whole; argsz++) {
      const told = info(made, argsz);
      expect(told).toMatchObject({ result: 0, flags: CAPS, argsz: whole });
      expect(told.bytes.subarray(argsz).every((byte) => byte === FILL)).toBe(true);
      expect(told.cap_offset).toBe(argsz < whole ? 0 : 24);
    }

    const { bytes, cap_offset } = info(made, whole);
    const available = vfio.vfio_iommu_type1_info_dma_avail.decode(bytes.subarray(cap_offset));
    expect(available).toEqual({ id: 3, version: 1, next: 36, avail: 2 ** 32 - 1 });
    const ranges = vfio.vfio_iommu_type1_info_cap_iova_range.decode(bytes.subarray(available.next));
    expect(ranges).toEqual({ id: 1, version: 1, next: 0, nr_iovas: 2, reserved: 0 });
    const words = new BigUint64Array(bytes.slice(52, 84).buffer);
    expect([...words]).toEqual([0n, WINDOW[0] - 1n, WINDOW[1] + 1n, 2n ** 48n - 1n]);
  });

  it("is -EFAULT where the answer cannot be written", () => {
    const made = group(vfio.VFIO_TYPE1v2_IOMMU);
    const at = readOnly(made.host, vfio.vfio_iommu_type1_info({ argsz: 16 }));
    expect(made.sys.ioctl(made.fd, vfio.VFIO_IOMMU_GET_INFO, at)).toBe(-EFAULT);
  });
});
