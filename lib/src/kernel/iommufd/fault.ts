// SPDX-License-Identifier: MIT
import { EINVAL, ENOMEM, EOPNOTSUPP, ESPIPE } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { File, type file_operations, fput, get_file } from "../fs/file.ts";
import {
  IOMMUFD_OBJ_FAULT,
  type iommufd_ctx,
  iommufd_object,
  type iommufd_object_ops,
} from "./object-table.ts";
import { iommu_fault_alloc } from "./uapi-structs.ts";
import { iommufd_object_alloc_ucmd, type iommufd_ucmd, iommufd_ucmd_respond } from "./ucmd.ts";

/** Bytes of `struct iommu_hwpt_pgfault` and `struct iommu_hwpt_page_response`. */
const PGFAULT_BYTES = 40;
const RESPONSE_BYTES = 8;

/**
 * A queue on which user space would read the page faults of devices. No modelled device makes page requests, so it
 * stays empty.
 *
 * @kernel drivers/iommu/iommufd/eventq.c
 */
export class iommufd_fault extends iommufd_object {
  /** The file is open: it counts on the object. */
  opened = false;
  readonly ops: iommufd_object_ops = {
    *destroy() {},
  };

  constructor(ictx: iommufd_ctx) {
    super(ictx, IOMMUFD_OBJ_FAULT);
  }

  dependsOn(): readonly iommufd_object[] {
    return [];
  }

  override get outsideUsers(): number {
    return this.opened ? 1 : 0;
  }
}

const iommufd_fault_fops: file_operations = {
  name: "iommufd_fault_fops",
  read: (_file, into) => (into.length % PGFAULT_BYTES === 0 ? 0 : -ESPIPE),
  // biome-ignore lint/correctness/useYield: an operation of a file is a task, also one that never waits.
  *write(_file, _current, from): Task<number> {
    if (from.length % RESPONSE_BYTES !== 0) return -ESPIPE;
    // A response names a fault by its cookie, and there are none.
    return from.length === 0 ? 0 : -EINVAL;
  },
  *release(file) {
    const fault = file.private_data as iommufd_fault;
    fault.opened = false;
    fault.users--;
    yield* fput(fault.ictx.file as File);
  },
};

/** IOMMU_FAULT_QUEUE_ALLOC: an object and an open file, which keeps the object and the context. */
export function* iommufd_fault_alloc(ucmd: iommufd_ucmd): Task<number> {
  if (iommu_fault_alloc.decode(ucmd.cmd).flags !== 0) return -EOPNOTSUPP;
  const fault = iommufd_object_alloc_ucmd(ucmd, (ictx) => new iommufd_fault(ictx));
  if (typeof fault === "number") return fault;
  if (ucmd.ictx.kernel.faults.hit("alloc")) return -ENOMEM;
  fault.users++;
  fault.opened = true;
  get_file(ucmd.ictx.file as File);
  const file = new File(iommufd_fault_fops, fault);
  const fd = ucmd.current.fd_install(file);
  if (fd < 0) {
    yield* fput(file);
    return fd;
  }
  iommu_fault_alloc.set(ucmd.cmd, "out_fault_id", fault.id);
  iommu_fault_alloc.set(ucmd.cmd, "out_fault_fd", fd);
  const result = iommufd_ucmd_respond(ucmd);
  if (result !== 0) yield* ucmd.current.close_fd(fd);
  return result;
}
