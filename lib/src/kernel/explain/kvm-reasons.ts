// SPDX-License-Identifier: MIT
import { gpaToGfn, hex, PAGE_SIZE } from "../../base/address.ts";
import {
  EBADF,
  EBUSY,
  EEXIST,
  EFAULT,
  EINTR,
  EINVAL,
  EIO,
  EMFILE,
  ENOENT,
  ENOEXEC,
  ENOMEM,
  ENXIO,
  EPERM,
} from "../../base/errno.ts";
import { gmemOf, KVM_GMEM_FOPS } from "../kvm/gmem-inode.ts";
import { Kvm, kvm_arch_has_private_mem, kvm_is_realm } from "../kvm/kvm.ts";
import { KVM_MEM_MAX_NR_PAGES, KVM_USER_MEM_SLOTS, type kvm_memory_slot } from "../kvm/memslots.ts";
import {
  KVM_MEM_GUEST_MEMFD,
  KVM_MEM_LOG_DIRTY_PAGES,
  KVM_MEM_READONLY,
  KVM_MEMORY_ATTRIBUTE_PRIVATE,
  kvm_create_guest_memfd,
  kvm_enable_cap,
  kvm_memory_attributes,
  kvm_userspace_memory_region2,
  kvm_vcpu_init,
} from "../kvm/uapi.ts";
import { Vcpu } from "../kvm/vcpu.ts";
import { TASK_SIZE } from "../mm/user-memory.ts";
import { refusedText } from "./iommufd-reasons.ts";
import { argumentBytes, argumentOf, type FailedCall, type Reason, shown } from "./reason.ts";

const KVM_MAIN = "virt/kvm/kvm_main.c";
const SET_REGION = `kvm_set_memory_region, ${KVM_MAIN}`;
const GMEM = "virt/kvm/guest_memfd.c";
const PAGE = BigInt(PAGE_SIZE);
const U64 = 2n ** 64n;

function vmOf({ file }: FailedCall): Kvm | undefined {
  const data = file?.private_data;
  return data instanceof Kvm ? data : data instanceof Vcpu ? data.kvm : undefined;
}

/** What every call on a VM or a vCPU goes through first. */
export const vmDispatch: readonly Reason[] = [
  {
    id: "process",
    errno: EIO,
    text: "another process made the VM, or the VM is dead",
    source: `kvm_vm_ioctl, ${KVM_MAIN}`,
    evidence: (call) => {
      const kvm = vmOf(call);
      if (kvm === undefined) return undefined;
      return kvm.vm_dead
        ? "the VM is dead"
        : shown(kvm.mm !== call.process.mm, "the call came from another process");
    },
  },
];

/** The structure of a call on a VM cannot be read. */
function unreadable(bytes: number, source: string): Reason {
  return {
    id: "struct_read",
    errno: EFAULT,
    text: "the structure cannot be read",
    source,
    evidence: (call) => {
      const readable = argumentBytes(call, bytes).length;
      return shown(readable < bytes, `${readable} bytes can be read, ${bytes} are needed`);
    },
  };
}

function region(call: FailedCall): ReturnType<typeof kvm_userspace_memory_region2.decode> {
  return argumentOf(call, kvm_userspace_memory_region2);
}

/** An -EINVAL of KVM_SET_USER_MEMORY_REGION2 that the request alone decides. */
function badRegion(
  id: string,
  text: string,
  evidence: (request: ReturnType<typeof region>, call: FailedCall) => string | undefined,
): Reason {
  return { id, errno: EINVAL, text, source: SET_REGION, evidence: (call) => evidence(region(call), call) };
}

function isGmem({ flags }: { readonly flags: number }): boolean {
  return (flags & KVM_MEM_GUEST_MEMFD) !== 0;
}

function wrongFlags(flags: number, hasPrivate: boolean): boolean {
  const plain = KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY;
  const valid = isGmem({ flags }) ? KVM_MEM_GUEST_MEMFD : plain;
  return (flags & ~valid) !== 0 || (isGmem({ flags }) && !hasPrivate);
}

/** The slot that the request names, if it exists. A request that failed has changed nothing. */
function oldSlot(call: FailedCall): kvm_memory_slot | undefined {
  return vmOf(call)?.memslots.id_hash.get(region(call).slot & 0xffff);
}

