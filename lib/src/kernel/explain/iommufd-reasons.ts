// SPDX-License-Identifier: MIT
import { gfnToGpa, gpaToGfn, hex, PAGE_SIZE } from "../../base/address.ts";
import {
  E2BIG,
  EBADF,
  EBUSY,
  EEXIST,
  EFAULT,
  EHWPOISON,
  EINVAL,
  EIO,
  ENODEV,
  ENOENT,
  ENOMEM,
  ENOTTY,
  ENXIO,
  EOPNOTSUPP,
} from "../../base/errno.ts";
import { toGpaRange } from "../iommufd/gpa-range.ts";
import { type IoctlDescription, iommufdIoctls } from "../iommufd/ioctl-table.ts";
import {
  IOMMUFD_OBJ_DEVICE,
  IOMMUFD_OBJ_HWPT_PAGING,
  IOMMUFD_OBJ_VDEVICE,
  IOMMUFD_OBJ_VIOMMU,
  objectTypeName,
} from "../iommufd/object-table.ts";
import {
  IOMMU_VDEICE_TSM_BIND,
  IOMMU_VDEICE_TSM_UNBIND,
  IOMMU_VIOMMU_KVM_FD,
  IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
  IOMMUFD_CMD_BASE,
} from "../iommufd/uapi.ts";
import {
  iommu_destroy,
  iommu_vdevice_alloc,
  iommu_vdevice_tsm_guest_request,
  iommu_vdevice_tsm_map,
  iommu_vdevice_tsm_op,
  iommu_viommu_alloc,
} from "../iommufd/uapi-structs.ts";
import { iommufd_vdevice } from "../iommufd/vdevice.ts";
import { kvm_map_private_memory } from "../kvm/arm64/map-private-memory.ts";
import { gmemOf } from "../kvm/gmem-inode.ts";
import { Kvm } from "../kvm/kvm.ts";
import { type kvm_memory_slot, kvm_slot_can_be_private } from "../kvm/memslots.ts";
import { NO_PAGE } from "../mm/pages.ts";
import { MOST_ARGUMENT_BYTES } from "../process.ts";
import { addressSpaceReasons } from "./address-space-reasons.ts";
import { domainReasons } from "./domain-reasons.ts";
import { contextOf, lookup, objectMemory, objectOf, respond } from "./object-reasons.ts";
import { argumentBytes, argumentOf, type FailedCall, type Reason, shown } from "./reason.ts";

const MAIN = "iommufd_fops_ioctl, drivers/iommu/iommufd/main.c";
const VIOMMU = "drivers/iommu/iommufd/viommu.c";
const COPY = "copy_struct_from_user, include/linux/uaccess.h";
const MAP = "kvm_map_private_memory, arch/arm64/kvm/mmu.c (RFC v1, patch 10)";
const GET_PFN = "kvm_gmem_get_pfn, virt/kvm/guest_memfd.c";

function rowOf({ detail }: FailedCall): IoctlDescription | undefined {
  return iommufdIoctls.find(({ command }) => command === detail["command"]);
}

/** The size that user space wrote into the first word; nothing when it cannot be read. */
function userSize(call: FailedCall): number | undefined {
  const word = argumentBytes(call, 4);
  return word.length < 4 ? undefined : new DataView(word.buffer, word.byteOffset).getUint32(0, true);
}

