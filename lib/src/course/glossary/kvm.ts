// SPDX-License-Identifier: MIT
import type { Term } from "./term.ts";

/** Virtual machines as KVM and the VMM see them. */
export const kvmTerms: readonly Term[] = [
  {
    term: "VM",
    expansion: "virtual machine",
    aliases: ["virtual machine", "VMs"],
    meaning:
      "A machine made of software and the hardware's help: memory, virtual CPUs and devices. In KVM it is an open file, and lives as long as anything holds a reference to it.",
    origin: "virt/kvm/kvm_main.c struct kvm",
    see: ["KVM", "VMM"],
  },
  {
    term: "VMM",
    expansion: "virtual machine monitor",
    aliases: ["virtual machine monitor"],
    meaning:
      "The process that makes a VM, gives it memory and devices, and runs its virtual CPUs. It does all of that by system calls, and a realm does not trust it.",
    origin: "kvmtool, QEMU",
    see: ["VM", "KVM"],
  },
  {
    term: "QEMU",
    expansion: "Quick Emulator",
    aliases: ["kvmtool"],
    meaning:
      "A full VMM that emulates whole machines and can use KVM; kvmtool is a small one for Linux guests. The VMM of this course is modelled on the calls that they make.",
    origin: "QEMU, kvmtool",
    see: ["VMM"],
  },
  {
    term: "KVM",
    expansion: "Kernel-based Virtual Machine",
    meaning:
      "The part of Linux that turns a process into a VMM: it has the hardware run guests and handles what they cannot do themselves. User space talks to it through `/dev/kvm`.",
    origin: "virt/kvm/kvm_main.c",
    see: ["VMM", "memslot"],
  },
  {
    term: "vCPU",
    expansion: "virtual CPU",
    aliases: ["virtual CPU", "vCPUs"],
    meaning:
      "A processor of a VM: a file on which the VMM calls KVM_RUN. In a realm its state is a REC, out of the host's reach.",
    origin: "virt/kvm/kvm_main.c struct kvm_vcpu",
    see: ["REC", "KVM_RUN"],
  },
  {
    term: "KVM_RUN",
    meaning:
      "The ioctl that runs a virtual CPU until the VMM has something to do. Why it came back is in a page that VMM and KVM share.",
    origin: "virt/kvm/kvm_main.c",
    see: ["vCPU", "memory fault exit"],
  },
  {
    term: "memslot",
    expansion: "memory slot",
    aliases: ["memory slot", "slot", "slots", "memslots"],
    meaning:
      "A range of guest frames and what stands behind it: an address in the VMM and, for private memory, a guest_memfd with an offset. An address that is in no slot has no memory.",
    origin: "include/linux/kvm_host.h struct kvm_memory_slot",
    see: ["gfn", "guest_memfd", "SRCU"],
  },
  {
    term: "guest_memfd",
    aliases: ["guest memfd", "gmem"],
    meaning:
      "A file whose pages are a guest's private memory and that the VMM cannot map or read. It belongs to one VM, and its page cache is the only way to find a page in it.",
    origin: "virt/kvm/guest_memfd.c",
    see: ["page cache", "memslot", "hole"],
  },
  {
    term: "memory attribute",
    aliases: ["memory attributes", "attribute", "attributes"],
    meaning:
      "What the VMM says of each guest frame: private or shared, and shared when nothing was said. KVM compares it with what the guest asks for, and the loop of the patch does not.",
    origin: "virt/kvm/kvm_main.c kvm_vm_set_mem_attributes",
    see: ["private memory", "conversion"],
  },
  {
    term: "private memory",
    aliases: ["private", "private page"],
    meaning:
      "Guest memory that only the guest may reach; it comes from a guest_memfd. The slot says whether memory can be private, and the attribute whether it is.",
    origin: "Documentation/virt/kvm/api.rst KVM_SET_USER_MEMORY_REGION2",
    see: ["shared memory", "memory attribute"],
  },
  {
    term: "shared memory",
    aliases: ["shared", "shared page"],
    meaning:
      "Guest memory that guest and host both reach, for example for the buffers of emulated devices. A realm reads it at the address with the top bit set.",
    origin: "Documentation/virt/kvm/api.rst KVM_SET_MEMORY_ATTRIBUTES",
    see: ["private memory", "shared alias"],
  },
  {
    term: "conversion",
    aliases: ["convert", "conversions"],
    meaning:
      "The change of a page from private to shared or back. The guest asks for it and the VMM changes the attribute; the two are different pages, so the contents do not come along.",
    origin: "virt/kvm/kvm_main.c kvm_vm_ioctl_set_mem_attributes",
    see: ["memory attribute", "memory fault exit"],
  },
  {
    term: "memory fault exit",
    aliases: ["KVM_EXIT_MEMORY_FAULT", "memory-fault exit"],
    meaning:
      "How KVM tells the VMM that the guest touched memory whose attribute says otherwise. The VMM decides, usually converts the page, and runs the virtual CPU again.",
    origin: "include/uapi/linux/kvm.h KVM_EXIT_MEMORY_FAULT",
    see: ["conversion", "KVM_RUN"],
  },
  {
    term: "hole",
    aliases: ["punch a hole", "FALLOC_FL_PUNCH_HOLE", "hole punching"],
    meaning:
      "A part of a file without pages; punching one takes the pages of a range away. For a guest_memfd it unmaps them from the guest first.",
    origin: "virt/kvm/guest_memfd.c kvm_gmem_punch_hole",
    see: ["guest_memfd", "invalidation"],
  },
  {
    term: "page cache",
    meaning:
      "The pages of a file that are in memory, found by their offset. It holds one reference on each of them, until a hole is punched or the file goes.",
    origin: "mm/filemap.c",
    see: ["folio", "reference count"],
  },
  {
    term: "invalidation",
    aliases: ["mmu_invalidate_seq", "invalidate", "MMU notifier"],
    meaning:
      "The step in which mappings of a range are taken away because its pages go. A counter goes up with each, so that a fault which began before can see that it must start again.",
    origin: "virt/kvm/kvm_main.c kvm_mmu_invalidate_begin",
    see: ["mmu_lock", "hole"],
  },
  {
    term: "mmu_lock",
    aliases: ["kvm_fault_lock"],
    meaning:
      "The lock of a VM's stage 2, held for reading by faults on arm64 and for writing by whoever unmaps. The loop of the patch does not take it.",
    origin: "include/linux/kvm_host.h struct kvm",
    see: ["invalidation", "stage 2"],
  },
  {
    term: "slots_lock",
    meaning:
      "The mutex that lets one change of slots or attributes at a time happen in a VM. Its holder may have to wait for SRCU readers, and everybody else then waits behind it.",
    origin: "include/linux/kvm_host.h struct kvm",
    see: ["memslot", "SRCU"],
  },
  {
    term: "memory cache",
    aliases: ["kvm_mmu_memory_cache", "top-up", "topup"],
    meaning:
      "A small stock of zeroed pages for translation tables, filled before a place where memory cannot be waited for. It is filled to 40 when it holds less than the caller's minimum.",
    origin: "virt/kvm/kvm_main.c kvm_mmu_topup_memory_cache",
    see: ["stage 2", "RTT"],
  },
  {
    term: "populate",
    aliases: ["KVM_CAP_ARM_RME_POPULATE_REALM"],
    meaning:
      "To give a realm its first contents: KVM copies a range into private pages and has the firmware take them in. It is possible only before the realm is activated.",
    origin: "arch/arm64/kvm/rme.c",
    see: ["DATA_CREATE", "measurement"],
  },
  {
    term: "pre-fault",
    aliases: ["KVM_PRE_FAULT_MEMORY", "prefault"],
    meaning:
      "To map guest memory before the guest touches it. KVM has an ioctl on a virtual CPU for it, which not every architecture supports.",
    origin: "virt/kvm/kvm_main.c KVM_PRE_FAULT_MEMORY",
    see: ["TSM_MAP"],
  },
];