const setRegion: readonly Reason[] = [
  unreadable(kvm_userspace_memory_region2.byteLength, `kvm_vm_ioctl, ${KVM_MAIN}`),
  badRegion("slot_id", "there is no slot of this number", ({ slot }) =>
    shown(slot >>> 16 !== 0 || (slot & 0xffff) >= KVM_USER_MEM_SLOTS, `slot is ${hex(slot)}`),
  ),
  badRegion("flags", "flags that do not exist, or do not go together", ({ flags }, call) => {
    const kvm = vmOf(call);
    const hasPrivate = kvm !== undefined && kvm_arch_has_private_mem(kvm);
    if (!wrongFlags(flags, hasPrivate)) return undefined;
    const why = isGmem({ flags }) && !hasPrivate ? "; only a realm has private memory" : "";
    return `flags is ${hex(flags)}${why}`;
  }),
  badRegion("aligned", "size and guest address must be multiples of the page size", (request) => {
    const { memory_size, guest_phys_addr } = request;
    const bad = memory_size % PAGE !== 0n || guest_phys_addr % PAGE !== 0n;
    return shown(bad, `memory_size is ${hex(memory_size)}, guest_phys_addr is ${hex(guest_phys_addr)}`);
  }),
  badRegion("user_address", "the user address is not aligned, or not in user space", (request) => {
    const { userspace_addr, memory_size } = request;
    const bad = userspace_addr % PAGE !== 0n || userspace_addr + memory_size > BigInt(TASK_SIZE);
    return shown(bad, `userspace_addr is ${hex(userspace_addr)}`);
  }),
  badRegion("gmem_offset", "the offset in the guest_memfd is not aligned, or wraps", (request) => {
    const { guest_memfd_offset, memory_size } = request;
    const bad = guest_memfd_offset % PAGE !== 0n || guest_memfd_offset + memory_size >= U64;
    return shown(isGmem(request) && bad, `guest_memfd_offset is ${hex(guest_memfd_offset)}`);
  }),
  badRegion("wraps", "the guest addresses wrap around", ({ guest_phys_addr, memory_size }) =>
    shown(
      guest_phys_addr + memory_size >= U64,
      `guest_phys_addr ${hex(guest_phys_addr)}, memory_size ${hex(memory_size)}`,
    ),
  ),
  badRegion("pages", "more pages than a slot can have", ({ memory_size }) =>
    shown(memory_size / PAGE > BigInt(KVM_MEM_MAX_NR_PAGES), `memory_size is ${hex(memory_size)}`),
  ),
  badRegion("delete", "a slot that does not exist cannot be deleted", ({ memory_size, slot }, call) =>
    shown(memory_size === 0n && oldSlot(call) === undefined, `slot ${slot} does not exist, memory_size is 0`),
  ),
  badRegion("private_fixed", "a slot with a guest_memfd can only be deleted", (request, call) =>
    shown(
      request.memory_size !== 0n && isGmem(request) && oldSlot(call) !== undefined,
      `slot ${request.slot} exists`,
    ),
  ),
  badRegion("immutable", "size, user address and READONLY of a slot cannot change", (request, call) => {
    const old = oldSlot(call);
    if (old === undefined || request.memory_size === 0n || isGmem(request)) return undefined;
    if (Number(request.userspace_addr) !== old.userspace_addr)
      return `userspace_addr of slot ${old.id} is ${hex(old.userspace_addr)}`;
    if (Number(request.memory_size) !== old.npages * PAGE_SIZE)
      return `slot ${old.id} has ${old.npages} pages`;
    return `flags of slot ${old.id} are ${hex(old.flags)}, not ${hex(request.flags)}`;
  }),
  {
    id: "overlap",
    errno: EEXIST,
    text: "another slot has some of these guest addresses",
    source: SET_REGION,
    evidence: (call) => {
      const { guest_phys_addr, memory_size, slot } = region(call);
      const start = gpaToGfn(Number(guest_phys_addr));
      const end = start + Number(memory_size) / PAGE_SIZE;
      const other = vmOf(call)
        ?.memslots.inRange(start, end)
        .find(({ id }) => id !== (slot & 0xffff));
      if (other === undefined) return undefined;
      const [from, to] = [other.base_gfn * PAGE_SIZE, (other.base_gfn + other.npages) * PAGE_SIZE];
      return `slot ${other.id} is at ${hex(from)} .. ${hex(to)}`;
    },
  },
  { id: "memory", errno: ENOMEM, text: "no memory for the slot", source: SET_REGION },
  {
    id: "gmem_fd",
    errno: EBADF,
    text: "guest_memfd is not an open descriptor",
    source: `kvm_gmem_bind, ${GMEM}`,
    evidence: (call) => {
      const { guest_memfd } = region(call);
      return shown(call.process.file(guest_memfd | 0) === undefined, `guest_memfd is ${guest_memfd | 0}`);
    },
  },
  {
    id: "gmem_bind",
    errno: EINVAL,
    text: "the pages cannot be taken from this file",
    source: `kvm_gmem_bind, ${GMEM}`,
    evidence: gmemBind,
  },
  {
    id: "beyond_ipa",
    errno: EFAULT,
    text: "the slot ends above the VM's guest addresses",
    source: "kvm_arch_prepare_memory_region, arch/arm64/kvm/mmu.c",
    evidence: (call) => {
      const { guest_phys_addr, memory_size } = region(call);
      const bits = vmOf(call)?.arch.mmu.ipa_bits ?? 0;
      const end = guest_phys_addr + memory_size;
      return shown(end > 2n ** BigInt(bits), `the slot ends at ${hex(end)}, an address has ${bits} bits`);
    },
  },
];