/** What every command of /dev/iommu goes through before its handler, in the order of the kernel. */
export const iommufdDispatch: readonly Reason[] = [
  {
    id: "size_word",
    errno: EFAULT,
    text: "the first word of the structure, its size, cannot be read",
    source: MAIN,
    evidence: (call) =>
      shown(userSize(call) === undefined, `${argumentBytes(call, 4).length} bytes can be read, 4 are needed`),
  },
  {
    id: "command",
    errno: ENOTTY,
    text: "/dev/iommu has no command of this number",
    source: MAIN,
    evidence: (call) => {
      const command = Number(call.detail["command"]);
      return shown(
        rowOf(call) === undefined && (command & 0xff) >= IOMMUFD_CMD_BASE,
        `command ${hex(command)}`,
      );
    },
  },
  {
    id: "min_size",
    errno: EINVAL,
    text: "the structure is shorter than the command takes",
    source: MAIN,
    evidence: (call) => {
      const [size, row] = [userSize(call), rowOf(call)];
      if (size === undefined || row === undefined) return undefined;
      return shown(size < row.min_size, `size is ${size}; ${row.min_size} bytes or more are taken`);
    },
  },
  {
    id: "tail_zero",
    errno: E2BIG,
    text: "bytes beyond the structure that the kernel knows are not zero",
    source: COPY,
    evidence: (call) => {
      const [size = 0, row] = [userSize(call), rowOf(call)];
      if (row === undefined) return undefined;
      const at = argumentBytes(call, Math.min(size, MOST_ARGUMENT_BYTES)).findIndex(
        (byte, i) => i >= row.size && byte !== 0,
      );
      return shown(at >= 0, `byte ${at} is not zero; struct ${row.structName} has ${row.size} bytes`);
    },
  },
  {
    id: "struct_read",
    errno: EFAULT,
    text: "the structure cannot be read as far as its size word says",
    source: COPY,
    evidence: (call) => {
      const size = userSize(call) ?? 0;
      const readable = argumentBytes(call, Math.min(size, MOST_ARGUMENT_BYTES)).length;
      return shown(
        readable < Math.min(size, MOST_ARGUMENT_BYTES),
        `size is ${size}, but only ${readable} bytes can be read`,
      );
    },
  },
];

const noTsm: Reason = {
  id: "config_tsm",
  errno: ENODEV,
  text: "the kernel was built without the TSM core in it; nothing was looked at",
  source: `${VIOMMU} (RFC v1, patch 08)`,
  evidence: ({ kernel }) =>
    shown(kernel.config.CONFIG_TSM !== "y", `CONFIG_TSM is ${kernel.config.CONFIG_TSM}`),
};

/** A part of the range of TSM_MAP that lies in one slot, or in none. Frames, end exclusive. */
interface Stretch {
  readonly kvm: Kvm;
  readonly start: number;
  readonly end: number;
  readonly slot: kvm_memory_slot | undefined;
}

function stretches(call: FailedCall): Stretch[] {
  const { start_gpa, end_gpa, vdevice_id } = argumentOf(call, iommu_vdevice_tsm_map);
  const vdev = objectOf(call, vdevice_id);
  const kvm = vdev instanceof iommufd_vdevice ? vdev.viommu.kvm_filp?.private_data : undefined;
  if (!(kvm instanceof Kvm)) return [];
  const [from, to] = toGpaRange(start_gpa, end_gpa);
  const last = Math.ceil(to / PAGE_SIZE);
  const found: Stretch[] = [];
  for (let start: number = gpaToGfn(from); start < last; start = (found.at(-1) as Stretch).end) {
    const slot = kvm.memslots.search(start);
    const next = kvm.memslots.gfn_tree.find(({ base_gfn }) => base_gfn > start)?.base_gfn ?? last;
    const end = slot === undefined ? next : slot.base_gfn + slot.npages;
    found.push({ kvm, start, end: Math.min(end, last), slot });
  }
  return found;
}

function privateStretches(call: FailedCall): (Stretch & { readonly slot: kvm_memory_slot })[] {
  return stretches(call).filter((one): one is Stretch & { readonly slot: kvm_memory_slot } =>
    kvm_slot_can_be_private(one.slot),
  );
}

function mapFunction(call: FailedCall): "posted" | "weak" | "other" {
  const resolution = contextOf(call)?.iommufd.resolution;
  if (resolution?.definition === "weak") return "weak";
  return resolution?.kvm_map_private_memory === kvm_map_private_memory ? "posted" : "other";
}

const mapRange: Reason = {
  id: "range",
  errno: EINVAL,
  text: "the range is empty, reversed or not aligned; the patch as posted does not look, repaired kernels do",
  source: "kvm_map_private_memory of a repaired kernel",
  evidence: (call) => {
    const { start_gpa, end_gpa } = argumentOf(call, iommu_vdevice_tsm_map);
    const page = BigInt(PAGE_SIZE);
    const bad = start_gpa >= end_gpa || start_gpa % page !== 0n || end_gpa % page !== 0n;
    return shown(
      bad && mapFunction(call) === "other",
      `start_gpa ${hex(start_gpa)}, end_gpa ${hex(end_gpa)}`,
    );
  },
};

