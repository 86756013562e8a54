// SPDX-License-Identifier: MIT
import type { Task } from "../../base/task.ts";
import { iommufd_object_remove } from "./objects.ts";
import { iommu_destroy } from "./uapi-structs.ts";
import type { iommufd_ucmd } from "./ucmd.ts";

/**
 * IOMMU_DESTROY. Returns -ENOENT when nothing can be found under the id, and -EBUSY while something depends on the
 * object, a device is attached to it, or another command works with it.
 *
 * @kernel drivers/iommu/iommufd/main.c
 */
export function iommufd_destroy(ucmd: iommufd_ucmd): Task<number> {
  return iommufd_object_remove(ucmd.ictx, iommu_destroy.decode(ucmd.cmd).id);
}
