// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EBADF, EFAULT, ENOENT } from "../../lib/src/base/errno.ts";
import { IOMMU_VDEVICE_TSM_MAP } from "../../lib/src/kernel/iommufd/uapi.ts";
import { iommu_vdevice_tsm_map } from "../../lib/src/kernel/iommufd/uapi-structs.ts";
import { realmWithDevice } from "../../lib/src/user/assigned-realm.ts";
import { auditedHost } from "../support/host.ts";
import { GPA, PAGE } from "../support/vm.ts";

const FILES = ["vm", "gmem", "vcpu", "iommufd", "vfio"] as const;
type Name = (typeof FILES)[number];

function permutations(names: readonly Name[]): Name[][] {
  if (names.length === 0) return [[]];
  return names.flatMap((name) =>
    permutations(names.filter((other) => other !== name)).map((rest) => [name, ...rest]),
  );
}

/** A realm that runs, with two of four pages mapped, and a device that is bound to it; all of its files. */
function assigned() {
  const host = auditedHost({ memory: 512 * PAGE });
  const { vmm, device } = realmWithDevice(host, { gpa: GPA, size: 4 * PAGE });
  const { sys } = host;
  const map = (page: number): number => {
    const start_gpa = GPA + page * PAGE;
    const fields = { vdevice_id: device.vdevice_id, start_gpa, end_gpa: start_gpa + PAGE };
    return sys.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, iommu_vdevice_tsm_map(fields));
  };
  expect([map(0), map(1)]).toEqual([0, 0]);
  const vcpu = vmm.vcpus[0];
  const fds: Record<Name, number> = {
    vm: vmm.vm,
    gmem: vmm.memory[0]?.guestMemfd ?? -1,
    vcpu: vcpu?.fd ?? -1,
    iommufd: device.iommufd,
    vfio: device.vfio,
  };
  // The mapping of struct kvm_run keeps the vCPU's file open.
  expect(sys.munmap(vcpu?.run ?? 0, PAGE)).toBe(0);
  return { host, sys, map, fds };
}

describe("closing the files of a realm with a device", () => {
  it.each(permutations(FILES).map((order) => [order.join(", "), order] as const))(
    "in the order %s",
    (_, order) => {
      const { host, sys, map, fds } = assigned();
      const open = new Set<Name>(FILES);
      const isOpen = (name: Name): boolean => open.has(name);

      for (const name of order) {
        expect(sys.close(fds[name])).toBe(0);
        expect(sys.close(fds[name])).toBe(-EBADF);
        open.delete(name);

        // Each of them keeps the VM: iommufd and device file keep the vIOMMU, which keeps the VM's file.
        expect(host.kernel.vm_list.size).toBe(open.size > 0 ? 1 : 0);
        // The device's end leaves a tombstone; a closed guest_memfd leaves slots without a file.
        const expected = !isOpen("iommufd")
          ? -EBADF
          : !isOpen("vfio")
            ? -ENOENT
            : isOpen("gmem")
              ? 0
              : -EFAULT;
        expect(map(2 + (open.size % 2))).toBe(expected);
        expect(host.audit()).toEqual([]);
      }

      expect(host.kernel.log.lines).toEqual([]);
      expect(host.rmm.state.realms.size).toBe(0);
      expect(host.rmm.state.vdevs.size).toBe(0);
    },
  );
});