const tsmMap: readonly Reason[] = [
  noTsm,
  {
    id: "flags",
    errno: EOPNOTSUPP,
    text: "flags must be 0",
    source: `iommufd_vdevice_tsm_map_ioctl, ${VIOMMU} (RFC v1, patch 10)`,
    evidence: (call) => {
      const { flags } = argumentOf(call, iommu_vdevice_tsm_map);
      return shown(flags !== 0, `flags is ${hex(flags)}`);
    },
  },
  lookup("vdevice_id", IOMMUFD_OBJ_VDEVICE, (call) => argumentOf(call, iommu_vdevice_tsm_map).vdevice_id),
  {
    id: "weak",
    errno: EINVAL,
    text: "iommufd calls its own fallback, because the linker did not take the function of KVM",
    source: `weak kvm_map_private_memory, ${VIOMMU} (RFC v1, patch 10)`,
    evidence: (call) => shown(mapFunction(call) === "weak", contextOf(call)?.iommufd.resolution.reason ?? ""),
  },
  mapRange,
  {
    id: "memory_cache",
    errno: ENOMEM,
    text: "no memory for the pages that tables may need",
    source: "kvm_mmu_topup_memory_cache, virt/kvm/kvm_main.c",
  },
  {
    id: "private_slot",
    errno: EINVAL,
    text: "a page of the range lies in no memory slot with a guest_memfd; the pages before it stay mapped",
    source: MAP,
    evidence: (call) => {
      const bad = stretches(call).find(({ slot }) => !kvm_slot_can_be_private(slot));
      if (bad === undefined) return undefined;
      const where = bad.slot === undefined ? "no slot" : `slot ${bad.slot.id}, which has no guest_memfd`;
      return `guest address ${hex(gfnToGpa(bad.start as ReturnType<typeof gpaToGfn>))} is in ${where}`;
    },
  },
  {
    id: "gmem_closed",
    errno: EFAULT,
    text: "the guest_memfd of the slot was closed",
    source: GET_PFN,
    evidence: (call) => {
      const bad = privateStretches(call).find(({ slot }) => slot.gmem.file === undefined);
      return bad && `slot ${bad.slot.id} has no file any more`;
    },
  },
  {
    id: "gmem_binding",
    errno: EIO,
    text: "the guest_memfd does not know the slot at this page",
    source: GET_PFN,
    evidence: (call) => {
      const bad = privateStretches(call).find(({ slot }) => {
        const { file, pgoff } = slot.gmem;
        return file !== undefined && !gmemOf(file).bindings.isUniform(pgoff, pgoff + slot.npages, slot);
      });
      return bad && `slot ${bad.slot.id} is not bound where it says`;
    },
  },
  { id: "gmem_memory", errno: ENOMEM, text: "no memory for a page of the guest_memfd", source: GET_PFN },
  {
    id: "poison",
    errno: EHWPOISON,
    text: "a page of the guest_memfd has failed in hardware",
    source: GET_PFN,
    evidence: poisonedPage,
  },
  {
    id: "firmware",
    errno: ENXIO,
    text: "the firmware refused a command of realm_map_ipa; whatever its answer was, the caller gets this errno",
    source: "realm_map_protected, arch/arm64/kvm/rme.c",
    evidence: ({ refusal }) => refusal && refusedText(refusal),
  },
  {
    id: "table_memory",
    errno: ENXIO,
    text: "no page was left for a translation table, or an injected fault answered in place of the firmware",
    source: "realm_create_rtt_levels, arch/arm64/kvm/rme.c",
    evidence: ({ refusal, kernel }) =>
      shown(refusal === undefined && kernel.faults.fired, "an injected fault has fired"),
  },
  respond,
];

function poisonedPage(call: FailedCall): string | undefined {
  for (const { kvm, start, end, slot } of privateStretches(call)) {
    if (slot.gmem.file === undefined) continue;
    const { inode } = gmemOf(slot.gmem.file);
    for (let gfn = start; gfn < end; gfn++) {
      const pfn = inode.pageAt(gfn - slot.base_gfn + slot.gmem.pgoff);
      if (pfn !== NO_PAGE && kvm.kernel.pages.isPoisoned(pfn))
        return `the page at guest address ${hex(gfn * PAGE_SIZE)} is poisoned`;
    }
  }
  return undefined;
}

