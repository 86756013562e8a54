// SPDX-License-Identifier: MIT
/**
 * Command numbers, flags and types of `/dev/iommu`, as they are after patch 10 of the series. A command number is
 * `_IO(';', nr)`: it encodes neither direction nor size, so it is 0x3b00 with the number in the low byte.
 *
 * @kernel include/uapi/linux/iommufd.h
 */

/** The type byte of all commands, `';'`, which VFIO uses too. */
export const IOMMUFD_TYPE = 0x3b;
/** The first number of the table. */
export const IOMMUFD_CMD_BASE = 0x80;

export const IOMMUFD_CMD_DESTROY = 0x80;
export const IOMMUFD_CMD_IOAS_ALLOC = 0x81;
export const IOMMUFD_CMD_IOAS_ALLOW_IOVAS = 0x82;
export const IOMMUFD_CMD_IOAS_COPY = 0x83;
export const IOMMUFD_CMD_IOAS_IOVA_RANGES = 0x84;
export const IOMMUFD_CMD_IOAS_MAP = 0x85;
export const IOMMUFD_CMD_IOAS_UNMAP = 0x86;
export const IOMMUFD_CMD_OPTION = 0x87;
export const IOMMUFD_CMD_VFIO_IOAS = 0x88;
export const IOMMUFD_CMD_HWPT_ALLOC = 0x89;
export const IOMMUFD_CMD_GET_HW_INFO = 0x8a;
export const IOMMUFD_CMD_HWPT_SET_DIRTY_TRACKING = 0x8b;
export const IOMMUFD_CMD_HWPT_GET_DIRTY_BITMAP = 0x8c;
export const IOMMUFD_CMD_HWPT_INVALIDATE = 0x8d;
export const IOMMUFD_CMD_FAULT_QUEUE_ALLOC = 0x8e;
export const IOMMUFD_CMD_IOAS_MAP_FILE = 0x8f;
export const IOMMUFD_CMD_VIOMMU_ALLOC = 0x90;
export const IOMMUFD_CMD_VDEVICE_ALLOC = 0x91;
export const IOMMUFD_CMD_IOAS_CHANGE_PROCESS = 0x92;
export const IOMMUFD_CMD_VEVENTQ_ALLOC = 0x93;
export const IOMMUFD_CMD_HW_QUEUE_ALLOC = 0x94;
export const IOMMUFD_CMD_VDEVICE_TSM_OP = 0x95;
export const IOMMUFD_CMD_VDEVICE_TSM_GUEST_REQUEST = 0x96;
export const IOMMUFD_CMD_VDEVICE_TSM_MAP = 0x97;

export const IOMMU_DESTROY = 0x3b80;
export const IOMMU_IOAS_ALLOC = 0x3b81;
export const IOMMU_IOAS_ALLOW_IOVAS = 0x3b82;
export const IOMMU_IOAS_COPY = 0x3b83;
export const IOMMU_IOAS_IOVA_RANGES = 0x3b84;
export const IOMMU_IOAS_MAP = 0x3b85;
export const IOMMU_IOAS_UNMAP = 0x3b86;
export const IOMMU_OPTION = 0x3b87;
export const IOMMU_VFIO_IOAS = 0x3b88;
export const IOMMU_HWPT_ALLOC = 0x3b89;
export const IOMMU_GET_HW_INFO = 0x3b8a;
export const IOMMU_HWPT_SET_DIRTY_TRACKING = 0x3b8b;
export const IOMMU_HWPT_GET_DIRTY_BITMAP = 0x3b8c;
export const IOMMU_HWPT_INVALIDATE = 0x3b8d;
export const IOMMU_FAULT_QUEUE_ALLOC = 0x3b8e;
export const IOMMU_IOAS_MAP_FILE = 0x3b8f;
export const IOMMU_VIOMMU_ALLOC = 0x3b90;
export const IOMMU_VDEVICE_ALLOC = 0x3b91;
export const IOMMU_IOAS_CHANGE_PROCESS = 0x3b92;
export const IOMMU_VEVENTQ_ALLOC = 0x3b93;
export const IOMMU_HW_QUEUE_ALLOC = 0x3b94;
export const IOMMU_VDEVICE_TSM_OP = 0x3b95;
export const IOMMU_VDEVICE_TSM_GUEST_REQUEST = 0x3b96;
/** The command that patch 10 adds. */
export const IOMMU_VDEVICE_TSM_MAP = 0x3b97;

