// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { E2BIG, EFAULT, EINVAL, ENOTTY } from "../../../lib/src/base/errno.ts";
import { iommufdIoctls } from "../../../lib/src/kernel/iommufd/ioctl-table.ts";
import * as uapi from "../../../lib/src/kernel/iommufd/uapi.ts";
import * as structs from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import { auditedHost } from "../../support/host.ts";
import { readOnly } from "../../support/vm.ts";
import { bindDevice, chain, destroy, ioasAlloc, PAGE, userMemory } from "./setup.ts";

/** An open /dev/iommu, and two pages of memory behind which nothing is mapped. */
function opened() {
  const host = auditedHost();
  return {
    host,
    sys: host.sys,
    fd: host.sys.open("/dev/iommu"),
    end: userMemory(host.sys, 2 * PAGE) + 2 * PAGE,
  };
}

function word(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}

describe.each(iommufdIoctls)("$name by an address", ({ command, size, min_size }) => {
  it("faults where the size cannot be read, whatever the number says of the rest", () => {
    const { sys, fd, end } = opened();
    for (const at of [0, 1, end, end - 3, 2 ** 48 - 4, 2 ** 48, 2n ** 64n - 1n])
      for (const number of [command, command | 0xc020_0000]) expect(sys.ioctl(fd, number, at)).toBe(-EFAULT);
  });

  it("looks at the size first, then reads that much", () => {
    const { host, sys, fd, end } = opened();
    const at = end - 4;
    const withSize = (bytes: number, number = command): number => {
      host.user.write(at, word(bytes));
      return sys.ioctl(fd, number, at);
    };
    expect(withSize(size, command | 0xc020_0000)).toBe(-ENOTTY);
    expect([0, 3, min_size - 1].map((bytes) => withSize(bytes))).toEqual([-EINVAL, -EINVAL, -EINVAL]);
    expect([min_size, size, size + 1, 2 ** 32 - 1].map((bytes) => withSize(bytes))).toEqual(
      Array(4).fill(-EFAULT),
    );
  });

  it.each([size + 1, size + 8, size + 61, PAGE - 3, PAGE + 5])(
    "tells a byte that is not zero before memory that is not there, with %d bytes of it",
    (there) => {
      const { host, sys, fd, end } = opened();
      const at = end - there;
      host.user.write(at, word(there + 100));
      expect(sys.ioctl(fd, command, at)).toBe(-EFAULT);
      host.user.write(end - 1, Uint8Array.of(1));
      expect(sys.ioctl(fd, command, at)).toBe(-E2BIG);
    },
  );

  it("answers the same where the structure lies across two pages", () => {
    const results = [0, size - 4, 4].map((before) => {
      const { host, sys, fd, end } = opened();
      const at = end - PAGE - before;
      host.user.write(at, word(size));
      return sys.ioctl(fd, command, at);
    });
    expect(results).toEqual(Array(3).fill(results[0]));
  });
});