/** A command that the firmware refused, with its arguments and the condition that refused it. */
export function refusedText({ command, condition, args }: NonNullable<FailedCall["refusal"]>): string {
  const list = command.args.map((name, i) => `${name} ${hex(args[i] ?? 0)}`).join(", ");
  return `${command.name}(${list}) was refused by ${condition.id}: ${condition.text}`;
}

const tsmOp: readonly Reason[] = [
  noTsm,
  {
    id: "flags",
    errno: EOPNOTSUPP,
    text: "flags must be 0",
    source: `iommufd_vdevice_tsm_op_ioctl, ${VIOMMU} (RFC v1, patch 08)`,
    evidence: (call) => {
      const { flags } = argumentOf(call, iommu_vdevice_tsm_op);
      return shown(flags !== 0, `flags is ${hex(flags)}`);
    },
  },
  lookup("vdevice_id", IOMMUFD_OBJ_VDEVICE, (call) => argumentOf(call, iommu_vdevice_tsm_op).vdevice_id),
  {
    id: "op",
    errno: ENODEV,
    text: "there is no such operation",
    source: `iommufd_vdevice_tsm_op_ioctl, ${VIOMMU} (RFC v1, patch 08)`,
    evidence: (call) => {
      const { op } = argumentOf(call, iommu_vdevice_tsm_op);
      return shown(op !== IOMMU_VDEICE_TSM_BIND && op !== IOMMU_VDEICE_TSM_UNBIND, `op is ${op}`);
    },
  },
  {
    id: "connected",
    errno: ENODEV,
    text: "the device is not connected to the TSM; every failure of the TSM core becomes this errno",
    source: "pci_tsm_bind, drivers/pci/tsm.c",
    evidence: (call) => {
      const vdev = objectOf(call, argumentOf(call, iommu_vdevice_tsm_op).vdevice_id);
      const state = vdev instanceof iommufd_vdevice ? vdev.idev.dev.tsm?.state : undefined;
      return shown(
        state !== "PCI_TSM_CONNECT",
        `state of the device: ${state ?? "no TSM driver took it on"}`,
      );
    },
  },
  {
    id: "tsm_driver",
    errno: ENODEV,
    text: "the TSM driver could not bind the device, or it is bound to another VM",
    source: "pci_tsm_bind, drivers/pci/tsm.c",
    evidence: ({ refusal }) => refusal && refusedText(refusal),
  },
  respond,
];

const guestRequest: readonly Reason[] = [
  noTsm,
  lookup(
    "vdevice_id",
    IOMMUFD_OBJ_VDEVICE,
    (call) => argumentOf(call, iommu_vdevice_tsm_guest_request).vdevice_id,
  ),
  {
    id: "bound",
    errno: ENODEV,
    text: "the device is not connected to the TSM, or not bound to a VM",
    source: "pci_tsm_guest_req, drivers/pci/tsm.c",
    evidence: (call) => {
      const vdev = objectOf(call, argumentOf(call, iommu_vdevice_tsm_guest_request).vdevice_id);
      return shown(
        vdev instanceof iommufd_vdevice && vdev.idev.dev.tsm?.tdi === undefined,
        "nothing is bound",
      );
    },
  },
  {
    id: "tsm_driver",
    errno: EIO,
    text: "the TSM driver did not do what the guest asked for; whatever its error was, it becomes this errno",
    source: "pci_tsm_guest_req, drivers/pci/tsm.c",
  },
  respond,
];

