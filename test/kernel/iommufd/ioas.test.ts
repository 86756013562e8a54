// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import {
  EADDRINUSE,
  EBADF,
  EBUSY,
  EEXIST,
  EFAULT,
  EINVAL,
  EMSGSIZE,
  ENOENT,
  EOPNOTSUPP,
  EOVERFLOW,
} from "../../../lib/src/base/errno.ts";
import { FALLOC_FL_KEEP_SIZE, MAP_SHARED, PROT_READ, PROT_WRITE } from "../../../lib/src/kernel/fs/uapi.ts";
import { iommufdPins } from "../../../lib/src/kernel/iommufd/audit.ts";
import * as uapi from "../../../lib/src/kernel/iommufd/uapi.ts";
import * as structs from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import { leaves } from "../../support/host.ts";
import {
  bindDevice,
  destroy,
  hwptAlloc,
  inFlight,
  ioasAlloc,
  ioasMap,
  PAGE,
  setup,
  userMemory,
} from "./setup.ts";

const BASE = 0x100_0000;
const ALL = 2n ** 64n - 1n;
const RW = uapi.IOMMU_IOAS_MAP_READABLE | uapi.IOMMU_IOAS_MAP_WRITEABLE;
const FIXED = uapi.IOMMU_IOAS_MAP_FIXED_IOVA;

function space() {
  const made = setup();
  const fd = made.sys.open("/dev/iommu");
  return { ...made, fd, ioas_id: ioasAlloc(made.sys, fd) };
}

/** A space that a domain shows, so that its memory is pinned. */
function shownSpace() {
  const made = space();
  const device = bindDevice(made.sys, made.fd);
  const hwpt = hwptAlloc(made.sys, made.fd, { dev_id: device.dev_id, pt_id: made.ioas_id });
  return { ...made, ...device, iommu: made.fd, deviceFd: device.fd, fd: made.fd, hwpt };
}

type Space = Pick<ReturnType<typeof space>, "sys" | "fd" | "ioas_id">;

function unmap({ sys, fd, ioas_id }: Space, iova: number | bigint, length: number | bigint) {
  const bytes = structs.iommu_ioas_unmap({ ioas_id, iova, length });
  const result = sys.ioctl(fd, uapi.IOMMU_IOAS_UNMAP, bytes);
  return { result, length: structs.iommu_ioas_unmap.decode(bytes).length };
}

function mapFixed(made: Space, user_va: number, page: number, pages: number): number {
  const iova = BASE + page * PAGE;
  return ioasMap(made.sys, made.fd, { ioas_id: made.ioas_id, user_va, length: pages * PAGE, iova });
}

