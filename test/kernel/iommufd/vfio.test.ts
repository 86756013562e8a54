// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import {
  EBADF,
  EBADFD,
  EBUSY,
  EFAULT,
  EINVAL,
  ENOENT,
  ENOTTY,
  EOPNOTSUPP,
} from "../../../lib/src/base/errno.ts";
import { auditIommufd } from "../../../lib/src/kernel/iommufd/audit.ts";
import {
  VFIO_DEVICE_ATTACH_IOMMUFD_PT,
  VFIO_DEVICE_BIND_IOMMUFD,
  VFIO_DEVICE_DETACH_IOMMUFD_PT,
  VFIO_DEVICE_GET_INFO,
  VFIO_DEVICE_GET_REGION_INFO,
  vfio_device_attach_iommufd_pt,
  vfio_device_bind_iommufd,
  vfio_device_detach_iommufd_pt,
  vfio_device_info,
} from "../../../lib/src/kernel/vfio/uapi.ts";
import { attach, bindDevice, destroy, ioasAlloc, ioasMap, PAGE, setup, userMemory } from "./setup.ts";

function opened() {
  const made = setup();
  return { ...made, iommu: made.sys.open("/dev/iommu"), fd: made.sys.open("/dev/vfio/devices/vfio0") };
}

describe("binding a device", () => {
  it("checks the structure, then the state, then the descriptor", () => {
    const { sys, iommu, fd } = opened();
    const bind = (values: Parameters<typeof vfio_device_bind_iommufd>[0]) =>
      sys.ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, vfio_device_bind_iommufd(values));

    expect(sys.ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, new Uint8Array(15))).toBe(-EFAULT);
    expect(bind({ argsz: 15, iommufd: iommu })).toBe(-EINVAL);
    expect(bind({ flags: 1, iommufd: iommu })).toBe(-EINVAL);
    expect(bind({ iommufd: -1 })).toBe(-EINVAL);
    expect(bind({ iommufd: 1000 })).toBe(-EBADF);
    expect(bind({ iommufd: fd })).toBe(-EBADFD);
    expect(bind({ iommufd: iommu })).toBe(0);
    expect(bind({ iommufd: 1000 })).toBe(-EINVAL);
  });

  it("is not for two files of the same device", () => {
    const { sys, iommu } = opened();
    bindDevice(sys, iommu);

    const second = sys.open("/dev/vfio/devices/vfio0");

    const bytes = vfio_device_bind_iommufd({ iommufd: iommu });
    expect(sys.ioctl(second, VFIO_DEVICE_BIND_IOMMUFD, bytes)).toBe(-EINVAL);
  });

  it("comes before everything else", () => {
    const { sys, iommu, fd } = opened();
    const info = () => sys.ioctl(fd, VFIO_DEVICE_GET_INFO, vfio_device_info());
    expect(info()).toBe(-EINVAL);

    sys.ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, vfio_device_bind_iommufd({ iommufd: iommu }));

    expect(info()).toBe(0);
    expect(sys.ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, new Uint8Array(64))).toBe(-ENOTTY);
  });

  it("keeps the context: the device works on after /dev/iommu is closed", () => {
    const { sys, iommufd, iommu } = opened();
    const ioas = ioasAlloc(sys, iommu);
    const { fd } = bindDevice(sys, iommu);

    sys.close(iommu);

    expect(attach(sys, fd, ioas)).toBe(0);
    expect(iommufd.contexts.size).toBe(1);
    sys.close(fd);
    expect(iommufd.contexts.size).toBe(0);
  });
});

describe("attaching a device", () => {
  it("to an IOAS makes a domain that goes with the last attachment", () => {
    const { sys, iommu, devices, iommufd } = opened();
    const ioas_id = ioasAlloc(sys, iommu);
    const user_va = userMemory(sys, PAGE);
    ioasMap(sys, iommu, { ioas_id, user_va, length: PAGE, iova: 0x10_0000 });
    const { fd } = bindDevice(sys, iommu);

    const bytes = vfio_device_attach_iommufd_pt({ argsz: 12, pt_id: ioas_id });
    expect(sys.ioctl(fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, bytes)).toBe(0);

    const { pt_id } = vfio_device_attach_iommufd_pt.decode(bytes);
    expect(pt_id).not.toBe(ioas_id);
    expect(devices[0]?.domain?.translate(0x10_0010, true)).toBeGreaterThan(0);
    expect(devices[0]?.domain?.translate(0x20_0000, true)).toBeUndefined();
    expect(destroy(sys, iommu, pt_id)).toBe(-EBUSY);
    expect(auditIommufd(iommufd)).toEqual([]);

    expect(sys.ioctl(fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, vfio_device_detach_iommufd_pt({ argsz: 8 }))).toBe(0);
    expect(devices[0]?.domain).toBeUndefined();
    expect(destroy(sys, iommu, pt_id)).toBe(-ENOENT);
    expect(destroy(sys, iommu, ioas_id)).toBe(0);
  });

  it("refuses unknown ids, other objects, PASIDs and short structures", () => {
    const { sys, iommu } = opened();
    const { fd, dev_id } = bindDevice(sys, iommu);
    const attachWith = (values: Parameters<typeof vfio_device_attach_iommufd_pt>[0]) =>
      sys.ioctl(fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, vfio_device_attach_iommufd_pt(values));

    expect(attachWith({ pt_id: 99 })).toBe(-ENOENT);
    expect(attachWith({ pt_id: dev_id })).toBe(-EINVAL);
    expect(attachWith({ argsz: 11, pt_id: dev_id })).toBe(-EINVAL);
    expect(attachWith({ flags: 2, pt_id: dev_id })).toBe(-EINVAL);
    expect(attachWith({ argsz: 12, flags: 1, pt_id: dev_id })).toBe(-EINVAL);
    expect(attachWith({ flags: 1, pt_id: dev_id })).toBe(-EOPNOTSUPP);
  });
});