/** IOMMU_IOAS_MAP, IOMMU_IOAS_MAP_FILE and IOMMU_IOAS_COPY: use the given iova. */
export const IOMMU_IOAS_MAP_FIXED_IOVA: number = 1 << 0;
export const IOMMU_IOAS_MAP_WRITEABLE: number = 1 << 1;
export const IOMMU_IOAS_MAP_READABLE: number = 1 << 2;

/** IOMMU_OPTION: account pinned pages to the process (1) or to the user (0). */
export const IOMMU_OPTION_RLIMIT_MODE = 0;
export const IOMMU_OPTION_HUGE_PAGES = 1;
export const IOMMU_OPTION_OP_SET = 0;
export const IOMMU_OPTION_OP_GET = 1;

export const IOMMU_VFIO_IOAS_GET = 0;
export const IOMMU_VFIO_IOAS_SET = 1;
export const IOMMU_VFIO_IOAS_CLEAR = 2;

/** IOMMU_HWPT_ALLOC: the domain can carry nested ones, and a vIOMMU. */
export const IOMMU_HWPT_ALLOC_NEST_PARENT: number = 1 << 0;
export const IOMMU_HWPT_ALLOC_DIRTY_TRACKING: number = 1 << 1;
export const IOMMU_HWPT_FAULT_ID_VALID: number = 1 << 2;
export const IOMMU_HWPT_ALLOC_PASID: number = 1 << 3;
export const IOMMU_HWPT_DATA_NONE = 0;
export const IOMMU_HWPT_DATA_VTD_S1 = 1;
export const IOMMU_HWPT_DATA_ARM_SMMUV3 = 2;

export const IOMMU_HW_INFO_FLAG_INPUT_TYPE: number = 1 << 0;
export const IOMMU_HW_INFO_TYPE_NONE = 0;
export const IOMMU_HW_INFO_TYPE_DEFAULT = 0;
export const IOMMU_HW_INFO_TYPE_INTEL_VTD = 1;
export const IOMMU_HW_INFO_TYPE_ARM_SMMUV3 = 2;
export const IOMMU_HW_CAP_TRACK_DIRTY: number = 1 << 0;

export const IOMMU_HWPT_DIRTY_TRACKING_ENABLE: number = 1 << 0;
export const IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR: number = 1 << 0;

export const IOMMU_HWPT_INVALIDATE_DATA_VTD_S1 = 0;
export const IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 = 1;

export const IOMMU_VIOMMU_TYPE_DEFAULT = 0;
export const IOMMU_VIOMMU_TYPE_ARM_SMMUV3 = 1;
export const IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV = 2;
/** Patch 07: `kvm_vm_fd` names the VM of the vIOMMU. Its header says BIT(0), which user space does not have. */
export const IOMMU_VIOMMU_KVM_FD: number = 1 << 0;

export const IOMMU_VEVENTQ_TYPE_DEFAULT = 0;
export const IOMMU_VEVENTQ_TYPE_ARM_SMMUV3 = 1;
export const IOMMU_HW_QUEUE_TYPE_DEFAULT = 0;
export const IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV = 1;

/** Patch 08, spelt as it was posted. */
export const IOMMU_VDEICE_TSM_BIND = 0x1;
/** Patch 08, spelt as it was posted. */
export const IOMMU_VDEICE_TSM_UNBIND = 0x2;

/** Guest request of the Arm driver: size of an object of the device (report, measurements, certificates). */
export const ARM_CCA_DA_OBJECT_SIZE = 0x1;
/** Guest request of the Arm driver: bytes of such an object. */
export const ARM_CCA_DA_OBJECT_READ = 0x2;
