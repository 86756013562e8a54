// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import * as errno from "../../lib/src/base/errno.ts";
import type { Host } from "../../lib/src/boot.ts";
import * as uapi from "../../lib/src/kernel/iommufd/uapi.ts";
import * as structs from "../../lib/src/kernel/iommufd/uapi-structs.ts";
import {
  VFIO_DEVICE_ATTACH_IOMMUFD_PT,
  VFIO_DEVICE_DETACH_IOMMUFD_PT,
  vfio_device_attach_iommufd_pt,
  vfio_device_detach_iommufd_pt,
} from "../../lib/src/kernel/vfio/uapi.ts";
import {
  attach,
  bindDevice,
  destroy,
  hwptAlloc,
  ioasAlloc,
  PAGE,
  userMemory,
} from "../kernel/iommufd/setup.ts";
import { auditedHost } from "../support/host.ts";

/**
 * What the kernel's own test of iommufd checks of the areas of an IOAS (tools/testing/selftests/iommu/iommufd.c), each
 * check by the name that it has there. Its mock domain is an SMMU's here, which translates pages of 4 KiB below 2^48
 * and keeps a window for interrupt messages free.
 */

const { EADDRINUSE, EBUSY, EEXIST, EFAULT, EINVAL, EMSGSIZE, ENOENT, ENOSPC, EOPNOTSUPP } = errno;

const BASE = 0x100_0000;
const ALL = 2n ** 64n - 1n;
const MSI = { start: 0x800_0000n, last: 0x80f_ffffn };
const { IOMMU_IOAS_MAP_FIXED_IOVA: FIXED } = uapi;
const RW = uapi.IOMMU_IOAS_MAP_READABLE | uapi.IOMMU_IOAS_MAP_WRITEABLE;

/** An IOAS that some domains show, each to a device. */
interface Space {
  readonly host: Host;
  readonly sys: Host["sys"];
  readonly fd: number;
  readonly ioas_id: number;
  readonly devices: readonly { readonly fd: number; readonly dev_id: number; readonly hwpt_id: number }[];
  /** Sixteen pages of user memory. */
  readonly buffer: number;
}

function space(domains: number): Space {
  const host = auditedHost({ devices: 2 });
  const { sys } = host;
  const fd = sys.open("/dev/iommu");
  const ioas_id = ioasAlloc(sys, fd);
  const devices = Array.from({ length: domains }, (_, n) => {
    const { fd: deviceFd, dev_id } = bindDevice(sys, fd, n);
    const hwpt_id = hwptAlloc(sys, fd, { dev_id, pt_id: ioas_id });
    expect(attach(sys, deviceFd, hwpt_id)).toBe(0);
    return { fd: deviceFd, dev_id, hwpt_id };
  });
  return { host, sys, fd, ioas_id, devices, buffer: userMemory(sys, 16 * PAGE) };
}

/** Maps anywhere: the address, or a negative errno. */
function map(made: Space, user_va: number, length: number, flags = RW): number {
  const bytes = structs.iommu_ioas_map({ flags, ioas_id: made.ioas_id, user_va, length });
  const result = made.sys.ioctl(made.fd, uapi.IOMMU_IOAS_MAP, bytes);
  return result === 0 ? Number(structs.iommu_ioas_map.decode(bytes).iova) : result;
}

function mapAt(made: Space, iova: number, length: number, user_va = made.buffer): number {
  const bytes = structs.iommu_ioas_map({ flags: RW | FIXED, ioas_id: made.ioas_id, user_va, length, iova });
  return made.sys.ioctl(made.fd, uapi.IOMMU_IOAS_MAP, bytes);
}

/** Unmaps: how many bytes went, or a negative errno. */
function unmap(
  { sys, fd, ioas_id }: Pick<Space, "sys" | "fd" | "ioas_id">,
  iova: number | bigint,
  length: number | bigint,
): number {
  const bytes = structs.iommu_ioas_unmap({ ioas_id, iova, length });
  const result = sys.ioctl(fd, uapi.IOMMU_IOAS_UNMAP, bytes);
  return result === 0 ? Number(structs.iommu_ioas_unmap.decode(bytes).length) : result;
}

type Range = { readonly start: number | bigint; readonly last: number | bigint };