describe("mapping user memory", () => {
  it("refuses flags, then sizes, then missing rights, then an unknown IOAS", () => {
    const { sys, fd, ioas_id } = space();
    const map = (values: Parameters<typeof structs.iommu_ioas_map>[0]) =>
      sys.ioctl(fd, uapi.IOMMU_IOAS_MAP, structs.iommu_ioas_map(values));

    expect(map({ flags: 8, ioas_id })).toBe(-EOPNOTSUPP);
    expect(map({ flags: RW, __reserved: 1, ioas_id })).toBe(-EOPNOTSUPP);
    expect(map({ flags: 0, length: ALL, ioas_id })).toBe(-EOVERFLOW);
    expect(map({ flags: 0, length: PAGE, ioas_id: 99 })).toBe(-EINVAL);
    expect(map({ flags: RW, length: PAGE, ioas_id: 99 })).toBe(-ENOENT);
    expect(map({ flags: RW, length: 0, ioas_id })).toBe(-EINVAL);
  });

  it("chooses the lowest free address that is aligned to the length, from the second page on", () => {
    const made = space();
    const user_va = userMemory(made.sys, 4 * PAGE);
    const map = () => {
      const bytes = structs.iommu_ioas_map({ flags: RW, ioas_id: made.ioas_id, user_va, length: 2 * PAGE });
      expect(made.sys.ioctl(made.fd, uapi.IOMMU_IOAS_MAP, bytes)).toBe(0);
      return Number(structs.iommu_ioas_map.decode(bytes).iova);
    };

    expect([map(), map()]).toEqual([0x2000, 0x4000]);
    expect(unmap(made, 0x2000, 2 * PAGE).result).toBe(0);
    expect(map()).toBe(0x2000);
  });

  it.each([
    ["inside", 17, 1],
    ["around the start of", 15, 3],
    ["around the end of", 17, 4],
  ])("refuses a range %s another area with -EEXIST", (_where, page, pages) => {
    const made = space();
    const user_va = userMemory(made.sys, 8 * PAGE);
    expect(mapFixed(made, user_va, 16, 2)).toBe(0);

    expect(mapFixed(made, user_va, page, pages)).toBe(-EEXIST);
  });

  it("takes memory that is not there as long as nothing shows it", () => {
    const made = space();

    expect(mapFixed(made, 0x1234_0000, 0, 4)).toBe(0);
  });

  it("pins the memory once a domain shows it, and lets go of it", () => {
    const made = shownSpace();
    const { sys, kernel, iommufd } = made;
    const user_va = userMemory(sys, 4 * PAGE);
    expect(mapFixed(made, user_va, 0, 4)).toBe(0);

    const pins = [...iommufdPins(iommufd)];
    expect(pins.map(([, count]) => count)).toEqual([1, 1, 1, 1]);
    expect(pins.map(([pfn]) => kernel.pages.page_count(pfn))).toEqual([2, 2, 2, 2]);

    expect(unmap(made, 0n, ALL)).toEqual({ result: 0, length: BigInt(4 * PAGE) });
    expect(iommufdPins(iommufd).size).toBe(0);
    expect(pins.map(([pfn]) => kernel.pages.page_count(pfn))).toEqual([1, 1, 1, 1]);
  });

  it("keeps pinned pages when the process unmaps them", () => {
    const made = shownSpace();
    const { sys, kernel, iommufd } = made;
    const user_va = userMemory(sys, PAGE);
    mapFixed(made, user_va, 0, 1);

    sys.munmap(user_va, PAGE);

    expect([...iommufdPins(iommufd).keys()].map((pfn) => kernel.pages.page_count(pfn))).toEqual([1]);
    expect(unmap(made, 0n, ALL).result).toBe(0);
  });

  it("faults and keeps nothing when part of the memory is not there", () => {
    const made = shownSpace();
    const user_va = userMemory(made.sys, 2 * PAGE);

    expect(mapFixed(made, user_va, 0, 4)).toBe(-EFAULT);

    expect(iommufdPins(made.iommufd).size).toBe(0);
    expect(unmap(made, BASE, 4 * PAGE).result).toBe(-ENOENT);
  });

  it("asks for whole pages once a domain shows the space", () => {
    const made = shownSpace();
    const { sys, fd, ioas_id } = made;
    const user_va = userMemory(sys, 2 * PAGE);
    const map = (values: Parameters<typeof structs.iommu_ioas_map>[0]) =>
      sys.ioctl(fd, uapi.IOMMU_IOAS_MAP, structs.iommu_ioas_map({ flags: RW | FIXED, ioas_id, ...values }));

    expect(map({ user_va, length: 100, iova: BASE })).toBe(-EINVAL);
    expect(map({ user_va, length: PAGE, iova: BASE + 100 })).toBe(-EINVAL);
    expect(map({ user_va: user_va + 100, length: PAGE, iova: BASE })).toBe(-EINVAL);
    expect(map({ user_va, length: PAGE, iova: BASE })).toBe(0);
  });
});

describe("unmapping", () => {
  it("unmaps everything, also nothing", () => {
    const made = space();

    expect(unmap(made, 0n, ALL)).toEqual({ result: 0, length: 0n });
    expect(unmap(made, 0, PAGE).result).toBe(-ENOENT);
    expect(unmap(made, 0, 0).result).toBe(-EINVAL);
    expect(unmap(made, 1n, ALL).result).toBe(-EOVERFLOW);
  });

  it("never splits an area, and what came before the cut is gone", () => {
    const made = space();
    const user_va = userMemory(made.sys, 8 * PAGE);
    for (const page of [0, 2, 4, 6]) expect(mapFixed(made, user_va, page, 2)).toBe(0);

    expect(unmap(made, BASE, 3 * PAGE)).toEqual({ result: -ENOENT, length: BigInt(3 * PAGE) });

    expect(mapFixed(made, user_va, 0, 2)).toBe(0);
    expect(mapFixed(made, user_va, 2, 2)).toBe(-EEXIST);
  });
});

