// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../base/address.ts";
import { EFAULT, EINVAL } from "../base/errno.ts";
import { type Struct, struct } from "../base/layout.ts";
import type { Task } from "../base/task.ts";
import type { Host } from "../boot.ts";
import type { IoctlArgument } from "../kernel/fs/file.ts";
import { extendKvm } from "../kernel/kvm/extension-points.ts";
import type { Kvm } from "../kernel/kvm/kvm.ts";
import type { KernelVariant } from "../kernel/variant.ts";
import type { Design } from "./design.ts";
import { separateHalves } from "./separate-halves.ts";

/** Number of the command: our own, since nobody posted one. */
const MAP_PRIVATE = 0x4010aefe;

const rangeFields = { start: ["u64", 0], end: ["u64", 8] } as const;
const mapPrivateArgument: Struct<typeof rangeFields> = struct("map_private", rangeFields, 16, "our own");

/**
 * The loop of the patch, reached through the VM's own file: another process and a dead VM are turned away before, and
 * `slots_lock` keeps slots and attributes as they are.
 */
function* mapPrivate(kvm: Kvm, { pointer }: IoctlArgument, variant: KernelVariant): Task<number> {
  const bytes = pointer.read(0, mapPrivateArgument.byteLength);
  if (bytes === undefined) return -EFAULT;
  const [start, end] = Object.values(mapPrivateArgument.decode(bytes)).map(Number) as [number, number];
  if (start % PAGE_SIZE !== 0 || end % PAGE_SIZE !== 0 || end <= start) return -EINVAL;
  yield* kvm.slots_lock.lock();
  const result = yield* variant.kvm_map_private_memory(kvm, start, end);
  kvm.slots_lock.unlock();
  return result;
}

/** A command of the VM in place of the one of the vdevice: KVM is asked directly. */
export const vmIoctl: Design = {
  id: "B1",
  title: "an ioctl of the VM",
  origin: "the thread: the author, 4 August 2025",
  idea: "The VMM calls KVM on the VM's file; the loop is that of the patch, and iommufd knows nothing of it.",
  boot: { kernel: "rfc-v1" },
  extend: ({ kernel, variant }: Host): void =>
    extendKvm(kernel, {
      vmIoctls: new Map([[MAP_PRIVATE, (kvm, _current, argument) => mapPrivate(kvm, argument, variant)]]),
    }),
  commands: new Map([[MAP_PRIVATE, "(map private memory)"]]),
  moves: (hands) =>
    separateHalves(hands, ({ start, end }) =>
      hands.host.sys.ioctl(hands.vmm.vm, MAP_PRIVATE, mapPrivateArgument({ start, end })),
    ),
};
