// SPDX-License-Identifier: MIT
import type { Term } from "./term.ts";

/** Devices, their addresses and their trust. */
export const deviceTerms: readonly Term[] = [
  {
    term: "DMA",
    expansion: "direct memory access",
    aliases: ["direct memory access"],
    meaning:
      "A device reading or writing memory by itself. It cannot wait for a page to appear, so everything that it will use must be mapped before.",
    origin: "Documentation/core-api/dma-api.rst",
    see: ["SMMU", "translation fault"],
  },
  {
    term: "IOMMU",
    expansion: "I/O memory management unit",
    meaning:
      "The hardware that translates the addresses of devices, as the MMU does for CPUs. It decides which memory a device can reach.",
    origin: "drivers/iommu/iommu.c",
    see: ["SMMU", "IOVA"],
  },
  {
    term: "SMMU",
    expansion: "system memory management unit",
    aliases: ["SMMUv3"],
    meaning:
      "The IOMMU of Arm machines. For a trusted device of a realm it walks the realm's own tables, and the RMM has it set up so.",
    origin: "drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c",
    see: ["IOMMU", "RTT", "stream"],
  },
  {
    term: "stream",
    aliases: ["stream ID", "StreamID"],
    meaning:
      "All the traffic of one device, known to the SMMU by a number. The number leads to the tables that are used for it.",
    origin: "Arm SMMUv3 specification, stream table",
    see: ["SMMU", "STE"],
  },
  {
    term: "STE",
    expansion: "stream table entry",
    meaning:
      "The record in which the SMMU finds what to do with one stream: stop it, pass it, or translate it with which tables. For streams of a realm it lies out of the host's reach.",
    origin: "drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.h",
    see: ["stream", "SMMU"],
  },
  {
    term: "IOVA",
    expansion: "I/O virtual address",
    meaning:
      "An address that a device puts on the bus and the IOMMU translates. For a trusted device of a realm it is a guest physical address in this course.",
    origin: "drivers/iommu/iova.c",
    see: ["IOMMU", "GPA"],
  },
  {
    term: "ATS",
    expansion: "Address Translation Services",
    meaning:
      "A protocol by which a PCIe device asks for a translation beforehand and keeps it. The realm's tables must then be right before, since what is kept is not looked up again.",
    origin: "drivers/pci/ats.c",
    see: ["TLB", "translation fault"],
  },
  {
    term: "VFIO",
    expansion: "Virtual Function I/O",
    meaning:
      "The part of Linux that hands a device to a user process, such as a VMM. The device is an open file, and is bound to an iommufd.",
    origin: "drivers/vfio",
    see: ["iommufd", "passthrough"],
  },
  {
    term: "passthrough",
    aliases: ["assigned device", "device assignment", "pass-through"],
    meaning:
      "Giving a VM a real device instead of an emulated one. Its DMA then goes to guest memory directly.",
    origin: "Documentation/driver-api/vfio.rst",
    see: ["VFIO", "DMA"],
  },
  {
    term: "iommufd",
    aliases: ["/dev/iommu"],
    meaning:
      "The interface of Linux for what devices may reach: an open `/dev/iommu` with a table of objects. Address spaces, domains, vIOMMUs and vdevices are made and destroyed there by ioctls.",
    origin: "drivers/iommu/iommufd/main.c",
    see: ["IOAS", "HWPT", "vIOMMU", "vdevice"],
  },
  {
    term: "IOAS",
    expansion: "I/O address space",
    meaning:
      "An object of iommufd: addresses and the user memory behind them, for ordinary DMA. It holds the pins on that memory.",
    origin: "drivers/iommu/iommufd/ioas.c",
    see: ["iommufd", "HWPT", "pinned"],
  },
  {
    term: "HWPT",
    expansion: "hardware page table",
    aliases: ["domain"],
    meaning:
      "An object of iommufd: translation tables in the form that one IOMMU walks. It is made from an IOAS, or nested in another one.",
    origin: "drivers/iommu/iommufd/hw_pagetable.c",
    see: ["IOAS", "nested HWPT"],
  },
  {
    term: "nested HWPT",
    aliases: ["HWPT_NESTED", "nesting parent"],
    meaning:
      "A hardware page table whose first stage belongs to the guest and whose second is another HWPT, the parent. A vIOMMU is built on a parent that was made for it.",
    origin: "drivers/iommu/iommufd/hw_pagetable.c",
    see: ["HWPT", "vIOMMU"],
  },
  {
    term: "vIOMMU",
    expansion: "virtual IOMMU",
    aliases: ["viommu", "VIOMMU"],
    meaning:
      "An object of iommufd: the share of one IOMMU that one VM gets. With a flag of the series it also holds the file of that VM, which is how the ioctl finds the VM.",
    origin: "drivers/iommu/iommufd/viommu.c",
    see: ["vdevice", "kvm_filp"],
  },
  {
    term: "kvm_filp",
    aliases: ["IOMMU_VIOMMU_KVM_FD"],
    meaning:
      "The field in which a vIOMMU keeps the file of its VM. Without the flag that fills it in it is NULL, and the handler of the patch follows it all the same.",
    origin: "include/linux/iommufd.h struct iommufd_viommu",
    see: ["vIOMMU", "NULL"],
  },
  {
    term: "vdevice",
    expansion: "virtual device",
    aliases: ["vdevices", "VDEVICE", "vdevice_id"],
    meaning:
      "An object of iommufd: a device as one VM sees it, with the number it has there. The ioctl of the patch names one, although what it maps belongs to the VM.",
    origin: "drivers/iommu/iommufd/viommu.c",
    see: ["vIOMMU", "TSM_MAP"],
  },
  {
    term: "DEVICE",
    aliases: ["IOMMUFD_OBJ_DEVICE"],
    meaning:
      "An object of iommufd: a device that VFIO has bound to it. It goes when the device's file is closed.",
    origin: "drivers/iommu/iommufd/device.c",
    see: ["VFIO", "vdevice"],
  },
  {
    term: "tombstone",
    meaning:
      "What stays of a vdevice whose device went away: the id is taken and names nothing. It keeps the number from being given to something else.",
    origin: "drivers/iommu/iommufd/main.c",
    see: ["vdevice", "iommufd"],
  },
  {
    term: "TSM_MAP",
    aliases: ["IOMMU_VDEVICE_TSM_MAP"],
    meaning:
      "The ioctl that the patch adds: map the pages of a guest range into the realm, so that a device can use them. It takes a range and a vdevice, and returns 0 or the first error.",
    origin: "drivers/iommu/iommufd/viommu.c (RFC v1, patch 10 of 38)",
    see: ["vdevice", "RTT"],
  },
  {
    term: "TSM",
    expansion: "TEE security manager",
    aliases: ["TEE security manager"],
    meaning:
      "The trusted party on the host's side that speaks to a device on behalf of confidential VMs. On Arm it is the RMM, with the host carrying its messages.",
    origin: "drivers/pci/tsm.c",
    see: ["DSM", "TDISP", "RMM"],
  },
  {
    term: "TEE",
    expansion: "trusted execution environment",
    meaning:
      "A place to run code that the rest of the machine cannot look into. A realm is one, as are the confidential VMs of other architectures.",
    origin: "PCIe specification, TDISP",
    see: ["realm", "TSM", "TVM"],
  },
  {
    term: "TVM",
    expansion: "TEE virtual machine",
    aliases: ["confidential VM", "CVM"],
    meaning: "The word of the PCIe specification for a confidential VM. On Arm it is a realm.",
    origin: "PCIe specification, TDISP",
    see: ["TEE", "realm"],
  },
  {
    term: "TDISP",
    expansion: "TEE Device Interface Security Protocol",
    meaning:
      "The protocol by which a device interface is locked, checked and started for a confidential VM. Its states are CONFIG_UNLOCKED, CONFIG_LOCKED, RUN and ERROR.",
    origin: "PCIe specification, TDISP",
    see: ["TDI", "DSM", "SPDM"],
  },
  {
    term: "TDI",
    expansion: "TEE device interface",
    aliases: ["device interface"],
    meaning:
      "The part of a device that is given to one confidential VM, such as a function. In state RUN it marks its DMA as trusted.",
    origin: "include/linux/pci-tsm.h struct pci_tdi",
    see: ["TDISP", "vdevice"],
  },
  {
    term: "DSM",
    expansion: "device security manager",
    meaning:
      "The trusted part inside a device that answers the TSM. It guards the locked configuration and reports if somebody touches it.",
    origin: "PCIe specification, TDISP",
    see: ["TSM", "TDISP"],
  },
  {
    term: "SPDM",
    expansion: "Security Protocol and Data Model",
    meaning:
      "The protocol by which a device proves what it is and agrees on keys. The host carries the messages and cannot read the protected ones.",
    origin: "DMTF DSP0274",
    see: ["certificate", "TSM", "DOE"],
  },
  {
    term: "DOE",
    expansion: "Data Object Exchange",
    meaning: "A mailbox in a PCIe device's configuration space. SPDM messages travel through it.",
    origin: "drivers/pci/doe.c",
    see: ["SPDM"],
  },
  {
    term: "IDE",
    expansion: "Integrity and Data Encryption",
    meaning:
      "The protection of the traffic on a PCIe link against reading and changing. The TSM sets it up when it connects a device.",
    origin: "drivers/pci/ide.c",
    see: ["TSM", "TDISP"],
  },
  {
    term: "certificate",
    aliases: ["certificates", "certificate chain"],
    meaning:
      "A signed statement of who a device is and which key it has. The guest compares it with what it trusts before it accepts the device.",
    origin: "DMTF DSP0274",
    see: ["SPDM", "attestation"],
  },
  {
    term: "bind",
    aliases: ["TSM bind", "pci_tsm_bind", "bound"],
    meaning:
      "To give a device interface to one confidential VM and lock its configuration. The guest then looks at it and starts it, or refuses it.",
    origin: "drivers/pci/tsm.c pci_tsm_bind",
    see: ["TDI", "TDISP"],
  },
  {
    term: "guest request",
    aliases: ["TSM guest request"],
    meaning:
      "An ioctl that carries a message of the guest to the TSM, which the VMM passes on without understanding it. On Arm the guest uses it in order to check and to start a device.",
    origin: "drivers/iommu/iommufd/viommu.c (RFC v1, patch 09 of 38)",
    see: ["bind", "RDEV"],
  },
  {
    term: "PDEV",
    expansion: "physical device",
    meaning:
      "The RMM's object for a whole device: its identity, its keys and its protected link. It is made when the device is connected.",
    origin: "RMM specification 1.1, RMI_PDEV_CREATE",
    see: ["VDEV", "SPDM"],
  },
  {
    term: "VDEV",
    expansion: "virtual device of the RMM",
    aliases: ["RMI_VDEV_CREATE"],
    meaning:
      "The RMM's object for a device interface that belongs to one realm. It is made when the device is bound.",
    origin: "RMM specification 1.1, RMI_VDEV_CREATE",
    see: ["PDEV", "TDI"],
  },
  {
    term: "RDEV",
    expansion: "realm device",
    meaning:
      "The same object as the guest sees it, through commands of the RSI. With them the guest checks the device and starts it.",
    origin: "RMM specification 1.1, RSI_RDEV commands",
    see: ["VDEV", "RSI"],
  },
  {
    term: "PCIe",
    expansion: "Peripheral Component Interconnect Express",
    aliases: ["PCI"],
    meaning:
      "The bus on which most devices sit, made of links between two ends. A device on it has functions, each with an address of its own.",
    origin: "drivers/pci/pci.c",
    see: ["TDI", "IDE"],
  },
  {
    term: "MMIO",
    expansion: "memory-mapped I/O",
    meaning:
      "Registers of a device that are read and written like memory. A realm maps those of its own device as private, and others lead to the VMM.",
    origin: "arch/arm64/kvm/mmio.c",
    see: ["TDI", "VMM"],
  },
  {
    term: "TDX",
    expansion: "Trust Domain Extensions",
    meaning:
      "Intel's design for confidential VMs. Its ioctl that adds initial memory was named in the review of the patch as a relative.",
    origin: "arch/x86/kvm/vmx/tdx.c",
    see: ["SEV-SNP", "CCA"],
  },
  {
    term: "SEV-SNP",
    expansion: "Secure Encrypted Virtualization, Secure Nested Paging",
    aliases: ["SEV", "SNP", "AMD SEV"],
    meaning:
      "AMD's design for confidential VMs. There the host maps all guest memory for a device, and a table of page owners decides.",
    origin: "arch/x86/kvm/svm/sev.c",
    see: ["TDX", "RMP"],
  },
  {
    term: "RMP",
    expansion: "reverse map table",
    meaning:
      "AMD's table that says for each page which guest owns it and at which address. It is to SEV-SNP roughly what the granule protection table is to Arm CCA.",
    origin: "arch/x86/virt/svm/sev.c",
    see: ["SEV-SNP", "GPT"],
  },
];
