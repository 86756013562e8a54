// SPDX-License-Identifier: MIT
import { EFAULT, EINVAL, ENOMEM, ENOTTY } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import type { File, file_operations, IoctlArgument, task_struct } from "../fs/file.ts";
import type { Kernel } from "../kernel.ts";
import { type IoctlDescription, iommufdIoctls } from "./ioctl-table.ts";
import { type Iommufd, iommufd_ctx } from "./object-table.ts";
import { destroyAllObjects, iommufd_object_abort_and_destroy, iommufd_object_finalize } from "./objects.ts";
import { IOMMU_DESTROY, IOMMU_VDEVICE_TSM_MAP, IOMMUFD_CMD_BASE } from "./uapi.ts";
import { copy_struct_from_user, type IoctlHandler, type iommufd_ucmd } from "./ucmd.ts";

/** The commands of VFIO's type 1 driver, which shares the type byte but has numbers below the table. */
export type VfioCompat = (
  ictx: iommufd_ctx,
  current: task_struct,
  command: number,
  argument: IoctlArgument,
) => Task<number>;

/**
 * The operations of `/dev/iommu`.
 *
 * @param handlers one for each row of the table, by command name
 * @param vfio what to do with a number outside the table
 * @kernel drivers/iommu/iommufd/main.c iommufd_fops
 */
export function iommufdFops(
  handlers: Readonly<Record<string, IoctlHandler>>,
  vfio: VfioCompat,
): file_operations {
  const table = indexByNumber(handlers);
  return {
    name: "iommufd_fops",
    noted: { commands: new Set([IOMMU_VDEVICE_TSM_MAP, IOMMU_DESTROY]) },
    ioctl: (file, current, command, argument) => {
      const ictx = file.private_data as iommufd_ctx;
      ictx.file = file;
      return iommufd_fops_ioctl(ictx, current, command, argument, table, vfio);
    },
    *release(file) {
      const ictx = file.private_data as iommufd_ctx;
      yield* destroyAllObjects(ictx);
      if (ictx.objects.all().length === 0) ictx.iommufd.contexts.delete(ictx);
    },
  };
}

/** Makes the context of a new open file, or answers -ENOMEM. @kernel drivers/iommu/iommufd/main.c */
export function iommufd_fops_open(kernel: Kernel, iommufd: Iommufd): iommufd_ctx | number {
  if (kernel.faults.hit("alloc")) return -ENOMEM;
  const ictx = new iommufd_ctx(kernel, iommufd);
  iommufd.contexts.add(ictx);
  return ictx;
}

/** True for an open `/dev/iommu`. */
export function isIommufdFile(file: File): boolean {
  return file.f_op.name === "iommufd_fops";
}

interface TableEntry extends IoctlDescription {
  readonly execute: IoctlHandler;
}

/** The table by number less 0x80. A number that nobody has taken is a hole. */
function indexByNumber(handlers: Readonly<Record<string, IoctlHandler>>): (TableEntry | undefined)[] {
  const table: (TableEntry | undefined)[] = [];
  for (const row of iommufdIoctls) {
    const execute = handlers[row.name];
    if (execute === undefined) throw new TypeError(`no handler for ${row.name}`);
    table[row.nr - IOMMUFD_CMD_BASE] = { ...row, execute };
  }
  return table;
}

/**
 * Finds the command and runs it. The size word is read before the number is compared, so an unknown number in the
 * range of the table with a bad pointer is -EFAULT; -ENOTTY takes a pointer that can be read. Then a size below the
 * least one is -EINVAL, and bytes beyond the structure that are not zero are -E2BIG.
 *
 * @kernel drivers/iommu/iommufd/main.c
 */
function* iommufd_fops_ioctl(
  ictx: iommufd_ctx,
  current: task_struct,
  command: number,
  argument: IoctlArgument,
  table: readonly (TableEntry | undefined)[],
  vfio: VfioCompat,
): Task<number> {
  const nr = command & 0xff;
  if (nr < IOMMUFD_CMD_BASE || nr - IOMMUFD_CMD_BASE >= table.length)
    return yield* vfio(ictx, current, command, argument);

  const word = argument.pointer.read(0, 4);
  if (word === undefined) return -EFAULT;
  const user_size = new DataView(word.buffer, word.byteOffset).getUint32(0, true);

  const op = table[nr - IOMMUFD_CMD_BASE];
  if (op === undefined || op.command !== command) return -ENOTTY;
  if (user_size < op.min_size) return -EINVAL;

  const cmd = copy_struct_from_user(argument.pointer, op.size, user_size);
  if (typeof cmd === "number") return cmd;

  const ucmd: iommufd_ucmd = {
    ictx,
    current,
    ubuffer: argument.pointer,
    user_size,
    cmd,
    new_obj: undefined,
  };
  const result = yield* op.execute(ucmd);
  if (ucmd.new_obj !== undefined) {
    if (result !== 0) yield* iommufd_object_abort_and_destroy(ictx, ucmd.new_obj);
    else iommufd_object_finalize(ictx, ucmd.new_obj);
  }
  return result;
}