function allow({ host, sys, fd, ioas_id }: Space, ranges: readonly Range[]): number {
  const bytes = new Uint8Array(16 * ranges.length);
  for (const [n, range] of ranges.entries()) bytes.set(structs.iommu_iova_range(range), 16 * n);
  const allowed_iovas = ranges.length === 0 ? 0 : host.user.place(bytes);
  const request = structs.iommu_ioas_allow_iovas({ ioas_id, num_iovas: ranges.length, allowed_iovas });
  return sys.ioctl(fd, uapi.IOMMU_IOAS_ALLOW_IOVAS, request);
}

/** The ranges that IOMMU_IOAS_IOVA_RANGES tells when there is room for some. */
function ranges(made: Space, room: number) {
  const allowed_iovas = userMemory(made.sys, PAGE);
  const bytes = structs.iommu_ioas_iova_ranges({ ioas_id: made.ioas_id, num_iovas: room, allowed_iovas });
  const result = made.sys.ioctl(made.fd, uapi.IOMMU_IOAS_IOVA_RANGES, bytes);
  const { num_iovas, out_iova_alignment } = structs.iommu_ioas_iova_ranges.decode(bytes);
  const told = Array.from({ length: num_iovas + 1 }, (_, n) =>
    structs.iommu_iova_range.decode(made.host.user.read(allowed_iovas + 16 * n, 16)),
  );
  return { result, num_iovas, out_iova_alignment, told };
}

function copy(made: Space, values: Parameters<typeof structs.iommu_ioas_copy>[0]): number {
  const { ioas_id } = made;
  const flags = RW | FIXED;
  const bytes = structs.iommu_ioas_copy({ flags, src_ioas_id: ioas_id, dst_ioas_id: ioas_id, ...values });
  return made.sys.ioctl(made.fd, uapi.IOMMU_IOAS_COPY, bytes);
}

/** IOMMU_OPTION on the IOAS: the value that comes back, or a negative errno. */
function hugePages({ sys, fd, ioas_id }: Space, op: number, val64 = 3): number {
  const option_id = uapi.IOMMU_OPTION_HUGE_PAGES;
  const bytes = structs.iommu_option({ option_id, op, object_id: ioas_id, val64 });
  const result = sys.ioctl(fd, uapi.IOMMU_OPTION, bytes);
  return result === 0 ? Number(structs.iommu_option.decode(bytes).val64) : result;
}

const GET = uapi.IOMMU_OPTION_OP_GET;
const SET = uapi.IOMMU_OPTION_OP_SET;