describe("mapping a file", () => {
  function mapFile(made: Space, values: Parameters<typeof structs.iommu_ioas_map_file>[0]): number {
    const bytes = structs.iommu_ioas_map_file({ flags: RW, ioas_id: made.ioas_id, ...values });
    return made.sys.ioctl(made.fd, uapi.IOMMU_IOAS_MAP_FILE, bytes);
  }

  it("shows the pages that a shared mapping of the file shows", () => {
    const made = shownSpace();
    const { sys, kernel, iommufd, process } = made;
    const file = sys.open("/dev/shm");
    sys.ftruncate(file, 2 * PAGE);

    expect(mapFile(made, { fd: file, length: 2 * PAGE })).toBe(0);

    const address = sys.mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    const shown = [0, 1].map((page) => process.mm.get_user_page(address + page * PAGE, true));
    expect([...iommufdPins(iommufd).keys()]).toEqual(shown);
    expect(shown.map((pfn) => kernel.pages.page_count(pfn))).toEqual([2, 2]);
  });

  it("refuses to pin beyond the file's size, and other files at all", () => {
    const made = shownSpace();
    const file = made.sys.open("/dev/shm");
    made.sys.fallocate(file, FALLOC_FL_KEEP_SIZE, 0, PAGE);

    expect(mapFile(made, { fd: file, length: PAGE })).toBe(-EINVAL);
    expect(mapFile(made, { fd: made.fd, length: PAGE })).toBe(-EINVAL);
  });

  it("looks at the file only when pages are pinned", () => {
    const made = space();

    expect(mapFile(made, { fd: made.fd, length: PAGE })).toBe(0);
  });

  it("forgets the IOAS when the descriptor is bad, so that it can never be destroyed", () => {
    const made = space();

    expect(mapFile(made, { fd: -1, length: PAGE })).toBe(-EBADF);

    expect(destroy(made.sys, made.fd, made.ioas_id)).toBe(-EBUSY);
    leaves(made, inFlight(made.ioas_id, "IOAS", 1));
  });
});

describe("addresses that may be used", () => {
  function ranges(made: Space, room: number) {
    const allowed_iovas = userMemory(made.sys, PAGE);
    const bytes = structs.iommu_ioas_iova_ranges({ ioas_id: made.ioas_id, num_iovas: room, allowed_iovas });
    const result = made.sys.ioctl(made.fd, uapi.IOMMU_IOAS_IOVA_RANGES, bytes);
    const { num_iovas, out_iova_alignment } = structs.iommu_ioas_iova_ranges.decode(bytes);
    return { result, num_iovas, out_iova_alignment };
  }

  it("are all, to the byte, while nothing shows the space", () => {
    expect(ranges(space(), 4)).toEqual({ result: 0, num_iovas: 1, out_iova_alignment: 1n });
  });

  it("are those that the domain translates, in pages", () => {
    expect(ranges(shownSpace(), 4)).toEqual({ result: 0, num_iovas: 1, out_iova_alignment: 4096n });
  });

  it("are counted with -EMSGSIZE when there is no room for them", () => {
    expect(ranges(space(), 0)).toEqual({ result: -EMSGSIZE, num_iovas: 1, out_iova_alignment: 1n });
  });

  it("can be restricted for automatic placement, but not to reserved ones", () => {
    const made = shownSpace();
    const allow = (start: bigint, last: bigint) => {
      const allowed_iovas = userMemory(made.sys, PAGE);
      made.process.mm.copy_to_user(allowed_iovas, structs.iommu_iova_range({ start, last }));
      const bytes = structs.iommu_ioas_allow_iovas({ ioas_id: made.ioas_id, num_iovas: 1, allowed_iovas });
      return made.sys.ioctl(made.fd, uapi.IOMMU_IOAS_ALLOW_IOVAS, bytes);
    };

    expect(allow(2n ** 48n, 2n ** 48n + 5n)).toBe(-EADDRINUSE);
    expect(allow(8n, 5n)).toBe(-EINVAL);
    expect(allow(0x4000n, 0x4fffn)).toBe(0);
    const user_va = userMemory(made.sys, PAGE);
    const bytes = structs.iommu_ioas_map({ flags: RW, ioas_id: made.ioas_id, user_va, length: PAGE });
    expect(made.sys.ioctl(made.fd, uapi.IOMMU_IOAS_MAP, bytes)).toBe(0);
    expect(structs.iommu_ioas_map.decode(bytes).iova).toBe(0x4000n);
  });
});

describe("copying a mapping", () => {
  it("shows the same memory in another space, and fails where nothing is mapped", () => {
    const made = space();
    const { sys, fd } = made;
    const target = ioasAlloc(sys, fd);
    mapFixed(made, userMemory(sys, 2 * PAGE), 0, 2);
    const copy = (src_iova: number, length: number) =>
      sys.ioctl(
        fd,
        uapi.IOMMU_IOAS_COPY,
        structs.iommu_ioas_copy({
          flags: RW | FIXED,
          src_ioas_id: made.ioas_id,
          dst_ioas_id: target,
          src_iova,
          dst_iova: 0x9000,
          length,
        }),
      );

    expect(copy(BASE + PAGE, 2 * PAGE)).toBe(-ENOENT);
    expect(copy(BASE + PAGE, PAGE)).toBe(0);
    expect(unmap({ ...made, ioas_id: target }, 0x9000, PAGE).result).toBe(0);
  });
});
