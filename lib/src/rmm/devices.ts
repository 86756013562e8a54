// SPDX-License-Identifier: MIT
import { type Pa, type Pfn, pfnToPa } from "../base/address.ts";
import { type Struct, struct } from "../base/layout.ts";
import { Conversation } from "./device-communication.ts";
import { NO_REALM, type Realm } from "./realm.ts";

/**
 * State of a PDEV, a device that the RMM has a secure link to.
 *
 * @spec RMM 1.1-alp12, RmiPdevState
 */
export const RMI_PDEV = {
  NEW: 0,
  NEEDS_KEY: 1,
  HAS_KEY: 2,
  READY: 3,
  COMMUNICATING: 4,
  STOPPING: 5,
  STOPPED: 6,
  ERROR: 7,
} as const;
/** One of the states of a PDEV. */
export type PdevState = (typeof RMI_PDEV)[keyof typeof RMI_PDEV];

/**
 * State of a VDEV, a device interface that is bound to a realm.
 *
 * @spec RMM 1.1-alp12, RmiVdevState
 */
export const RMI_VDEV = { READY: 0, COMMUNICATING: 1, STOPPING: 2, STOPPED: 3, ERROR: 4 } as const;
/** One of the states of a VDEV. */
export type VdevState = (typeof RMI_VDEV)[keyof typeof RMI_VDEV];

/** State of a device as its realm sees it. @spec RMM 1.1-alp12, RsiRdevState */
export const RSI_RDEV = { UNLOCKED: 0, LOCKED: 1, STARTED: 2, STOPPED: 3, ERROR: 4 } as const;
/** One of the states of a device for its realm. */
export type RdevState = (typeof RSI_RDEV)[keyof typeof RSI_RDEV];

/** What a realm wants done with its device. */
export type RdevOperation = "lock" | "start" | "stop";

const PDEV_LAYOUT = {
  flags: ["u64", 0x0],
  pdev_id: ["u64", 0x8],
  segment_id: ["u64", 0x10],
  ecam_addr: ["u64", 0x18],
  root_id: ["u64", 0x20],
  cert_id: ["u64", 0x28],
  rid_base: ["u64", 0x30],
  rid_top: ["u64", 0x38],
  hash_algo: ["u64", 0x40],
  num_aux: ["u64", 0x48],
  ide_sid: ["u64", 0x50],
  ncoh_num_addr_range: ["u64", 0x58],
  coh_num_addr_range: ["u64", 0x60],
  aux_granule: ["u64", 0x100, 32],
} as const;

/** What the host writes into the page that it names in PDEV_CREATE. @spec RMM 1.1-alp12, RmiPdevParams */
export const rmi_pdev_params: Struct<typeof PDEV_LAYOUT> = struct(
  "rmi_pdev_params",
  PDEV_LAYOUT,
  0x1000,
  "RMM 1.1-alp12, RmiPdevParams",
);

/** Flags of a PDEV: the device speaks SPDM, and its link is to be encrypted. */
export const RMI_PDEV_FLAG = { SPDM: 1, IDE: 2 } as const;

const KEY_LAYOUT = {
  public_key: ["bytes", 0x0, 1024],
  metadata: ["bytes", 0x400, 1024],
  public_key_len: ["u64", 0x800],
  metadata_len: ["u64", 0x808],
  rmi_signature_algorithm: ["u8", 0x810],
} as const;

/** What the host writes into the page that it names in PDEV_SET_PUBKEY. @spec RMM 1.1-alp12 */
export const rmi_public_key_params: Struct<typeof KEY_LAYOUT> = struct(
  "rmi_public_key_params",
  KEY_LAYOUT,
  0x1000,
  "RMM 1.1-alp12, RmiPublicKeyParams",
);

/** Signature algorithms of device keys. */
export const RMI_SIG = { RSASSA_3072: 0, ECDSA_P256: 1, ECDSA_P384: 2 } as const;

const VDEV_LAYOUT = {
  flags: ["u64", 0x0],
  vdev_id: ["u64", 0x8],
  tdi_id: ["u64", 0x10],
  num_aux: ["u64", 0x18],
  aux: ["u64", 0x100, 32],
} as const;

/** What the host writes into the page that it names in VDEV_CREATE. @spec RMM 1.1-alp12, RmiVdevParams */
export const rmi_vdev_params: Struct<typeof VDEV_LAYOUT> = struct(
  "rmi_vdev_params",
  VDEV_LAYOUT,
  0x1000,
  "RMM 1.1-alp12, RmiVdevParams",
);

/** Granules that a PDEV needs besides its own. Simplified: a small number of our own; the real one keeps a heap there. */
export const PDEV_AUX_GRANULES = 4;

/** A device that the RMM knows. */
export class Pdev {
  readonly pfn: Pfn;
  /** Requester id. */
  readonly id: number;
  readonly aux: readonly Pfn[];
  state: PdevState = RMI_PDEV.NEW;
  /** Interfaces of the device that are bound to realms. */
  vdevs = 0;
  readonly conversation: Conversation = new Conversation();

  constructor(pfn: Pfn, id: number, aux: readonly Pfn[]) {
    this.pfn = pfn;
    this.id = id;
    this.aux = aux;
  }
}

/** A device interface that belongs to a realm. */
export class Vdev {
  readonly pfn: Pfn;
  readonly realm: Realm;
  readonly pdev: Pdev;
  /** The device's id inside the realm. */
  readonly id: number;
  /** Requester id of the interface, which is also its stream. */
  readonly tdiId: number;
  /** Number of the binding, so that a realm notices when a device was exchanged for another. */
  readonly instance: number;
  state: VdevState = RMI_VDEV.READY;
  rdevState: RdevState = RSI_RDEV.UNLOCKED;
  /** What the realm asked for and the device has not done yet. */
  operation: RdevOperation | undefined;

  constructor(pfn: Pfn, realm: Realm, pdev: Pdev, id: number, tdiId: number, instance: number) {
    this.pfn = pfn;
    this.realm = realm;
    this.pdev = pdev;
    this.id = id;
    this.tdiId = tdiId;
    this.instance = instance;
  }

  /** Physical address of the VDEV, in bytes. */
  get pa(): Pa {
    return pfnToPa(this.pfn);
  }
}

/** PDEV parameters as they were read, before anything was checked. */
export interface RawPdevParams {
  readonly flags: number;
  readonly pdev_id: number;
  readonly hash_algo: number;
  readonly num_aux: number;
  readonly aux: readonly number[];
}

/** VDEV parameters as they were read, before anything was checked. */
export interface RawVdevParams {
  readonly flags: number;
  readonly vdev_id: number;
  readonly tdi_id: number;
  readonly num_aux: number;
}

/** A public key as it was read. */
export interface RawPublicKey {
  readonly key: Uint8Array;
  readonly algorithm: number;
}

/** Stands in a call for the PDEV that no condition has looked up yet. */
export const NO_PDEV: Pdev = new Pdev(-1 as Pfn, 0, []);
/** Stands in a call for the VDEV that no condition has looked up yet. */
export const NO_VDEV: Vdev = new Vdev(-1 as Pfn, NO_REALM, NO_PDEV, 0, 0, 0);
/** Stand in a call for parameters that were not read yet. */
export const NO_PDEV_PARAMS: RawPdevParams = { flags: 0, pdev_id: 0, hash_algo: 0, num_aux: 0, aux: [] };
export const NO_VDEV_PARAMS: RawVdevParams = { flags: 0, vdev_id: 0, tdi_id: 0, num_aux: 0 };
export const NO_PUBLIC_KEY: RawPublicKey = { key: new Uint8Array(0), algorithm: 0 };