describe("an answer that cannot be written", () => {
  it("is -EFAULT, and what was made is not", () => {
    const { host, sys, fd } = opened();
    expect(sys.ioctl(fd, uapi.IOMMU_IOAS_ALLOC, readOnly(host, structs.iommu_ioas_alloc()))).toBe(-EFAULT);
    const queue = readOnly(host, structs.iommu_fault_alloc());
    expect(sys.ioctl(fd, uapi.IOMMU_FAULT_QUEUE_ALLOC, queue)).toBe(-EFAULT);
    expect(ioasAlloc(sys, fd)).toBe(1);

    const { dev_id } = bindDevice(sys, fd);
    const hwpt = readOnly(host, structs.iommu_hwpt_alloc({ dev_id, pt_id: 1 }));
    expect(sys.ioctl(fd, uapi.IOMMU_HWPT_ALLOC, hwpt)).toBe(-EFAULT);
    expect(destroy(sys, fd, 1)).toBe(0);
  });

  it("is -EFAULT after the work was done, where there is nothing to undo", () => {
    const { host, sys, fd } = opened();
    const ioas_id = ioasAlloc(sys, fd);
    const flags = uapi.IOMMU_IOAS_MAP_READABLE;
    const user_va = userMemory(sys, PAGE);
    const map = readOnly(host, structs.iommu_ioas_map({ flags, ioas_id, user_va, length: PAGE }));
    expect(sys.ioctl(fd, uapi.IOMMU_IOAS_MAP, map)).toBe(-EFAULT);
    const unmap = structs.iommu_ioas_unmap({ ioas_id, length: 2n ** 64n - 1n });
    expect(sys.ioctl(fd, uapi.IOMMU_IOAS_UNMAP, readOnly(host, unmap))).toBe(-EFAULT);
    expect(sys.ioctl(fd, uapi.IOMMU_IOAS_UNMAP, unmap)).toBe(0);
    expect(structs.iommu_ioas_unmap.decode(unmap).length).toBe(0n);

    const get = structs.iommu_option({ op: uapi.IOMMU_OPTION_OP_GET });
    expect(sys.ioctl(fd, uapi.IOMMU_OPTION, readOnly(host, get))).toBe(-EFAULT);
    const ranges = structs.iommu_ioas_iova_ranges({ ioas_id });
    expect(sys.ioctl(fd, uapi.IOMMU_IOAS_IOVA_RANGES, readOnly(host, ranges))).toBe(-EFAULT);
  });

  it("leaves no vdevice, and gives its virtual id free", () => {
    const { host, sys } = opened();
    const { fd, viommu, dev_id, vdevice } = chain(sys);
    expect(destroy(sys, fd, vdevice)).toBe(0);
    const bytes = structs.iommu_vdevice_alloc({ viommu_id: viommu, dev_id, virt_id: 7 });
    expect(sys.ioctl(fd, uapi.IOMMU_VDEVICE_ALLOC, readOnly(host, bytes))).toBe(-EFAULT);
    expect(sys.ioctl(fd, uapi.IOMMU_VDEVICE_ALLOC, bytes)).toBe(0);
    expect(structs.iommu_vdevice_alloc.decode(bytes).out_vdevice_id).toBe(vdevice);
  });

  it("is not needed by commands that answer nothing", () => {
    const { host, sys, fd } = opened();
    const ioas_id = ioasAlloc(sys, fd);
    const choose = structs.iommu_vfio_ioas({ ioas_id, op: uapi.IOMMU_VFIO_IOAS_SET });
    expect(sys.ioctl(fd, uapi.IOMMU_VFIO_IOAS, readOnly(host, choose))).toBe(0);
    const allow = structs.iommu_ioas_allow_iovas({ ioas_id });
    expect(sys.ioctl(fd, uapi.IOMMU_IOAS_ALLOW_IOVAS, readOnly(host, allow))).toBe(0);
    expect(sys.ioctl(fd, uapi.IOMMU_DESTROY, readOnly(host, structs.iommu_destroy({ id: ioas_id })))).toBe(0);
  });
});

describe("IOMMU_GET_HW_INFO", () => {
  it("fills a buffer of any length, clears what is too much of it, and tells the length that there is", () => {
    const { host, sys, fd } = opened();
    const { dev_id } = bindDevice(sys, fd);
    const layout = structs.iommu_hw_info;
    const at = host.user.allocate(PAGE);
    for (const data_len of [0, 4, 40, 48, 200]) {
      host.user.write(at, new Uint8Array(256).fill(0xaa));
      const bytes = layout({ dev_id, data_len, data_uptr: at });
      expect(sys.ioctl(fd, uapi.IOMMU_GET_HW_INFO, bytes)).toBe(0);
      expect(layout.decode(bytes)).toMatchObject({ data_len: 40, out_data_type: 2, out_capabilities: 0n });
      const told = host.user.read(at, 256);
      expect(told.subarray(Math.min(40, data_len), data_len).every((byte) => byte === 0)).toBe(true);
      expect(told.subarray(data_len).every((byte) => byte === 0xaa)).toBe(true);
    }
    const hole = layout({ dev_id, data_len: 48, data_uptr: at + PAGE - 44 });
    expect(sys.ioctl(fd, uapi.IOMMU_GET_HW_INFO, hole)).toBe(-EFAULT);
  });
});
