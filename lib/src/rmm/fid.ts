// SPDX-License-Identifier: MIT
/**
 * Function identifiers of the RMM interfaces, as the SMC calling convention passes them in x0 (w0).
 *
 * @spec RMM 1.0 (RMI and RSI commands); RMM 1.1-alp12 for those on devices (PDEV, VDEV, RDEV)
 */

/** First identifier of the range that belongs to the RMI. */
export const RMI_BASE = 0xc4000150;

export const RMI_VERSION = 0xc4000150;
export const RMI_GRANULE_DELEGATE = 0xc4000151;
export const RMI_GRANULE_UNDELEGATE = 0xc4000152;
export const RMI_DATA_CREATE = 0xc4000153;
export const RMI_DATA_CREATE_UNKNOWN = 0xc4000154;
export const RMI_DATA_DESTROY = 0xc4000155;
export const RMI_REALM_ACTIVATE = 0xc4000157;
export const RMI_REALM_CREATE = 0xc4000158;
export const RMI_REALM_DESTROY = 0xc4000159;
export const RMI_REC_CREATE = 0xc400015a;
export const RMI_REC_DESTROY = 0xc400015b;
export const RMI_REC_ENTER = 0xc400015c;
export const RMI_RTT_CREATE = 0xc400015d;
export const RMI_RTT_DESTROY = 0xc400015e;
export const RMI_RTT_MAP_UNPROTECTED = 0xc400015f;
export const RMI_RTT_READ_ENTRY = 0xc4000161;
export const RMI_RTT_UNMAP_UNPROTECTED = 0xc4000162;
export const RMI_PSCI_COMPLETE = 0xc4000164;
export const RMI_FEATURES = 0xc4000165;
export const RMI_RTT_FOLD = 0xc4000166;
export const RMI_REC_AUX_COUNT = 0xc4000167;
export const RMI_RTT_INIT_RIPAS = 0xc4000168;
export const RMI_RTT_SET_RIPAS = 0xc4000169;

export const RMI_PDEV_AUX_COUNT = 0xc4000156;
export const RMI_PDEV_COMMUNICATE = 0xc4000175;
export const RMI_PDEV_CREATE = 0xc4000176;
export const RMI_PDEV_DESTROY = 0xc4000177;
export const RMI_PDEV_GET_STATE = 0xc4000178;
export const RMI_PDEV_SET_PUBKEY = 0xc400017b;
export const RMI_PDEV_STOP = 0xc400017c;
export const RMI_VDEV_ABORT = 0xc4000185;
export const RMI_VDEV_COMMUNICATE = 0xc4000186;
export const RMI_VDEV_CREATE = 0xc4000187;
export const RMI_VDEV_DESTROY = 0xc4000188;
export const RMI_VDEV_GET_STATE = 0xc4000189;
export const RMI_VDEV_STOP = 0xc400018a;

export const RSI_VERSION = 0xc4000190;
export const RSI_FEATURES = 0xc4000191;
export const RSI_MEASUREMENT_READ = 0xc4000192;
export const RSI_MEASUREMENT_EXTEND = 0xc4000193;
export const RSI_ATTESTATION_TOKEN_INIT = 0xc4000194;
export const RSI_ATTESTATION_TOKEN_CONTINUE = 0xc4000195;
export const RSI_REALM_CONFIG = 0xc4000196;
export const RSI_IPA_STATE_SET = 0xc4000197;
export const RSI_IPA_STATE_GET = 0xc4000198;
export const RSI_HOST_CALL = 0xc4000199;

export const RSI_RDEV_GET_INSTANCE_ID = 0xc400019c;
export const RSI_RDEV_CONTINUE = 0xc40001a4;
export const RSI_RDEV_GET_STATE = 0xc40001a8;
export const RSI_RDEV_LOCK = 0xc40001a9;
export const RSI_RDEV_START = 0xc40001aa;
export const RSI_RDEV_STOP = 0xc40001ab;

/** PSCI function by which a guest turns its machine off. */
export const PSCI_SYSTEM_OFF = 0x84000008;
/** PSCI function by which a guest restarts its machine. */
export const PSCI_SYSTEM_RESET = 0x84000009;
