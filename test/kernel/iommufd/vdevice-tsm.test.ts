// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EFAULT, EINVAL, ENODEV, ENOENT, EOPNOTSUPP } from "../../../lib/src/base/errno.ts";
import { DEFAULT_CONFIG, type KernelConfig } from "../../../lib/src/kernel/config.ts";
import { toGpaRange } from "../../../lib/src/kernel/iommufd/gpa-range.ts";
import { resolveSymbols } from "../../../lib/src/kernel/iommufd/link.ts";
import type { MapPrivateMemory } from "../../../lib/src/kernel/iommufd/object-table.ts";
import * as uapi from "../../../lib/src/kernel/iommufd/uapi.ts";
import * as structs from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import { KILLED } from "../../../lib/src/kernel/syscall-tasks.ts";
import { leaves } from "../../support/host.ts";
import {
  ask,
  bindDevice,
  chain,
  destroy,
  FILE_IN_FLIGHT,
  hwptAlloc,
  inFlight,
  ioasAlloc,
  mapNothing,
  readOnlyMemory,
  type SetupOptions,
  setup,
  tsmMap,
  vdeviceBytes,
  viommuBytes,
} from "./setup.ts";

const START = 0x8000_0000n;

/** A map function that notes the ranges it is called with. */
function recorder(result = 0): { calls: [number, number][]; map: MapPrivateMemory } {
  const calls: [number, number][] = [];
  return {
    calls,
    // biome-ignore lint/correctness/useYield: it has the type of a function that may wait.
    *map(_kvm, start, end) {
      calls.push([start, end]);
      return result;
    },
  };
}

/** Like `chain`, but the vIOMMU does not know the VM. */
function chainWithoutKvm(options: SetupOptions = {}) {
  const made = setup(options);
  const { sys } = made;
  const fd = sys.open("/dev/iommu");
  const { dev_id, fd: deviceFd } = bindDevice(sys, fd);
  const pt_id = ioasAlloc(sys, fd);
  const hwpt_id = hwptAlloc(sys, fd, { dev_id, pt_id, flags: uapi.IOMMU_HWPT_ALLOC_NEST_PARENT });
  const bytes = viommuBytes({ dev_id, hwpt_id });
  const viommu_id = ask(sys, fd, uapi.IOMMU_VIOMMU_ALLOC, structs.iommu_viommu_alloc, bytes, "out_viommu_id");
  const vdevice = vdeviceBytes({ viommu_id, dev_id });
  const id = ask(sys, fd, uapi.IOMMU_VDEVICE_ALLOC, structs.iommu_vdevice_alloc, vdevice, "out_vdevice_id");
  return { ...made, fd, deviceFd, viommu_id, vdevice_id: id, dev_id, hwpt_id };
}

