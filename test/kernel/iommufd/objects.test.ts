// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EBUSY, EFAULT, ENOENT, ENOMEM } from "../../../lib/src/base/errno.ts";
import type { Task } from "../../../lib/src/base/task.ts";
import { auditIommufd } from "../../../lib/src/kernel/iommufd/audit.ts";
import {
  IOMMU_IOAS_ALLOC,
  IOMMU_IOAS_MAP_FILE,
  IOMMU_IOAS_MAP_READABLE,
  IOMMU_VDEVICE_ALLOC,
  IOMMU_VDEVICE_TSM_MAP,
} from "../../../lib/src/kernel/iommufd/uapi.ts";
import {
  iommu_ioas_alloc,
  iommu_ioas_map_file,
  iommu_vdevice_tsm_map,
} from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import { SyscallTasks } from "../../../lib/src/kernel/syscall-tasks.ts";
import { leaves } from "../../support/host.ts";
import { chain, destroy, inFlight, ioasAlloc, readOnlyMemory, setup, vdeviceBytes } from "./setup.ts";

describe("ids", () => {
  it("start at 1, and the lowest free one goes out first", () => {
    const { sys } = setup();
    const fd = sys.open("/dev/iommu");
    expect([ioasAlloc(sys, fd), ioasAlloc(sys, fd), ioasAlloc(sys, fd)]).toEqual([1, 2, 3]);

    expect(destroy(sys, fd, 2)).toBe(0);

    expect(ioasAlloc(sys, fd)).toBe(2);
    expect(ioasAlloc(sys, fd)).toBe(4);
  });

  it("belong to the open file: another one counts for itself", () => {
    const { sys } = setup();
    ioasAlloc(sys, sys.open("/dev/iommu"));

    expect(ioasAlloc(sys, sys.open("/dev/iommu"))).toBe(1);
  });

  it("are given back when the answer cannot be written", () => {
    const { sys, process, iommufd } = setup();
    const fd = sys.open("/dev/iommu");
    const readOnly = readOnlyMemory(process, sys, iommu_ioas_alloc());
    expect(sys.ioctl(fd, IOMMU_IOAS_ALLOC, readOnly)).toBe(-EFAULT);

    expect(ioasAlloc(sys, fd)).toBe(1);
    expect(auditIommufd(iommufd)).toEqual([]);
  });
});

describe("destroying", () => {
  it("knows no object 0 and no object twice", () => {
    const { sys } = setup();
    const fd = sys.open("/dev/iommu");
    const id = ioasAlloc(sys, fd);

    expect(destroy(sys, fd, 0)).toBe(-ENOENT);
    expect(destroy(sys, fd, id)).toBe(0);
    expect(destroy(sys, fd, id)).toBe(-ENOENT);
  });

  it("refuses whatever something else depends on", () => {
    const { sys } = setup();
    const { fd, ioas, dev_id, hwpt, viommu } = chain(sys);

    expect([ioas, dev_id, hwpt, viommu].map((id) => destroy(sys, fd, id))).toEqual(Array(4).fill(-EBUSY));
  });

  it("takes leaves first and frees everything in turn", () => {
    const { sys, iommufd } = setup();
    const { fd, ioas, deviceFd, dev_id, hwpt, viommu, vdevice } = chain(sys);

    expect([vdevice, viommu, hwpt, ioas].map((id) => destroy(sys, fd, id))).toEqual([0, 0, 0, 0]);
    expect(destroy(sys, fd, dev_id)).toBe(-EBUSY);
    expect(sys.close(deviceFd)).toBe(0);
    expect(destroy(sys, fd, dev_id)).toBe(-ENOENT);
    expect(auditIommufd(iommufd)).toEqual([]);
  });

  it("refuses with -EBUSY while another command works with the object", () => {
    function* stop(): Task<number> {
      yield { kind: "wait", object: "the test", until: () => true };
      return 0;
    }
    const { kernel, process, sys, iommufd } = setup({ kvm_map_private_memory: stop });
    const { fd, vdevice } = chain(sys);
    const bytes = iommu_vdevice_tsm_map({ vdevice_id: vdevice });
    const map = new SyscallTasks(kernel, process).ioctl(fd, IOMMU_VDEVICE_TSM_MAP, bytes);
    map.next();

    expect(destroy(sys, fd, vdevice)).toBe(-EBUSY);

    expect(map.next()).toEqual({ done: true, value: 0 });
    expect(auditIommufd(iommufd)).toEqual([]);
    expect(destroy(sys, fd, vdevice)).toBe(0);
  });
});

describe("closing the file", () => {
  it("destroys everything, whatever depends on what", () => {
    const { sys, kernel, iommufd } = setup();
    const { fd, deviceFd, vm } = chain(sys);
    const kvm = kernel.pages.allocated;

    sys.close(fd);
    expect(iommufd.contexts.size).toBe(1);
    sys.close(deviceFd);
    sys.close(vm);

    expect(iommufd.contexts.size).toBe(0);
    expect(kernel.log.lines).toEqual([]);
    expect(kernel.pages.allocated).toBeLessThan(kvm);
  });

  it("warns and leaks when a reference was never dropped", () => {
    const { sys, kernel } = setup();
    const fd = sys.open("/dev/iommu");
    const ioas_id = ioasAlloc(sys, fd);
    const bytes = iommu_ioas_map_file({ ioas_id, fd: -1, length: 4096, flags: IOMMU_IOAS_MAP_READABLE });
    sys.ioctl(fd, IOMMU_IOAS_MAP_FILE, bytes);
    expect(destroy(sys, fd, ioas_id)).toBe(-EBUSY);

    sys.close(fd);

    expect(kernel.log.lines.map(({ level }) => level)).toEqual(["warning"]);
    leaves({ kernel }, [...inFlight(ioas_id, "IOAS", 1), "iommufd: a closed context still has 1 object"]);
  });
});

describe("tombstones", () => {
  it("keep the id of a vdevice whose device left taken until the file is closed", () => {
    const { sys } = setup();
    const { fd, deviceFd, vdevice } = chain(sys);

    sys.close(deviceFd);

    expect(destroy(sys, fd, vdevice)).toBe(-ENOENT);
    const ids = [ioasAlloc(sys, fd), ioasAlloc(sys, fd), ioasAlloc(sys, fd)];
    expect(ids).not.toContain(vdevice);
  });

  it("are not left when user space destroys the vdevice itself", () => {
    const { sys } = setup();
    const { fd, vdevice, viommu, dev_id } = chain(sys);

    destroy(sys, fd, vdevice);

    const bytes = vdeviceBytes({ viommu_id: viommu, dev_id, virt_id: 0x88 });
    expect(sys.ioctl(fd, IOMMU_VDEVICE_ALLOC, bytes)).toBe(0);
    expect(new DataView(bytes.buffer).getUint32(12, true)).toBe(vdevice);
  });
});

describe("running out of memory", () => {
  it.each([1, 2])("undoes an allocation whose %i. step fails", (nth) => {
    const { sys, kernel, iommufd } = setup();
    const fd = sys.open("/dev/iommu");
    kernel.faults.arm("alloc", nth);

    expect(sys.ioctl(fd, IOMMU_IOAS_ALLOC, iommu_ioas_alloc())).toBe(-ENOMEM);

    expect(kernel.faults.fired).toBe(true);
    expect(ioasAlloc(sys, fd)).toBe(1);
    expect(auditIommufd(iommufd)).toEqual([]);
  });
});
