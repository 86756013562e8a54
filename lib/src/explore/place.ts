// SPDX-License-Identifier: MIT
import type { SchedulingPoint } from "../base/task.ts";
import { type KernelVariant, variants } from "../kernel/variant.ts";

/** A function that a turn begins in. */
export interface Place {
  /** The function, as the kernel names it. */
  readonly name: string;
  /** The file of the kernel that has it. */
  readonly source: string;
  /** The file of the model below `lib/src`. */
  readonly file: string;
}

/** What is known of a turn when its place is looked up. Points are written as `pointText` writes them. */
export interface Around {
  /** Where the turn began; "start" for the first of its task. */
  readonly at: string;
  /** Where the turn before it of the same task began. */
  readonly after: string;
  /** Where it stopped; "end" for the last of its task. */
  readonly before: string;
  /** The task runs a vCPU. */
  readonly vcpu: boolean;
  /** The kernel that was booted. */
  readonly kernel: string | KernelVariant;
}

/** A scheduling point in words: its kind and its object. */
export function pointText(point: SchedulingPoint | undefined, none: string): string {
  return point === undefined ? none : `${point.kind} ${point.object}`;
}

interface Rule {
  readonly at: string;
  readonly after?: readonly string[];
  readonly before?: readonly string[];
  readonly vcpu?: boolean;
  readonly place: Place;
}

function place(name: string, source: string, file: string): Place {
  return { name, source, file };
}

const GMEM = "virt/kvm/guest_memfd.c";
const KVM_MAIN = "virt/kvm/kvm_main.c";
const MMU = "arch/arm64/kvm/mmu.c";
const RME = "arch/arm64/kvm/rme.c";
const IOMMUFD = "drivers/iommu/iommufd/main.c";
const TSM = "drivers/pci/tsm.c";

/** Stand for the files that a variant replaces. */
const MAP = "map";
const FAULT = "fault";

const REALM_MAP = place("realm_map_ipa", MMU, "kernel/kvm/arm64/realm-map.ts");
const UNMAP = "kernel/kvm/arm64/realm-unmap.ts";
const ATTRIBUTES = place("kvm_vm_set_mem_attributes", KVM_MAIN, "kernel/kvm/memory-attributes.ts");
const INVALIDATE_END = place("kvm_gmem_invalidate_end", GMEM, "kernel/kvm/gmem-file.ts");
const LOCK = "lock kvm->mmu_lock";
const SLOTS_LOCK = "lock kvm->slots_lock";

/**
 * Which function a turn begins in, by its scheduling point and what stands around it; the first that fits. A test
 * compares it with the call stack of every turn.
 */
