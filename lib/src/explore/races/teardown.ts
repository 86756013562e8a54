// SPDX-License-Identifier: MIT
import type { Task } from "../../base/task.ts";
import { IOMMU_DESTROY } from "../../kernel/iommufd/uapi.ts";
import { iommu_destroy } from "../../kernel/iommufd/uapi-structs.ts";
import type { Race, Scene } from "../race.ts";
import { brokenRules } from "../rules.ts";
import { mapping, memoryOf, requestOf, type Stage, stage } from "./scene.ts";

/** Closing the file takes the memory away without waiting for SRCU. */
export const mapAgainstGmemClose: Race = {
  id: "map-gmem-close",
  title: "Map against closing the guest_memfd",
  question: "Can a page stay mapped when its file is gone?",
  actors: { C: "close of the guest_memfd", M: "TSM_MAP of page 0" },
  start(kernel) {
    const on = stage(kernel, { slots: [1] });
    const tasks = { C: on.host.sys.tasks.close(memoryOf(on).guestMemfd), M: mapping(on, 0, 0) };
    const mapsAlone = [requestOf("M", 0, 0)];
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results, mapsAlone }) };
  },
};

/** The vIOMMU keeps the VM's file, so the VM cannot go while somebody maps. */
export const mapAgainstVmClose: Race = {
  id: "map-vm-close",
  title: "Map against closing the VM",
  question: "Can the VM end under a map that is under way?",
  actors: { C: "close of the VM's file", M: "TSM_MAP of pages 0 and 1" },
  start(kernel) {
    const on = stage(kernel);
    const tasks = { C: on.host.sys.tasks.close(on.vmm.vm), M: mapping(on, 0, 1) };
    const context = { mapsAlone: [requestOf("M", 0, 1)], staysMapped: [requestOf("M", 0, 1)] };
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results, ...context }) };
  },
};

/** The iommufd can be in the hands of a process that knows nothing of the VM, and that outlives the VMM. */
export const mapAgainstExit: Race = {
  id: "map-exit",
  title: "Map by another process against the end of the VMM",
  question: "Is everything given back when the VMM ends while another process maps?",
  actors: { E: "the VMM closes all its files, as exit does", M: "another process: TSM_MAP of page 0" },
  start(kernel) {
    const on = stage(kernel, { slots: [1] });
    const helper = on.host.newProcess();
    const iommufd = helper.receive(on.host.process, on.device.iommufd);
    const tasks = { E: closingAll(on), M: mapping(on, 0, 0, { process: helper, iommufd }) };
    const broken: Scene["broken"] = (results) => {
      // Only with the last descriptor goes the last reference on the VM, and with it everything that is left.
      on.host.sys.exit();
      helper.sys.exit();
      return brokenRules(on.host, { results });
    };
    return { host: on.host, tasks, broken };
  },
};

function* closingAll({ host }: Stage): Task<number> {
  for (const fd of host.process.task.openFds()) yield* host.sys.tasks.close(fd);
  return 0;
}

/** The ioctl holds a reference on the vdevice, so that it is either there for all of it or not at all. */
export const mapAgainstVdeviceDestroy: Race = {
  id: "map-vdevice-destroy",
  title: "Map against destroying the vdevice",
  question: "Can the vdevice go while the ioctl uses it?",
  actors: { M: "TSM_MAP of pages 0 and 1", X: "IOMMU_DESTROY of the vdevice" },
  start(kernel) {
    const on = stage(kernel);
    const { iommufd, vdevice_id } = on.device;
    const tasks = {
      M: mapping(on, 0, 1),
      X: on.host.sys.tasks.ioctl(iommufd, IOMMU_DESTROY, iommu_destroy({ id: vdevice_id })),
    };
    const context = { mapsAlone: [requestOf("M", 0, 1)], staysMapped: [requestOf("M", 0, 1)] };
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results, ...context }) };
  },
};