describe.each([
  ["no domain", 0],
  ["one domain", 1],
  ["two domains", 2],
])("an IOAS with %s", (_name, domains) => {
  const shown = domains > 0;

  it("ioas_destroy, ioas_area_destroy: goes with its areas unless a domain uses it", () => {
    const made = space(domains);
    expect(mapAt(made, BASE, PAGE)).toBe(0);
    expect(destroy(made.sys, made.fd, made.ioas_id)).toBe(shown ? -EBUSY : 0);
  });

  it("ioas_area_auto_destroy: closing everything frees many areas", () => {
    const made = space(domains);
    for (let i = 0; i < 10; i++) expect(mapAt(made, BASE + i * PAGE, PAGE)).toBe(0);
    for (const { fd } of made.devices) expect(made.sys.close(fd)).toBe(0);
    expect(made.sys.close(made.fd)).toBe(0);
  });

  it("area: maps, unmaps, is never split and never mapped over", () => {
    const made = space(domains);
    for (let i = 0; i < 10; i++) expect(unmap(made, i * PAGE, PAGE)).toBe(-ENOENT);
    for (let i = 0; i < 10; i++) expect(mapAt(made, BASE + i * PAGE, PAGE)).toBe(0);
    for (let i = 0; i < 10; i++) expect(unmap(made, BASE + i * PAGE, PAGE)).toBe(PAGE);

    expect(mapAt(made, BASE + 16 * PAGE, 2 * PAGE)).toBe(0);
    for (const page of [16, 17]) expect(unmap(made, BASE + page * PAGE, PAGE)).toBe(-ENOENT);
    const over = [
      [16, 2],
      [16, 1],
      [17, 1],
      [15, 2],
      [15, 3],
    ] as const;
    for (const [page, pages] of over) expect(mapAt(made, BASE + page * PAGE, pages * PAGE)).toBe(-EEXIST);

    expect(unmap(made, 0, ALL)).toBe(2 * PAGE);
    expect(unmap(made, 0, ALL)).toBe(0);
  });

  it("unmap_fully_contained_areas: what reaches out of the range stays", () => {
    const made = space(domains);
    for (let i = 0; i < 4; i++) expect(mapAt(made, BASE + i * 16 * PAGE, 8 * PAGE)).toBe(0);

    expect(unmap(made, BASE - 4 * PAGE, 8 * PAGE)).toBe(-ENOENT);
    expect(unmap(made, BASE + (3 * 16 + 4) * PAGE, 8 * PAGE)).toBe(-ENOENT);
    expect(unmap(made, BASE - 4 * PAGE, (3 * 16 + 8 + 4) * PAGE)).toBe(32 * PAGE);
  });

  it("area_auto_iova: places mappings aligned to their length, in allowed ranges only, and off reserved ones", () => {
    const made = space(domains);
    const memory = shown ? userMemory(made.sys, 2 ** 21 + 16 * PAGE) : 2 ** 31;
    const aligned = shown ? Math.ceil(memory / 2 ** 16) * 2 ** 16 : memory;
    const placeAll = (): number[] => {
      const iovas = Array.from({ length: 10 }, (_, i) => map(made, aligned, PAGE * (i + 1)));
      iovas.forEach((iova, i) => {
        const length = PAGE * (i + 1);
        expect(iova % (length & -length)).toBe(0);
        expect(unmap(made, iova, length)).toBe(length);
      });
      return iovas;
    };

    expect(placeAll()[0]).toBe(PAGE);
    // The window for interrupt messages is reserved for a device.
    expect(allow(made, [{ start: PAGE, last: Number(MSI.start) + PAGE }])).toBe(shown ? -EADDRINUSE : 0);
    const [start, last] = [200 * PAGE, 600 * PAGE - 1];
    expect(allow(made, [{ start, last }])).toBe(0);
    for (const iova of placeAll()) {
      expect(iova).toBeGreaterThanOrEqual(start);
      expect(iova).toBeLessThan(last);
    }
    // Nothing is allowed any more: everything is.
    expect(allow(made, [])).toBe(0);
    expect(placeAll()[0]).toBe(PAGE);
  });

  it("area_allowed: a device that needs an allowed range for itself is turned away, and the other way round", () => {
    const made = space(domains);
    const second = space(0);
    expect(allow(second, [{ start: MSI.start, last: MSI.last + 1n }])).toBe(0);
    const { fd } = bindDevice(second.sys, second.fd);
    expect(attach(second.sys, fd, second.ioas_id)).toBe(-EADDRINUSE);
    expect(allow(second, [])).toBe(0);
    expect(attach(second.sys, fd, second.ioas_id)).toBe(0);
    expect(allow(second, [{ start: 0, last: MSI.start }])).toBe(-EADDRINUSE);

    expect(allow(made, [{ start: BASE, last: BASE }])).toBe(-EINVAL);
    expect(allow(made, [{ start: BASE, last: BASE - 1 }])).toBe(-EINVAL);
    const overlap = [
      { start: BASE, last: BASE + PAGE },
      { start: BASE + PAGE, last: BASE + 2 * PAGE },
    ];
    expect(allow(made, overlap)).toBe(-EINVAL);
  });

  it("never chooses address 0, and joins allowed ranges that touch", () => {
    const made = space(domains);
    expect(allow(made, [{ start: 0, last: 4 * PAGE - 1 }])).toBe(0);
    expect(map(made, made.buffer, PAGE)).toBe(PAGE);
    expect(unmap(made, 0, ALL)).toBe(PAGE);

    const touching = [
      { start: 3 * PAGE, last: 4 * PAGE - 1 },
      { start: 2 * PAGE, last: 3 * PAGE - 1 },
    ];
    expect(allow(made, touching)).toBe(0);
    expect(map(made, made.buffer, 2 * PAGE)).toBe(2 * PAGE);
    expect(map(made, made.buffer, PAGE)).toBe(-ENOSPC);
  });

  it("copy_area: shows the same memory again, here and in another IOAS", () => {
    const made = space(domains);
    const other = ioasAlloc(made.sys, made.fd);
    expect(mapAt(made, BASE, PAGE)).toBe(0);
    expect(copy(made, { length: PAGE, src_iova: BASE, dst_iova: BASE + PAGE })).toBe(0);
    expect(copy(made, { length: PAGE, src_iova: BASE, dst_iova: 0, dst_ioas_id: other })).toBe(0);
    expect(copy(made, { length: PAGE, src_iova: BASE, dst_iova: BASE + PAGE })).toBe(-EEXIST);
  });

  it("copy_sweep: copies any part to the byte, and -ENOENT outside of what is mapped", () => {
    const made = space(domains);
    const dst_ioas_id = ioasAlloc(made.sys, made.fd);
    const last = shown ? BASE + 16 * PAGE - 1 : BASE + 16 * PAGE - 2;
    const length = PAGE / 2;
    expect(mapAt(made, BASE, last - BASE + 1)).toBe(0);

    for (let src_iova = BASE - PAGE; src_iova <= last; src_iova += 511) {
      const inside = src_iova >= BASE && src_iova + length - 1 <= last;
      expect(copy(made, { length, src_iova, dst_iova: BASE, dst_ioas_id })).toBe(inside ? 0 : -ENOENT);
      if (inside) expect(unmap({ ...made, ioas_id: dst_ioas_id }, BASE, length)).toBe(length);
    }
    expect(destroy(made.sys, made.fd, dst_ioas_id)).toBe(0);
  });

  it("iova_ranges: tells what is not reserved, and -EMSGSIZE where there is no room", () => {
    const made = space(domains);
    const all = { start: 0n, last: ALL };
    const around = [
      { start: 0n, last: MSI.start - 1n },
      { start: MSI.last + 1n, last: 2n ** 48n - 1n },
    ];
    const expected = shown ? around : [all];
    const nothing = { start: 0n, last: 0n };
    const out_iova_alignment = shown ? 4096n : 1n;
    const num_iovas = expected.length;

    const whole = { num_iovas, out_iova_alignment };
    expect(ranges(made, 256)).toEqual({ result: 0, ...whole, told: [...expected, nothing] });
    for (let room = 0; room < num_iovas; room++) {
      const told = Array.from({ length: num_iovas + 1 }, (_, n) => (n < room ? expected[n] : nothing));
      expect(ranges(made, room)).toEqual({ result: -EMSGSIZE, ...whole, told });
    }
  });

  it("ioas_option_huge_pages: reads and sets, refuses other values", () => {
    const made = space(domains);
    expect(hugePages(made, GET)).toBe(1);
    expect(hugePages(made, SET, 0)).toBe(0);
    expect(hugePages(made, GET)).toBe(0);
    expect(hugePages(made, SET, 2)).toBe(-EINVAL);
    expect(hugePages(made, 2)).toBe(-EOPNOTSUPP);
    expect(hugePages(made, SET, 1)).toBe(1);
  });

  it("ioas_iova_alloc: takes any length to the byte, and whole pages only under a domain", () => {
    const made = space(domains);
    for (const length of [1, 2, 511, 512, 2048, 4095, PAGE, PAGE + 1, 6143, 2 * PAGE - 1]) {
      const iova = map(made, made.buffer, length);
      if (shown && length % PAGE !== 0) expect(iova).toBe(-EINVAL);
      else expect(unmap(made, iova, length)).toBe(length);
    }
  });

  it("ioas_align_change: asks for whole pages only when everything that is mapped is", () => {
    const made = space(domains);
    expect(mapAt(made, BASE, PAGE)).toBe(0);
    if (shown) {
      expect(hugePages(made, SET, 0)).toBe(-EINVAL);
      return;
    }
    expect(hugePages(made, SET, 0)).toBe(0);
    expect(mapAt(made, BASE + PAGE, PAGE, made.buffer + PAGE / 2)).toBe(-EINVAL);
    expect(hugePages(made, SET, 0)).toBe(0);
    expect(hugePages(made, SET, 1)).toBe(1);
    expect(mapAt(made, BASE + PAGE, PAGE, made.buffer + PAGE / 2)).toBe(0);
    expect(hugePages(made, SET, 0)).toBe(-EADDRINUSE);
    expect(hugePages(made, GET)).toBe(1);
    // Nor may a domain come while something is mapped like this.
    const { fd } = bindDevice(made.sys, made.fd);
    expect(attach(made.sys, fd, made.ioas_id)).toBe(-EADDRINUSE);
    expect(unmap(made, BASE + PAGE, PAGE)).toBe(PAGE);
    expect(attach(made.sys, fd, made.ioas_id)).toBe(0);
  });

  it("fork_gone: memory of a process that ended can be shown only if it was pinned before", () => {
    const made = space(domains);
    const child = made.host.newProcess();
    const fd = child.receive(made.host.process, made.fd);
    const user_va = userMemory(child.sys, 2 * PAGE);
    expect(mapAt({ ...made, sys: child.sys, fd }, BASE, 2 * PAGE, user_va)).toBe(0);
    expect(child.sys.exit()).toBe(0);

    if (domains === 2) return;
    const late = bindDevice(made.sys, made.fd, 1);
    expect(attach(made.sys, late.fd, made.ioas_id)).toBe(shown ? 0 : -EFAULT);
  });

  it("basic: faults when half of the memory, or all of it, is not there, and keeps nothing", () => {
    const made = space(domains);
    const half = userMemory(made.sys, 4 * PAGE);
    const after = half + 4 * PAGE;
    for (const user_va of [half, after]) {
      const iova = map(made, user_va, 8 * PAGE);
      if (shown) expect(iova).toBe(-EFAULT);
      else expect(iova).toBeGreaterThan(0);
    }
    expect(unmap(made, 0, ALL)).toBe(shown ? 0 : 16 * PAGE);
  });

  it("all_aligns: pins each page once, wherever the mapping starts and ends", () => {
    const made = space(domains);
    const { pages } = made.host.kernel;
    const pfns = Array.from({ length: 8 }, (_, n) =>
      made.host.process.task.mm.get_user_page(made.buffer + n * PAGE, true),
    );
    for (let start = 0; start < 8; start++) {
      for (let end = start + 1; end <= 8; end++) {
        const length = (end - start) * PAGE;
        const iova = map(made, made.buffer + start * PAGE, length);
        const expected = pfns.map((_, n) => (shown && n >= start && n < end ? 2 : 1));
        expect(pfns.map((pfn) => pages.page_count(pfn))).toEqual(expected);
        expect(unmap(made, iova, length)).toBe(length);
      }
    }
    expect(pfns.map((pfn) => pages.page_count(pfn))).toEqual(pfns.map(() => 1));
  });
});

