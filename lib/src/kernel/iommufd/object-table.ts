// SPDX-License-Identifier: MIT
import { type SharedKind, sharedKind, touches } from "../../base/footprint.ts";
import type { Task } from "../../base/task.ts";
import type { File } from "../fs/file.ts";
import type { Kernel } from "../kernel.ts";
import type { Kvm } from "../kvm/kvm.ts";

/** Types of objects. @kernel drivers/iommu/iommufd/iommufd_private.h enum iommufd_object_type */
export const IOMMUFD_OBJ_ANY = 0;
export const IOMMUFD_OBJ_DEVICE = 1;
export const IOMMUFD_OBJ_HWPT_PAGING = 2;
export const IOMMUFD_OBJ_HWPT_NESTED = 3;
export const IOMMUFD_OBJ_IOAS = 4;
export const IOMMUFD_OBJ_FAULT = 6;
export const IOMMUFD_OBJ_VIOMMU = 7;
export const IOMMUFD_OBJ_VDEVICE = 8;
/** Type of an object; `IOMMUFD_OBJ_ANY` matches all in a look-up. */
export type iommufd_object_type = 0 | 1 | 2 | 3 | 4 | 6 | 7 | 8;

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [IOMMUFD_OBJ_DEVICE]: "DEVICE",
  [IOMMUFD_OBJ_HWPT_PAGING]: "HWPT_PAGING",
  [IOMMUFD_OBJ_HWPT_NESTED]: "HWPT_NESTED",
  [IOMMUFD_OBJ_IOAS]: "IOAS",
  [IOMMUFD_OBJ_FAULT]: "FAULT",
  [IOMMUFD_OBJ_VIOMMU]: "VIOMMU",
  [IOMMUFD_OBJ_VDEVICE]: "VDEVICE",
};

/** Name of a type, without the prefix `IOMMUFD_OBJ_`. */
export function objectTypeName(type: iommufd_object_type): string {
  return TYPE_NAMES[type] ?? "ANY";
}

const OBJECTS: SharedKind = sharedKind("ictx->objects");
const USERS: SharedKind = sharedKind("iommufd object users");
const WAIT_CNT: SharedKind = sharedKind("iommufd object wait_cnt");

/** What a type of object does at the end of its life. @kernel struct iommufd_object_ops */
export interface iommufd_object_ops {
  /** Lets go of what holds `wait_cnt`, before a destroyer waits for it. */
  readonly pre_destroy?: () => Task<void>;
  readonly destroy: () => Task<void>;
  /** Undoes a half-made object, where that differs from `destroy`. */
  readonly abort?: () => Task<void>;
}

/**
 * The head of every object. `users` keeps user space from destroying it: it is 1 for the table, plus one for each
 * object that depends on it and each command that works with it. `wait_cnt` counts those whom a destroyer waits for.
 *
 * @kernel include/linux/iommufd.h struct iommufd_object
 */
export abstract class iommufd_object {
  readonly ictx: iommufd_ctx;
  readonly type: iommufd_object_type;
  /** Number in the table; 0 until it has one. */
  id = 0;
  #users = 1;
  #wait_cnt = 1;
  abstract readonly ops: iommufd_object_ops;

  constructor(ictx: iommufd_ctx, type: iommufd_object_type) {
    this.ictx = ictx;
    this.type = type;
  }

  get users(): number {
    if (touches.on) touches.read(USERS, this.id);
    return this.#users;
  }

  set users(count: number) {
    if (touches.on) touches.write(USERS, this.id);
    this.#users = count;
  }

  get wait_cnt(): number {
    if (touches.on) touches.read(WAIT_CNT, this.id);
    return this.#wait_cnt;
  }

  set wait_cnt(count: number) {
    if (touches.on) touches.write(WAIT_CNT, this.id);
    this.#wait_cnt = count;
  }