function gmemBind(call: FailedCall): string | undefined {
  const request = region(call);
  const file = call.process.file(request.guest_memfd | 0);
  if (!isGmem(request) || file === undefined) return undefined;
  if (file.f_op.name !== KVM_GMEM_FOPS) return `descriptor ${request.guest_memfd} is no guest_memfd`;
  const { kvm, inode, bindings } = gmemOf(file);
  if (kvm !== vmOf(call)) return `the guest_memfd ${request.guest_memfd} belongs to another VM`;
  const end = request.guest_memfd_offset + request.memory_size;
  if (end > BigInt(inode.size)) return `the range ends at ${hex(end)}, the file at ${hex(inode.size)}`;
  const taken = bindings.within(Number(request.guest_memfd_offset / PAGE), Number(end / PAGE))[0];
  return taken && `slot ${taken.value.id} uses pages ${taken.start} to ${taken.end - 1} of the file`;
}

function attributes(
  id: string,
  text: string,
  evidence: (
    request: ReturnType<typeof kvm_memory_attributes.decode>,
    call: FailedCall,
  ) => string | undefined,
): Reason {
  const source = `kvm_vm_ioctl_set_mem_attributes, ${KVM_MAIN}`;
  return {
    id,
    errno: EINVAL,
    text,
    source,
    evidence: (call) => evidence(argumentOf(call, kvm_memory_attributes), call),
  };
}

const setAttributes: readonly Reason[] = [
  unreadable(kvm_memory_attributes.byteLength, `kvm_vm_ioctl, ${KVM_MAIN}`),
  attributes("flags", "flags must be 0", ({ flags }) => shown(flags !== 0n, `flags is ${hex(flags)}`)),
  attributes("attributes", "attributes that this VM does not have", (request, call) => {
    const kvm = vmOf(call);
    const known =
      kvm !== undefined && kvm_arch_has_private_mem(kvm) ? BigInt(KVM_MEMORY_ATTRIBUTE_PRIVATE) : 0n;
    return shown((request.attributes & ~known) !== 0n, `attributes is ${hex(request.attributes)}`);
  }),
  attributes("size", "the range is empty, or wraps around", ({ address, size }) =>
    shown(size === 0n || address + size >= U64, `address ${hex(address)}, size ${hex(size)}`),
  ),
  attributes("aligned", "address and size must be multiples of the page size", ({ address, size }) =>
    shown(address % PAGE !== 0n || size % PAGE !== 0n, `address ${hex(address)}, size ${hex(size)}`),
  ),
  {
    id: "memory",
    errno: ENOMEM,
    text: "no memory for the entries",
    source: `kvm_vm_set_mem_attributes, ${KVM_MAIN}`,
  },
];

const createGmem: readonly Reason[] = [
  unreadable(kvm_create_guest_memfd.byteLength, `kvm_vm_ioctl, ${KVM_MAIN}`),
  {
    id: "size",
    errno: EINVAL,
    text: "the size must be a multiple of the page size, and more than 0 as a signed number",
    source: `kvm_gmem_create, ${GMEM}`,
    evidence: (call) => {
      const size = BigInt.asIntN(64, argumentOf(call, kvm_create_guest_memfd).size);
      return shown(size <= 0n || size % PAGE !== 0n, `size is ${size}`);
    },
  },
  {
    id: "flags",
    errno: EINVAL,
    text: "flags that this kernel does not have for this VM",
    source: `kvm_gmem_create, ${GMEM}`,
    evidence: (call) => {
      const { flags } = argumentOf(call, kvm_create_guest_memfd);
      return shown(flags !== 0n, `flags is ${hex(flags)}`);
    },
  },
  { id: "memory", errno: ENOMEM, text: "no memory for the file", source: `kvm_gmem_create, ${GMEM}` },
  {
    id: "descriptors",
    errno: EMFILE,
    text: "the process has no descriptor left",
    source: `kvm_gmem_create, ${GMEM}`,
  },
];