describe("domains of an IOAS", () => {
  const attachTo = ({ sys, devices }: Space, pt_id: number): number => {
    const bytes = vfio_device_attach_iommufd_pt({ argsz: 12, pt_id });
    const result = sys.ioctl(devices[0]?.fd ?? -1, VFIO_DEVICE_ATTACH_IOMMUFD_PT, bytes);
    return result === 0 ? vfio_device_attach_iommufd_pt.decode(bytes).pt_id : result;
  };

  it("replace: the domain that attaching made goes when the device moves on", () => {
    const made = space(1);
    const [device] = made.devices;
    const other = ioasAlloc(made.sys, made.fd);

    const made1 = attachTo(made, made.ioas_id);
    expect(attachTo(made, made.ioas_id)).toBe(made1);
    const made2 = attachTo(made, other);
    expect(attachTo(made, made1)).toBe(-ENOENT);
    expect(attachTo(made, made2)).toBe(made2);
    expect(attachTo(made, device?.hwpt_id ?? 0)).toBe(device?.hwpt_id);
    expect(destroy(made.sys, made.fd, other)).toBe(0);
  });

  it("alloc_hwpt: unknown flags are refused, and a domain in use stays", () => {
    const made = space(1);
    const [device] = made.devices;
    const dev_id = device?.dev_id ?? 0;
    const alloc = (flags: number): number => {
      const bytes = structs.iommu_hwpt_alloc({ dev_id, pt_id: made.ioas_id, flags });
      const result = made.sys.ioctl(made.fd, uapi.IOMMU_HWPT_ALLOC, bytes);
      return result === 0 ? structs.iommu_hwpt_alloc.decode(bytes).out_hwpt_id : result;
    };
    expect(alloc(~uapi.IOMMU_HWPT_ALLOC_NEST_PARENT)).toBe(-EOPNOTSUPP);
    const [plain, parent] = [alloc(0), alloc(uapi.IOMMU_HWPT_ALLOC_NEST_PARENT)] as const;
    expect(alloc(uapi.IOMMU_HWPT_ALLOC_PASID)).toBeGreaterThan(0);
    // The SMMU has the one or the other in a domain.
    expect(alloc(uapi.IOMMU_HWPT_ALLOC_PASID | uapi.IOMMU_HWPT_ALLOC_NEST_PARENT)).toBe(-EOPNOTSUPP);

    for (const hwpt of [plain, parent]) {
      expect(attachTo(made, hwpt)).toBe(hwpt);
      expect(destroy(made.sys, made.fd, hwpt)).toBe(-EBUSY);
    }
    const bytes = vfio_device_detach_iommufd_pt({ argsz: 8 });
    expect(made.sys.ioctl(device?.fd ?? -1, VFIO_DEVICE_DETACH_IOMMUFD_PT, bytes)).toBe(0);
    for (const hwpt of [plain, parent]) expect(destroy(made.sys, made.fd, hwpt)).toBe(0);
  });
});
