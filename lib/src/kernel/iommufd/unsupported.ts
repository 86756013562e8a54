// SPDX-License-Identifier: MIT

/** Something that the real kernel can do and the modelled device, or the model, cannot. */
export interface Unsupported {
  /** The command, flag or file operation. */
  readonly what: string;
  /** What a caller gets, once its arguments are in order. */
  readonly answer: string;
  /** Whether the answer is a real kernel's for such a device, or the model's own limit. */
  readonly because: "the device lacks it" | "the model leaves it out";
  readonly note: string;
}

/** What `/dev/iommu` and the device files answer without doing it, for the fidelity page. */
export const unsupportedIommufd: readonly Unsupported[] = [
  {
    what: "IOMMU_HWPT_SET_DIRTY_TRACKING",
    answer: "-EOPNOTSUPP",
    because: "the device lacks it",
    note: "The SMMU does not update the dirty state of its descriptors.",
  },
  {
    what: "IOMMU_HWPT_GET_DIRTY_BITMAP",
    answer: "-EOPNOTSUPP",
    because: "the device lacks it",
    note: "The range is checked first, and gives -EINVAL or -EOVERFLOW.",
  },
  {
    what: "IOMMU_HWPT_ALLOC with IOMMU_HWPT_ALLOC_DIRTY_TRACKING",
    answer: "-EOPNOTSUPP",
    because: "the device lacks it",
    note: "The same reason.",
  },
  {
    what: "IOMMU_FAULT_QUEUE_ALLOC",
    answer: "0",
    because: "the device lacks it",
    note: "The queue and its file exist, but no device makes page requests, so it stays empty.",
  },
  {
    what: "IOMMU_VEVENTQ_ALLOC",
    answer: "-EOPNOTSUPP",
    because: "the device lacks it",
    note: "The SMMU reports no events to a VM.",
  },
  {
    what: "IOMMU_HW_QUEUE_ALLOC",
    answer: "-EOPNOTSUPP",
    because: "the device lacks it",
    note: "Only the SMMU of one vendor has queues to give to a VM.",
  },
  {
    what: "VFIO_DEVICE_ATTACH_PASID",
    answer: "-EOPNOTSUPP",
    because: "the device lacks it",
    note: "The device has no PASID capability.",
  },
  {
    what: "IOMMU_VIOMMU_ALLOC with another type than IOMMU_VIOMMU_TYPE_ARM_SMMUV3",
    answer: "-EOPNOTSUPP",
    because: "the device lacks it",
    note: "The driver knows this type only.",
  },
  {
    what: "DMA through a nested domain whose first stage translates",
    answer: "an error that names it",
    because: "the model leaves it out",
    note: "A nested domain can block or pass through; the guest's own tables are not walked.",
  },
  {
    what: "IOMMU_HWPT_ALLOC of a nested domain on its parent",
    answer: "0",
    because: "the model leaves it out",
    note: "The driver of a real SMMUv3 offers it through a vIOMMU only, and answers -EOPNOTSUPP here; other drivers offer it, and the kernel's own tests use it.",
  },
  {
    what: "Limits on locked memory",
    answer: "0",
    because: "the model leaves it out",
    note: "Pinned pages are counted, but never refused with -ENOMEM for RLIMIT_MEMLOCK.",
  },
  {
    what: "VFIO_IOMMU_DIRTY_PAGES",
    answer: "-ENOTTY",
    because: "the device lacks it",
    note: "iommufd has this command of VFIO's for no device: its own dirty tracking takes its place.",
  },
  {
    what: "VFIO_DEVICE_GET_REGION_INFO, GET_IRQ_INFO, SET_IRQS, RESET and the rest of a bound device file",
    answer: "-ENOTTY",
    because: "the model leaves it out",
    note: "The device has no registers, regions or interrupts.",
  },
  {
    what: "A TSM driver that fails to bind",
    answer: "-ENXIO from the TSM core, -ENODEV from IOMMU_VDEVICE_TSM_OP",
    because: "the model leaves it out",
    note: "The posted driver returns an error pointer that the posted core does not test, and would crash.",
  },
  {
    what: "Ending the binding of a device",
    answer: "0",
    because: "the model leaves it out",
    note: "The posted driver never takes the VDEV's granule back from the firmware, a page lost at every unbind; the model does.",
  },
];