describe("IOMMU_VDEVICE_TSM_MAP", () => {
  it("hands the range to kvm_map_private_memory and answers what it answers", () => {
    const { calls, map } = recorder(-EINVAL);
    const { sys } = setup({ kvm_map_private_memory: map });
    const { fd, vdevice } = chain(sys);

    const result = tsmMap(sys, fd, { vdevice_id: vdevice, start_gpa: START, end_gpa: START + 4096n });

    expect(result).toBe(-EINVAL);
    expect(calls).toEqual([[0x8000_0000, 0x8000_1000]]);
  });

  it("tests the flags before it looks the vdevice up", () => {
    const { sys } = setup();
    const { fd } = chain(sys);

    expect(tsmMap(sys, fd, { vdevice_id: 0, flags: 1 })).toBe(-EOPNOTSUPP);
    expect(tsmMap(sys, fd, { vdevice_id: 0 })).toBe(-ENOENT);
  });

  it("answers -ENOENT for the id of any other object", () => {
    const { sys } = setup();
    const { fd, ioas, dev_id, hwpt, viommu } = chain(sys);

    for (const vdevice_id of [ioas, dev_id, hwpt, viommu])
      expect(tsmMap(sys, fd, { vdevice_id })).toBe(-ENOENT);
  });

  it("answers -EFAULT after mapping when the structure cannot be written back", () => {
    const { calls, map } = recorder();
    const { sys, process } = setup({ kvm_map_private_memory: map });
    const { fd, vdevice } = chain(sys);
    const bytes = structs.iommu_vdevice_tsm_map({
      vdevice_id: vdevice,
      start_gpa: START,
      end_gpa: START + 1n,
    });

    expect(sys.ioctl(fd, uapi.IOMMU_VDEVICE_TSM_MAP, readOnlyMemory(process, sys, bytes))).toBe(-EFAULT);
    expect(calls).toHaveLength(1);
  });

  it("writes the whole structure back unchanged, padding included", () => {
    const { sys } = setup();
    const { fd, vdevice } = chain(sys);
    const bytes = structs.iommu_vdevice_tsm_map({ vdevice_id: vdevice, start_gpa: 1, end_gpa: 2 });
    bytes.fill(0xab, 28);
    const before = [...bytes];

    expect(sys.ioctl(fd, uapi.IOMMU_VDEVICE_TSM_MAP, bytes)).toBe(0);
    expect([...bytes]).toEqual(before);
  });

  it("dereferences NULL when the vIOMMU was made without the KVM flag", () => {
    const { sys, fd, vdevice_id, kernel } = chainWithoutKvm();

    expect(tsmMap(sys, fd, { vdevice_id })).toBe(KILLED);
    expect(kernel.log.lines).toEqual([
      {
        level: "oops",
        text: "NULL pointer dereference of vdev->viommu->kvm_filp in iommufd_vdevice_tsm_map_ioctl",
      },
    ]);
    leaves({ kernel }, [...inFlight(vdevice_id, "VDEVICE", 1), FILE_IN_FLIGHT]);
  });

  it("goes through for another process that holds the iommufd, past the guard of the VM's own calls", () => {
    const { calls, map } = recorder();
    const { sys, kernel, process } = setup({ kvm_map_private_memory: map });
    const { fd, vdevice } = chain(sys);
    const other = kernel.newProcess();
    const file = process.fget(fd);
    if (file === undefined) throw new Error("the iommufd is open");
    const otherFd = other.fd_install(file);

    const bytes = structs.iommu_vdevice_tsm_map({ vdevice_id: vdevice, start_gpa: 0, end_gpa: 4096 });
    const call = file.f_op.ioctl?.(file, other, uapi.IOMMU_VDEVICE_TSM_MAP, {
      value: 0,
      pointer: { read: (at, n) => bytes.slice(at, at + n), write: () => true },
    });

    expect(otherFd).toBeGreaterThan(0);
    expect(call?.next()).toEqual({ done: true, value: 0 });
    expect(calls).toHaveLength(1);
  });
});

describe("a range as numbers", () => {
  it.each([
    [5n, 5n, [5, 5]],
    [9n, 5n, [9, 5]],
    [2n ** 64n - 1n, 0n, [2 ** 53, 0]],
    [2n ** 64n - 1n, 2n ** 63n, [2 ** 53, 2 ** 53]],
    [0x800n, 0x2800n, [0x800, 0x2800]],
    [0n, 2n ** 64n - 1n, [0, 2 ** 53]],
    [2n ** 64n - 2n, 2n ** 64n - 1n, [2 ** 53, 2 ** 53 + 4096]],
  ])("%i to %i keeps its order", (start, end, expected) => {
    expect(toGpaRange(start, end)).toEqual(expected);
  });
});

describe("builds", () => {
  const strong = { kvm_map_private_memory: mapNothing };

  it.each<[Partial<KernelConfig>, string]>([
    [{}, "strong"],
    [{ CONFIG_IOMMUFD: "m" }, "weak"],
    [{ ARCH: "x86" }, "weak"],
  ])("%o calls the %s definition", (config, definition) => {
    expect(resolveSymbols({ ...DEFAULT_CONFIG, ...config }, strong).definition).toBe(definition);
  });

  it.each<Partial<KernelConfig>>([{ CONFIG_IOMMUFD: "m" }, { ARCH: "x86" }])(
    "%o always answers -EINVAL, for an empty range too",
    (config) => {
      const { sys } = setup({ config });
      const { fd, vdevice } = chain(sys);

      expect(tsmMap(sys, fd, { vdevice_id: vdevice })).toBe(-EINVAL);
    },
  );

  it.each<Partial<KernelConfig>>([{ CONFIG_TSM: "m" }, { CONFIG_TSM: "n" }])(
    "%o has stubs: all three commands answer -ENODEV whatever they are given",
    (config) => {
      const { sys } = setup({ config });
      const fd = sys.open("/dev/iommu");

      expect(tsmMap(sys, fd, { vdevice_id: 0, flags: 7 })).toBe(-ENODEV);
      const op = structs.iommu_vdevice_tsm_op({ flags: 7 });
      expect(sys.ioctl(fd, uapi.IOMMU_VDEVICE_TSM_OP, op)).toBe(-ENODEV);
      const request = structs.iommu_vdevice_tsm_guest_request();
      expect(sys.ioctl(fd, uapi.IOMMU_VDEVICE_TSM_GUEST_REQUEST, request)).toBe(-ENODEV);
    },
  );
});