const RULES: readonly Rule[] = [
  { at: "start", place: place("system call", "include/linux/syscalls.h", "kernel/syscall-tasks.ts") },
  // The ioctl, up to the realm.
  { at: "read ictx->objects", place: place("iommufd_get_object", IOMMUFD, "kernel/iommufd/objects.ts") },
  {
    at: "read kvm->memslots",
    place: place("gfn_to_memslot", "include/linux/kvm_host.h", "kernel/kvm/memslots.ts"),
  },
  { at: "read gmem page cache", place: place("kvm_gmem_get_pfn", GMEM, "kernel/kvm/gmem-get-pfn.ts") },
  {
    at: "read kvm->mem_attr_array",
    place: place("kvm_mem_is_private", "include/linux/kvm_host.h", "kernel/kvm/memory-attributes.ts"),
  },
  { at: "read kvm->mmu_invalidate_seq", vcpu: true, place: place("private_memslot_fault", MMU, FAULT) },
  { at: "read kvm->mmu_invalidate_seq", place: place("kvm_map_private_memory", MMU, MAP) },
  {
    at: "wait kvm->mmu_invalidate_in_progress",
    place: place("kvm_mmu_invalidate_wait", KVM_MAIN, "kernel/kvm/invalidate.ts"),
  },
  { at: "rmi RMI_GRANULE_DELEGATE", after: ["rmi RMI_DATA_CREATE_UNKNOWN"], place: rttLevels() },
  { at: "rmi RMI_GRANULE_DELEGATE", place: REALM_MAP },
  { at: "rmi RMI_DATA_CREATE_UNKNOWN", place: REALM_MAP },
  { at: "rmi RMI_RTT_CREATE", place: rttLevels() },
  // Taking memory away from a realm.
  { at: "rmi RMI_RTT_UNMAP_UNPROTECTED", place: place("realm_unmap_shared_range", RME, UNMAP) },
  { at: "rmi RMI_DATA_DESTROY", place: place("realm_unmap_private_range", RME, UNMAP) },
  { at: "rmi RMI_GRANULE_UNDELEGATE", place: place("realm_unmap_private_range", RME, UNMAP) },
  {
    at: LOCK,
    after: ["rmi RMI_RTT_UNMAP_UNPROTECTED", "rmi RMI_GRANULE_UNDELEGATE"],
    place: place("cond_resched_rwlock_write", "include/linux/sched.h", UNMAP),
  },
  // A vCPU.
  {
    at: "lock vcpu0->mutex",
    place: place("kvm_vcpu_ioctl", KVM_MAIN, "kernel/kvm/vcpu-file.ts"),
  },
  { at: "rmi RMI_REC_ENTER", place: place("kvm_rec_enter", RME, "kernel/kvm/arm64/rec-exit.ts") },
  {
    at: "wait a signal",
    place: place("kvm_arch_vcpu_ioctl_run", "arch/arm64/kvm/arm.c", "kernel/kvm/vcpu-file.ts"),
  },
  { at: LOCK, vcpu: true, place: place("private_memslot_fault", MMU, FAULT) },
  // guest_memfd.
  {
    at: "lock gmem invalidate_lock",
    after: ["start"],
    place: place("kvm_gmem_punch_hole", GMEM, "kernel/kvm/gmem-file.ts"),
  },
  {
    at: "lock gmem invalidate_lock",
    after: [SLOTS_LOCK],
    place: place("kvm_gmem_release", GMEM, "kernel/kvm/gmem-file.ts"),
  },
  { at: "lock gmem invalidate_lock", place: place("kvm_gmem_unbind", GMEM, "kernel/kvm/gmem-bind.ts") },
  {
    at: LOCK,
    after: ["lock gmem invalidate_lock"],
    place: place("kvm_gmem_invalidate_begin", GMEM, "kernel/kvm/gmem-file.ts"),
  },
  { at: LOCK, after: ["write gmem page cache", "rmi RMI_DATA_DESTROY", LOCK], place: INVALIDATE_END },
  {
    at: "write gmem page cache",
    place: place("truncate_inode_pages_range", "mm/truncate.c", "kernel/kvm/gmem-inode.ts"),
  },
  // Attributes and slots.
  {
    at: SLOTS_LOCK,
    before: ["lock gmem invalidate_lock"],
    place: place("kvm_gmem_release", GMEM, "kernel/kvm/gmem-file.ts"),
  },
  {
    at: SLOTS_LOCK,
    before: ["lock kvm->slots_arch_lock"],
    place: place("kvm_vm_ioctl", KVM_MAIN, "kernel/kvm/vm-file.ts"),
  },
  { at: SLOTS_LOCK, before: [LOCK], place: ATTRIBUTES },
  { at: LOCK, after: [SLOTS_LOCK, "write kvm->mem_attr_array"], place: ATTRIBUTES },
  { at: "write kvm->mem_attr_array", place: ATTRIBUTES },
  {
    at: LOCK,
    after: ["write kvm->srcu", "wait kvm->srcu"],
    place: place("kvm_arch_flush_shadow_memslot", MMU, "kernel/kvm/arm64/unmap.ts"),
  },
  {
    at: "lock kvm->slots_arch_lock",
    place: place("kvm_set_memslot", KVM_MAIN, "kernel/kvm/set-memslot.ts"),
  },
  ...["write kvm->memslots", "write kvm->srcu", "wait kvm->srcu"].map((at) => ({
    at,
    place: place("kvm_swap_active_memslots", KVM_MAIN, "kernel/kvm/set-memslot.ts"),
  })),
  // What is left takes the fault lock for the map.
  { at: LOCK, after: ["read gmem page cache"], place: place("kvm_map_private_memory", MMU, MAP) },
  // Devices.
  {
    at: "lock igroup->lock",
    after: ["write ictx->objects"],
    place: place("iommufd_vdevice_destroy", "drivers/iommu/iommufd/viommu.c", "kernel/iommufd/vdevice.ts"),
  },
  {
    at: "lock igroup->lock",
    place: place("iommufd_device_remove_vdev", "drivers/iommu/iommufd/device.c", "kernel/iommufd/device.ts"),
  },
  { at: "lock pci_tsm_rwsem", place: place("pci_tsm_unbind", TSM, "kernel/tsm/pci-tsm.ts") },
  { at: "lock pci_tsm_pf0->lock", place: place("pci_tsm_unbind", TSM, "kernel/tsm/pci-tsm.ts") },
  { at: "write ictx->objects", place: place("iommufd_object_remove", IOMMUFD, "kernel/iommufd/objects.ts") },
  {
    at: "wait ictx->destroy_wait",
    place: place("iommufd_object_dec_wait", IOMMUFD, "kernel/iommufd/objects.ts"),
  },
  { at: "write guest memory, by DMA", place: place("the device", "hardware", "hw/pcie-function.ts") },
];

function rttLevels(): Place {
  return place("realm_create_rtt_levels", MMU, "kernel/kvm/arm64/rtt-levels.ts");
}

/** The function that a turn begins in, or `undefined` where the model cannot tell. */
export function placeOf(around: Around): Place | undefined {
  const fits = ({ at, after, before, vcpu }: Rule): boolean =>
    at === around.at &&
    (after?.includes(around.after) ?? true) &&
    (before?.includes(around.before) ?? true) &&
    (vcpu ?? around.vcpu) === around.vcpu;
  const found = RULES.find(fits)?.place;
  if (found?.file === MAP) return { ...found, file: mapFile(around.kernel) };
  if (found?.file === FAULT) return { ...found, file: faultFile(around.kernel) };
  return found;
}

function mapFile(kernel: string | KernelVariant): string {
  const name = typeof kernel === "string" ? kernel : kernel.name;
  if (!variants.some((variant) => variant === kernel || variant.name === kernel)) return "your function";
  const [, repair] = name.split("+");
  return repair === undefined ? "kernel/kvm/arm64/map-private-memory.ts" : `kernel/variants/${repair}.ts`;
}

function faultFile(kernel: string | KernelVariant): string {
  const name = typeof kernel === "string" ? kernel : kernel.name;
  return name.endsWith("+fault-path") ? "kernel/variants/fault-path.ts" : "kernel/kvm/arm64/fault.ts";
}