const createVm: readonly Reason[] = [
  {
    id: "type",
    errno: EINVAL,
    text: "there is no such type of VM, or not with so many bits of guest address",
    source: "kvm_arch_init_vm, arch/arm64/kvm/arm.c",
    evidence: ({ argument }) => `type is ${typeof argument === "object" ? "an address" : (argument ?? 0)}`,
  },
  {
    id: "no_rmm",
    errno: EPERM,
    text: "no firmware is there that could host a realm",
    source: "kvm_arch_init_vm, arch/arm64/kvm/arm.c",
  },
  {
    id: "memory",
    errno: ENOMEM,
    text: "no memory for the VM or its root tables",
    source: "kvm_create_vm, virt/kvm/kvm_main.c",
  },
  {
    id: "descriptors",
    errno: EMFILE,
    text: "the process has no descriptor left",
    source: "kvm_dev_ioctl_create_vm, virt/kvm/kvm_main.c",
  },
];

const createVcpu: readonly Reason[] = [
  {
    id: "exists",
    errno: EEXIST,
    text: "the VM has a vCPU of this id",
    source: `kvm_vm_ioctl_create_vcpu, ${KVM_MAIN}`,
    evidence: (call) => `id is ${call.argument}`,
  },
  {
    id: "id",
    errno: EINVAL,
    text: "ids of vCPUs go from 0 to 511",
    source: `kvm_vm_ioctl_create_vcpu, ${KVM_MAIN}`,
    evidence: (call) => `id is ${call.argument}`,
  },
  {
    id: "memory",
    errno: ENOMEM,
    text: "no page for struct kvm_run",
    source: `kvm_vm_ioctl_create_vcpu, ${KVM_MAIN}`,
  },
];

const ARM = "kvm_arch_vcpu_ioctl_run, arch/arm64/kvm/arm.c";

function vcpuReason(
  id: string,
  errno: number,
  text: string,
  evidence: (vcpu: Vcpu) => string | undefined,
  source: string = ARM,
): Reason {
  return {
    id,
    errno,
    text,
    source,
    evidence: ({ file }) => (file?.private_data instanceof Vcpu ? evidence(file.private_data) : undefined),
  };
}

const run: readonly Reason[] = [
  {
    id: "argument",
    errno: EINVAL,
    text: "the call takes no argument",
    source: `kvm_vcpu_ioctl, ${KVM_MAIN}`,
    evidence: ({ argument }) => shown(argument !== undefined && Number(argument) !== 0, "there is one"),
  },
  vcpuReason("initialized", ENOEXEC, "KVM_ARM_VCPU_INIT comes first", (vcpu) =>
    shown(!vcpu.initialized, `vCPU ${vcpu.vcpu_id} is not initialised`),
  ),
  vcpuReason("realm", EINVAL, "only the vCPU of a realm runs in this model", (vcpu) =>
    shown(!kvm_is_realm(vcpu.kvm), "the VM is no realm"),
  ),
  vcpuReason("finalized", EPERM, "KVM_ARM_VCPU_FINALIZE comes first: the vCPU has no REC", (vcpu) =>
    shown(vcpu.rec.rec_page === 0, `vCPU ${vcpu.vcpu_id} has no REC`),
  ),
  vcpuReason("active", EINVAL, "the realm is not active", ({ kvm }) =>
    shown(kvm.arch.realm.state !== "ACTIVE", `its state is ${kvm.arch.realm.state}`),
  ),
  {
    id: "signal",
    errno: EINTR,
    text: "a signal arrived before the guest had anything for user space",
    source: ARM,
    evidence: ({ process }) => shown(process.signal_pending, "a signal is pending"),
  },
  {
    id: "memory_fault",
    errno: EFAULT,
    text: "the guest touched memory that is not as it wants it; exit_reason is KVM_EXIT_MEMORY_FAULT",
    source: "kvm_prepare_memory_fault_exit, include/linux/kvm_host.h",
    evidence: () => "gpa, size and flags are in struct kvm_run",
  },
  {
    id: "memory",
    errno: ENOMEM,
    text: "no memory for a page or a table",
    source: "gmem_abort, arch/arm64/kvm/mmu.c",
  },
  {
    id: "firmware",
    errno: ENXIO,
    text: "the firmware refused to enter the REC, or a command on the way",
    source: "handle_rec_exit, arch/arm64/kvm/rme-exit.c",
    evidence: ({ refusal }) => refusal && refusedText(refusal),
  },
];