describe("IOMMU_VDEVICE_TSM_OP", () => {
  it("tests the flags, then the vdevice, and reports everything else as -ENODEV", () => {
    const { sys } = setup();
    const { fd, vdevice } = chain(sys);
    const op = (values: { op?: number; flags?: number; vdevice_id?: number }) =>
      sys.ioctl(fd, uapi.IOMMU_VDEVICE_TSM_OP, structs.iommu_vdevice_tsm_op(values));

    expect(op({ flags: 1 })).toBe(-EOPNOTSUPP);
    expect(op({ op: 1 })).toBe(-ENOENT);
    expect(op({ op: 3, vdevice_id: vdevice })).toBe(-ENODEV);
    expect(op({ op: uapi.IOMMU_VDEICE_TSM_BIND, vdevice_id: vdevice })).toBe(-ENODEV);
  });

  it("dereferences NULL when the vIOMMU was made without the KVM flag", () => {
    const { sys, fd, vdevice_id, kernel } = chainWithoutKvm();

    const bytes = structs.iommu_vdevice_tsm_op({ op: 1, vdevice_id });

    expect(sys.ioctl(fd, uapi.IOMMU_VDEVICE_TSM_OP, bytes)).toBe(KILLED);
    leaves({ kernel }, [...inFlight(vdevice_id, "VDEVICE", 1), FILE_IN_FLIGHT]);
  });
});

describe("the VM of a vIOMMU", () => {
  it("is kept alive by it: the VM's descriptor may be closed", () => {
    const { sys, kernel } = setup();
    const { fd, vm, vdevice } = chain(sys);

    sys.close(vm);

    expect(tsmMap(sys, fd, { vdevice_id: vdevice })).toBe(0);
    expect(kernel.log.lines).toEqual([]);
  });

  it("is not there without the flag, so that destroying the vIOMMU puts NULL", () => {
    const { sys, fd, vdevice_id, viommu_id, kernel } = chainWithoutKvm();
    expect(destroy(sys, fd, vdevice_id)).toBe(0);

    expect(destroy(sys, fd, viommu_id)).toBe(KILLED);
    expect(kernel.log.lines.map(({ level }) => level)).toEqual(["oops"]);
    leaves({ kernel }, [FILE_IN_FLIGHT]);
  });

  it.each(["a descriptor that is not open", "a file that is no VM"])(
    "given as %s ends in a NULL put",
    (what) => {
      const { sys, kernel } = setup();
      const fd = sys.open("/dev/iommu");
      const { dev_id } = bindDevice(sys, fd);
      const flags = uapi.IOMMU_HWPT_ALLOC_NEST_PARENT;
      const hwpt_id = hwptAlloc(sys, fd, { dev_id, pt_id: ioasAlloc(sys, fd), flags });
      const kvm_vm_fd = what.startsWith("a file") ? fd : 1000;

      const bytes = viommuBytes({ dev_id, hwpt_id, flags: uapi.IOMMU_VIOMMU_KVM_FD, kvm_vm_fd });

      // The kernel meant to answer -EBADF, but undoing the object puts a file that it does not have.
      expect(sys.ioctl(fd, uapi.IOMMU_VIOMMU_ALLOC, bytes)).toBe(KILLED);
      // Without a file it dies in the handler, and the look-ups stay; the vIOMMU counts on the domain, unseen.
      const lookUps = [
        ...inFlight(dev_id, "DEVICE", 2),
        `iommufd object ${hwpt_id} (HWPT_PAGING): users is 3, but 1 count on it`,
        `iommufd object ${hwpt_id} (HWPT_PAGING): wait_cnt is 2 instead of 1`,
      ];
      leaves({ kernel }, [...(what.startsWith("a file") ? [] : lookUps), FILE_IN_FLIGHT]);
    },
  );

  it("is looked up only after device and domain were found to be in order", () => {
    const { sys } = setup();
    const fd = sys.open("/dev/iommu");
    const { dev_id } = bindDevice(sys, fd);
    const hwpt_id = hwptAlloc(sys, fd, { dev_id, pt_id: ioasAlloc(sys, fd) });
    const flags = uapi.IOMMU_VIOMMU_KVM_FD;
    const alloc = (values: Parameters<typeof viommuBytes>[0]) =>
      sys.ioctl(fd, uapi.IOMMU_VIOMMU_ALLOC, viommuBytes({ flags, kvm_vm_fd: 1000, ...values }));

    expect(alloc({ dev_id: 0, hwpt_id })).toBe(-ENOENT);
    expect(alloc({ dev_id, hwpt_id: 0 })).toBe(-ENOENT);
    expect(alloc({ dev_id, hwpt_id })).toBe(-EINVAL);
    expect(alloc({ dev_id, hwpt_id, type: 2 })).toBe(-EOPNOTSUPP);
    expect(alloc({ dev_id, hwpt_id, flags: 3 })).toBe(-EOPNOTSUPP);
  });
});