  /** Takes both counts, unless one is 0: then a destroyer is there already. */
  tryGet(): boolean {
    // Only a destroyer sets them to 0, so those who come and go do not notice each other.
    this.#noteCount();
    if (this.#users === 0 || this.#wait_cnt === 0) return false;
    this.#users++;
    this.#wait_cnt++;
    return true;
  }

  /** Drops both counts. `users` goes first, so that a destroyer that was waiting never sees it too high. */
  put(): void {
    this.#noteCount();
    this.#users--;
    this.#wait_cnt--;
  }

  #noteCount(): void {
    if (!touches.on) return;
    touches.add(USERS, this.id);
    touches.add(WAIT_CNT, this.id);
  }

  /** Objects on whose `users` this one counts, each as often as it counts. */
  abstract dependsOn(): readonly iommufd_object[];

  /** Counts on `users` from outside the table: a driver, an open file. */
  get outsideUsers(): number {
    return 0;
  }
}

/** An id that is taken although nothing can be found there: not yet published, or a tombstone. */
const XA_ZERO_ENTRY = null;

/** The objects of a context by their id. Ids start at 1; the lowest free one goes out first. */
export class ObjectTable {
  readonly #slots: (iommufd_object | typeof XA_ZERO_ENTRY | undefined)[] = [XA_ZERO_ENTRY];
  #entries = 0;

  /** Ids taken, placeholders and tombstones included. */
  get size(): number {
    return this.#entries;
  }

  /** Takes the lowest free id without showing anything there. */
  reserve(): number {
    const free = this.#slots.indexOf(undefined);
    const id = free < 0 ? this.#slots.length : free;
    if (touches.on) touches.write(OBJECTS);
    this.#slots[id] = XA_ZERO_ENTRY;
    this.#entries++;
    return id;
  }

  publish(object: iommufd_object): void {
    if (touches.on) touches.write(OBJECTS);
    this.#slots[object.id] = object;
  }

  /** Gives the id free, or leaves a tombstone that keeps it taken until the file is closed. */
  erase(id: number, tombstone: boolean): void {
    if (touches.on) touches.write(OBJECTS);
    this.#slots[id] = tombstone ? XA_ZERO_ENTRY : undefined;
    if (!tombstone) this.#entries--;
  }

  load(id: number): iommufd_object | undefined {
    if (touches.on) touches.read(OBJECTS);
    return this.#slots[id] ?? undefined;
  }

  /** The objects that can be found, in ascending order of their ids. */
  all(): iommufd_object[] {
    if (touches.on) touches.read(OBJECTS);
    return this.#slots.filter((slot): slot is iommufd_object => slot !== undefined && slot !== null);
  }
}

/**
 * Maps a range of guest physical addresses (bytes, end exclusive); 0 or a negative errno.
 *
 * @kernel include/linux/kvm_host.h kvm_map_private_memory
 */
export type MapPrivateMemory = (kvm: Kvm, start_gpa: number, end_gpa: number) => Task<number>;

/** Which definition the linker chose, and why. */
export interface Resolution {
  readonly definition: "strong" | "weak";
  readonly reason: string;
  readonly kvm_map_private_memory: MapPrivateMemory;
}

/** iommufd as it was built into a kernel. */
export interface Iommufd {
  /** Which `kvm_map_private_memory` it calls, and why. */
  readonly resolution: Resolution;
  /** The contexts that were opened and still have a file or objects. */
  readonly contexts: Set<iommufd_ctx>;
}

/** Pinned pages count against the locked memory of the user, or of the process. */
export type AccountMode = "IOPT_PAGES_ACCOUNT_USER" | "IOPT_PAGES_ACCOUNT_MM";

/**
 * What one open `/dev/iommu` is: a table of objects. Devices that are bound to it keep its file open.
 *
 * @kernel drivers/iommu/iommufd/iommufd_private.h struct iommufd_ctx
 */
export class iommufd_ctx {
  readonly kernel: Kernel;
  readonly iommufd: Iommufd;
  readonly objects: ObjectTable = new ObjectTable();
  /** The open file, known from the first command on. */
  file: File | undefined;
  /** The IOAS that the VFIO type 1 commands work on. */
  vfio_ioas: iommufd_object | undefined;
  account_mode: AccountMode = "IOPT_PAGES_ACCOUNT_USER";

  constructor(kernel: Kernel, iommufd: Iommufd) {
    this.kernel = kernel;
    this.iommufd = iommufd;
  }
}
