// SPDX-License-Identifier: MIT
import type { Term } from "./term.ts";

/** Memory, addresses, worlds, and the hardware that keeps them apart. */
export const machineTerms: readonly Term[] = [
  {
    term: "GPA",
    expansion: "guest physical address",
    aliases: ["guest physical address", "guest address"],
    meaning:
      "An address that the guest takes for a physical one, in bytes. The hypervisor decides which page, if any, stands behind it.",
    origin: "include/linux/kvm_types.h gpa_t",
    see: ["IPA", "gfn", "HPA"],
  },
  {
    term: "IPA",
    expansion: "intermediate physical address",
    aliases: ["intermediate physical address", "IPA bits", "IPAs"],
    meaning:
      "Arm's word for a guest physical address: the result of the guest's own translation and the input of stage 2. How many bits it has is chosen when the VM is made, and for a realm the upper half of the space is the shared one.",
    origin: "Arm Architecture Reference Manual, stage 2 translation",
    see: ["GPA", "stage 2", "shared alias"],
  },
  {
    term: "HPA",
    expansion: "host physical address",
    aliases: ["host physical address", "physical address"],
    meaning:
      "The address of a byte in the machine's memory, after all translation. On a machine with RME it names a byte only together with a physical address space.",
    origin: "include/linux/types.h phys_addr_t",
    see: ["pfn", "physical address space"],
  },
  {
    term: "HVA",
    expansion: "host virtual address",
    aliases: ["host virtual address", "userspace_addr"],
    meaning:
      "An address in the VMM's own address space, through which it reaches the shared memory of its guest. A memory slot names one for its first byte.",
    origin: "include/linux/kvm_types.h hva_t",
    see: ["memslot", "VMM"],
  },
  {
    term: "gfn",
    expansion: "guest frame number",
    aliases: ["guest frame number"],
    meaning:
      "A guest physical address without the offset in the page: the address shifted right by PAGE_SHIFT. Slots, attributes and look-ups count in these.",
    origin: "include/linux/kvm_types.h gfn_t",
    see: ["GPA", "memslot", "pfn"],
  },
  {
    term: "pfn",
    expansion: "page frame number",
    aliases: ["page frame number", "frame number", "frame"],
    meaning:
      "The number of a page of the machine's memory: the physical address shifted right by PAGE_SHIFT. It says where a page is, and nothing about who holds a reference on it.",
    origin: "include/linux/kvm_types.h kvm_pfn_t",
    see: ["HPA", "gfn", "reference count"],
  },
  {
    term: "page",
    aliases: ["pages"],
    meaning:
      "The unit in which memory is handed out and mapped, 4096 bytes throughout this course. The firmware calls it a granule.",
    origin: "arch/arm64/include/asm/page-def.h",
    see: ["granule", "folio"],
  },
  {
    term: "granule",
    aliases: ["granules"],
    meaning:
      "The unit in which the firmware tracks memory: 4096 bytes, aligned to as many. Each has one state, and the host asks the firmware to change it.",
    origin: "RMM specification, granules",
    see: ["granule state", "GPT", "delegate"],
  },
  {
    term: "physical address space",
    aliases: ["PAS", "physical address spaces", "world", "realm world"],
    meaning:
      "The side of the machine to which a granule belongs: Non-secure, Secure, Realm or Root. Every access is made in one of them, and is stopped if the granule is in another.",
    origin: "Arm Architecture Reference Manual, Realm Management Extension",
    see: ["GPT", "GPF", "RME"],
  },
  {
    term: "GPT",
    expansion: "granule protection table",
    aliases: ["granule protection table"],
    meaning:
      "The table that says for each granule to which physical address space it belongs. Firmware at the highest level of privilege owns it, and the hardware consults it after every translation.",
    origin: "Arm Architecture Reference Manual, Realm Management Extension",
    see: ["GPF", "physical address space", "EL3"],
  },
  {
    term: "GPF",
    expansion: "granule protection fault",
    aliases: ["granule protection fault"],
    meaning:
      "What the hardware raises when an access is made in one physical address space and the granule belongs to another. It is how the host learns that a page is the realm's.",
    origin: "Arm Architecture Reference Manual, Realm Management Extension",
    see: ["GPT", "physical address space"],
  },
  {
    term: "stage 2",
    aliases: ["stage-2", "stage 2 translation"],
    meaning:
      "The translation from guest physical addresses to physical ones, below the guest's own tables. For a realm the firmware keeps its tables, for any other VM the hypervisor does.",
    origin: "arch/arm64/kvm/hyp/pgtable.c",
    see: ["RTT", "IPA", "translation fault"],
  },
  {
    term: "translation fault",
    aliases: ["translation faults"],
    meaning:
      "A walk through translation tables that came to an entry which leads nowhere. A CPU can wait while the page is mapped and try again, and a device cannot.",
    origin: "Arm Architecture Reference Manual, stage 2 faults",
    see: ["stage 2", "SMMU", "memory fault exit"],
  },
  {
    term: "block",
    aliases: ["blocks", "block entry"],
    meaning:
      "One entry above the last level of the tables that maps a whole range, at level 2 for example 2 MiB. It takes one table less and the range must be contiguous and aligned.",
    origin: "RMM specification, RTT entries",
    see: ["fold", "RTT"],
  },
  {
    term: "TLB",
    expansion: "translation lookaside buffer",
    meaning:
      "The hardware's memory of translations that it has made. After a mapping is taken away it must forget them, and here that happens at once.",
    origin: "arch/arm64/include/asm/tlbflush.h",
    see: ["stage 2", "ATS"],
  },
  {
    term: "CPU",
    expansion: "central processing unit",
    aliases: ["CPUs"],
    meaning:
      "A processor that executes instructions, those of the host as well as those of its guests. It translates each address and can stop at a fault and resume later.",
    origin: "arch/arm64/include/asm/cpu.h",
    see: ["vCPU", "stage 2"],
  },
  {
    term: "RAM",
    expansion: "random access memory",
    meaning:
      "Memory that keeps what was written to it. In capitals it is also a RIPAS: the realm expects memory behind that address.",
    origin: "RMM specification, RmmRipas",
    see: ["RIPAS", "EMPTY"],
  },
  {
    term: "KiB",
    expansion: "kibibyte",
    aliases: ["MiB", "GiB", "TiB"],
    meaning:
      "1024 bytes; a MiB is 1024 of these, a GiB 1024 times that, a TiB 1024 times that again. A page is 4 KiB, and a block at level 2 is 2 MiB.",
    origin: "IEC 80000-13",
    see: ["page", "block"],
  },
  {
    term: "SMC",
    expansion: "secure monitor call",
    aliases: ["secure monitor call"],
    meaning:
      "The instruction by which the host or a realm calls firmware: a function number and arguments in registers, results in registers. All RMI commands are made with it.",
    origin: "include/linux/arm-smccc.h",
    see: ["RMI", "RSI", "EL3"],
  },
  {
    term: "EL3",
    expansion: "exception level 3",
    aliases: ["exception level"],
    meaning:
      "The highest of Arm's four levels of privilege, where the monitor runs that owns the granule protection table. The hypervisor and the RMM run one below it, at EL2, in different worlds.",
    origin: "Arm Architecture Reference Manual, exception levels",
    see: ["TF-A", "RMM", "GPT"],
  },
  {
    term: "NS",
    expansion: "Non-secure",
    aliases: ["Non-secure", "non-secure"],
    meaning:
      "The physical address space of the ordinary world, in which host, VMM and most devices live. Memory must leave it before a realm can own it.",
    origin: "Arm Architecture Reference Manual, security states",
    see: ["physical address space", "delegate"],
  },
  {
    term: "RME",
    expansion: "Realm Management Extension",
    aliases: ["Realm Management Extension"],
    meaning:
      "The extension of the Arm architecture that adds the Realm world and the granule protection check. The confidential VMs of Arm are built on it.",
    origin: "Arm Architecture Reference Manual, FEAT_RME",
    see: ["CCA", "GPT"],
  },
  {
    term: "little endian",
    aliases: ["little-endian", "Little endian"],
    meaning:
      "The order of bytes in which the lowest one of a number comes first. All structures at the boundaries of this course are written so.",
    origin: "arch/arm64/include/uapi/asm/byteorder.h",
    see: ["padding"],
  },
];