const viommuAlloc: readonly Reason[] = [
  {
    id: "flags",
    errno: EOPNOTSUPP,
    text: "flags has a bit besides IOMMU_VIOMMU_KVM_FD",
    source: `iommufd_viommu_alloc_ioctl, ${VIOMMU}`,
    evidence: (call) => {
      const { flags } = argumentOf(call, iommu_viommu_alloc);
      return shown((flags & ~IOMMU_VIOMMU_KVM_FD) !== 0, `flags is ${hex(flags)}`);
    },
  },
  lookup("dev_id", IOMMUFD_OBJ_DEVICE, (call) => argumentOf(call, iommu_viommu_alloc).dev_id),
  {
    id: "type",
    errno: EOPNOTSUPP,
    text: "the IOMMU offers no vIOMMU of this type",
    source: `iommufd_viommu_alloc_ioctl, ${VIOMMU}`,
    evidence: (call) => {
      const { type } = argumentOf(call, iommu_viommu_alloc);
      return shown(type !== IOMMU_VIOMMU_TYPE_ARM_SMMUV3, `type is ${type}`);
    },
  },
  lookup("hwpt_id", IOMMUFD_OBJ_HWPT_PAGING, (call) => argumentOf(call, iommu_viommu_alloc).hwpt_id),
  {
    id: "nest_parent",
    errno: EINVAL,
    text: "the domain was not made with IOMMU_HWPT_ALLOC_NEST_PARENT",
    source: `iommufd_viommu_alloc_ioctl, ${VIOMMU}`,
    evidence: (call) => `hwpt_id is ${argumentOf(call, iommu_viommu_alloc).hwpt_id}`,
  },
  objectMemory,
  {
    id: "kvm_vm_fd",
    errno: EBADF,
    text: "kvm_vm_fd is no VM",
    source: `viommu_get_kvm, ${VIOMMU} (RFC v1, patch 07)`,
    evidence: (call) => `kvm_vm_fd is ${argumentOf(call, iommu_viommu_alloc).kvm_vm_fd}`,
  },
  respond,
];

const vdeviceAlloc: readonly Reason[] = [
  lookup("viommu_id", IOMMUFD_OBJ_VIOMMU, (call) => argumentOf(call, iommu_vdevice_alloc).viommu_id),
  lookup("dev_id", IOMMUFD_OBJ_DEVICE, (call) => argumentOf(call, iommu_vdevice_alloc).dev_id),
  {
    id: "same_iommu",
    errno: EINVAL,
    text: "vIOMMU and device are behind different IOMMUs",
    source: `iommufd_vdevice_alloc_ioctl, ${VIOMMU}`,
    evidence: (call) => {
      const { viommu_id, dev_id } = argumentOf(call, iommu_vdevice_alloc);
      return `viommu_id is ${viommu_id}, dev_id is ${dev_id}`;
    },
  },
  {
    id: "destroying",
    errno: ENOENT,
    text: "the device is on its way out",
    source: `iommufd_vdevice_alloc_ioctl, ${VIOMMU}`,
  },
  {
    id: "virt_id",
    errno: EEXIST,
    text: "the device has a vdevice already, or another one of this vIOMMU has the virtual id",
    source: `iommufd_vdevice_alloc_ioctl, ${VIOMMU}`,
    evidence: (call) => {
      const { dev_id, virt_id } = argumentOf(call, iommu_vdevice_alloc);
      return `dev_id is ${dev_id}, virt_id is ${hex(virt_id)}`;
    },
  },
  objectMemory,
  respond,
];

const destroy: readonly Reason[] = [
  {
    id: "id",
    errno: ENOENT,
    text: "there is no object with this id",
    source: "iommufd_object_remove, drivers/iommu/iommufd/main.c",
    evidence: (call) => {
      const { id } = argumentOf(call, iommu_destroy);
      return shown(objectOf(call, id) === undefined, `id is ${id}`);
    },
  },
  {
    id: "users",
    errno: EBUSY,
    text: "something counts on the object: another object, an attachment, or a command at work",
    source: "iommufd_object_remove, drivers/iommu/iommufd/main.c",
    evidence: (call) => {
      const object = objectOf(call, argumentOf(call, iommu_destroy).id);
      if (object === undefined) return undefined;
      const holders = contextOf(call)?.objects.all() ?? [];
      const names = holders
        .filter((one) => one.dependsOn().includes(object))
        .map(({ id, type }) => `${objectTypeName(type)} ${id}`);
      const list = names.length === 0 ? "" : `, held by ${names.join(", ")}`;
      return `${objectTypeName(object.type)} ${object.id} has users ${object.users}${list}`;
    },
  },
];

/** Reasons of the commands of /dev/iommu by name. Every one also goes through the dispatcher. */
export const iommufdReasons: Readonly<Record<string, readonly Reason[]>> = {
  IOMMU_DESTROY: destroy,
  ...addressSpaceReasons,
  ...domainReasons,
  IOMMU_VIOMMU_ALLOC: viommuAlloc,
  IOMMU_VDEVICE_ALLOC: vdeviceAlloc,
  IOMMU_VDEVICE_TSM_OP: tsmOp,
  IOMMU_VDEVICE_TSM_GUEST_REQUEST: guestRequest,
  IOMMU_VDEVICE_TSM_MAP: tsmMap,
};