const init: readonly Reason[] = [
  unreadable(kvm_vcpu_init.byteLength, "kvm_arch_vcpu_ioctl, arch/arm64/kvm/arm.c"),
  {
    id: "unknown_feature",
    errno: ENOENT,
    text: "there are features that no vCPU has",
    source: "kvm_vcpu_init_check_features, arch/arm64/kvm/arm.c",
    evidence: (call) => `the words of features are ${argumentOf(call, kvm_vcpu_init).features.join(", ")}`,
  },
  vcpuReason("feature", EINVAL, "the REC feature is for vCPUs of realms, and these need it", ({ kvm }) =>
    kvm_is_realm(kvm) ? "the VM is a realm" : "the VM is no realm",
  ),
];

const finalise: readonly Reason[] = [
  vcpuReason("initialized", ENOEXEC, "KVM_ARM_VCPU_INIT comes first", (vcpu) =>
    shown(!vcpu.initialized, `vCPU ${vcpu.vcpu_id} is not initialised`),
  ),
  unreadable(4, "kvm_arch_vcpu_ioctl, arch/arm64/kvm/arm.c"),
  vcpuReason("feature", EINVAL, "only the REC feature is finalised, and only on a realm", (vcpu) =>
    shown(vcpu.initialized, kvm_is_realm(vcpu.kvm) ? "the feature is another one" : "the VM is no realm"),
  ),
  vcpuReason(
    "new_realm",
    ENOENT,
    "a REC can be made only before the realm runs, and not before it exists",
    (vcpu) => shown(vcpu.kvm.arch.realm.state !== "NEW", `the realm is ${vcpu.kvm.arch.realm.state}`),
  ),
  vcpuReason("again", EBUSY, "the vCPU has a REC already", (vcpu) =>
    shown(vcpu.rec.rec_page !== 0, `vCPU ${vcpu.vcpu_id} was finalised before`),
  ),
  {
    id: "firmware",
    errno: ENXIO,
    text: "the firmware refused to make the REC",
    source: "kvm_create_rec, arch/arm64/kvm/rme.c",
    evidence: ({ refusal }) => refusal && refusedText(refusal),
  },
];

const enableCap: readonly Reason[] = [
  unreadable(kvm_enable_cap.byteLength, `kvm_vm_ioctl, ${KVM_MAIN}`),
  {
    id: "realm",
    errno: EINVAL,
    text: "another capability than KVM_CAP_ARM_RME, flags, or a VM that is no realm",
    source: "kvm_vm_ioctl_enable_cap, arch/arm64/kvm/arm.c",
    evidence: (call) => {
      const kvm = vmOf(call);
      return shown(kvm !== undefined && !kvm_is_realm(kvm), "the VM is no realm");
    },
  },
  {
    id: "action",
    errno: EINVAL,
    text: "the action, or a value of it, does not fit the state of the realm",
    source: "kvm_realm_enable_cap, arch/arm64/kvm/rme.c",
  },
  {
    id: "state",
    errno: EBUSY,
    text: "the realm exists already",
    source: "kvm_realm_enable_cap, arch/arm64/kvm/rme.c",
  },
  {
    id: "firmware",
    errno: ENXIO,
    text: "the firmware refused a command",
    source: "kvm_create_realm, kvm_populate_realm, arch/arm64/kvm/rme.c",
    evidence: ({ refusal }) => refusal && refusedText(refusal),
  },
  {
    id: "argument",
    errno: EFAULT,
    text: "the argument of the action cannot be read",
    source: "kvm_realm_enable_cap, arch/arm64/kvm/rme.c",
  },
];

/** Reasons of the calls on /dev/kvm, VMs and vCPUs by the name of the command. */
export const kvmReasons: Readonly<Record<string, readonly Reason[]>> = {
  KVM_CREATE_VM: createVm,
  KVM_CREATE_VCPU: createVcpu,
  KVM_ENABLE_CAP: enableCap,
  KVM_SET_USER_MEMORY_REGION2: setRegion,
  KVM_SET_MEMORY_ATTRIBUTES: setAttributes,
  KVM_CREATE_GUEST_MEMFD: createGmem,
  KVM_ARM_VCPU_INIT: init,
  KVM_ARM_VCPU_FINALIZE: finalise,
  KVM_RUN: run,
};
