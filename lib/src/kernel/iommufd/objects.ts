// SPDX-License-Identifier: MIT
import { EBUSY, ENOENT, ENOMEM } from "../../base/errno.ts";
import { type Task, unnoted } from "../../base/task.ts";
import {
  IOMMUFD_OBJ_ANY,
  type iommufd_ctx,
  type iommufd_object,
  type iommufd_object_type,
  objectTypeName,
} from "./object-table.ts";

/**
 * Gives a new object an id, not yet visible. Returns -ENOMEM when there is no memory for the object or its entry.
 *
 * @kernel drivers/iommu/iommufd/main.c _iommufd_object_alloc
 */
export function iommufd_object_alloc<T extends iommufd_object>(
  ictx: iommufd_ctx,
  make: (ictx: iommufd_ctx) => T,
): T | number {
  const { faults } = ictx.kernel;
  if (faults.hit("alloc") || faults.hit("alloc")) return -ENOMEM;
  const object = make(ictx);
  object.id = ictx.objects.reserve();
  return object;
}

/** Makes a new object visible. It can be destroyed from now on. */
export function iommufd_object_finalize(ictx: iommufd_ctx, object: iommufd_object): void {
  ictx.objects.publish(object);
  tell(object, "state", "finalize");
}

/** Gives back the id of an object that was never visible. */
export function iommufd_object_abort(ictx: iommufd_ctx, object: iommufd_object): void {
  ictx.objects.erase(object.id, false);
}

/** Undoes a half-made object. */
export function* iommufd_object_abort_and_destroy(ictx: iommufd_ctx, object: iommufd_object): Task<void> {
  yield* (object.ops.abort ?? object.ops.destroy)();
  iommufd_object_abort(ictx, object);
}

/**
 * Looks an object up and takes both counts. Whatever is wrong with the id, the answer is -ENOENT: nothing there,
 * another type, not yet published, a tombstone, or on its way out.
 *
 * @kernel drivers/iommu/iommufd/main.c
 */
export function* iommufd_get_object(
  ictx: iommufd_ctx,
  id: number,
  type: iommufd_object_type,
): Task<iommufd_object | number> {
  if (ictx.kernel.scheduling.preemptible) yield { kind: "read", object: "ictx->objects" };
  const object = ictx.objects.load(id);
  if (object === undefined || (type !== IOMMUFD_OBJ_ANY && object.type !== type)) return -ENOENT;
  if (!object.tryGet()) return -ENOENT;
  tell(object, "get", "iommufd_get_object");
  return object;
}

/** Drops both counts. */
export function iommufd_put_object(object: iommufd_object): void {
  object.put();
  tell(object, "put", "iommufd_put_object");
}

/** How an object is removed. */
interface RemoveOptions {
  /** The caller counts in `users` and gives that up here. */
  readonly callerHolds?: iommufd_object;
  /** Waits for the short-term users before the object is taken from the table. */
  readonly wait?: boolean;
  readonly tombstone?: boolean;
}

function* iommufd_object_dec_wait(object: iommufd_object): Task<void> {
  yield* unnoted(object.ops.pre_destroy?.() ?? nothing());
  object.wait_cnt--;
  // The real one gives up after 60 seconds with a warning; there is no clock here, so a wait that nobody can
  // end shows as a deadlock.
  while (object.wait_cnt > 0)
    yield { kind: "wait", object: "ictx->destroy_wait", until: () => object.wait_cnt === 0 };
}

/**
 * Takes an object out of the table and destroys it. Returns -ENOENT when there is none, and -EBUSY while anybody
 * but the table counts on it: an object that depends on it, an attachment, or another command at work with it.
 *
 * @kernel drivers/iommu/iommufd/main.c
 */
export function* iommufd_object_remove(
  ictx: iommufd_ctx,
  id: number,
  options: RemoveOptions = {},
): Task<number> {
  const { callerHolds, wait = false, tombstone = false } = options;
  if (wait && callerHolds !== undefined) yield* iommufd_object_dec_wait(callerHolds);
  if (ictx.kernel.scheduling.preemptible) yield { kind: "write", object: "ictx->objects" };
  const object = ictx.objects.load(id);
  if (callerHolds !== undefined) callerHolds.users--;
  if (object === undefined) return -ENOENT;
  if (object.users !== 1) {
    if (wait) object.wait_cnt = 1;
    return -EBUSY;
  }
  object.users = 0;
  ictx.objects.erase(id, tombstone);
  if (ictx.vfio_ioas === object) ictx.vfio_ioas = undefined;
  if (!wait) yield* iommufd_object_dec_wait(object);
  yield* unnoted(object.ops.destroy());
  tell(object, "state", tombstone ? "tombstone" : "destroy");
  return 0;
}

/** Destroys an object that the caller counts on. Others must not count on it: that is a bug, and warns. */
export function* iommufd_object_destroy_user(ictx: iommufd_ctx, object: iommufd_object): Task<void> {
  const result = yield* iommufd_object_remove(ictx, object.id, { callerHolds: object, wait: true });
  if (result !== 0) ictx.kernel.log.warn(`iommufd_object_destroy_user: object ${object.id} is still in use`);
}

/** The same, but the id stays taken until the file is closed. */
export function* iommufd_object_tombstone_user(ictx: iommufd_ctx, object: iommufd_object): Task<void> {
  const options = { callerHolds: object, wait: true, tombstone: true };
  const result = yield* iommufd_object_remove(ictx, object.id, options);
  if (result !== 0)
    ictx.kernel.log.warn(`iommufd_object_tombstone_user: object ${object.id} is still in use`);
}

/**
 * The end of a context: destroys whatever nobody depends on, again and again, until nothing is left. What is left
 * then has a reference too many; the kernel warns and leaks it.
 *
 * @kernel drivers/iommu/iommufd/main.c iommufd_fops_release
 */
export function* destroyAllObjects(ictx: iommufd_ctx): Task<void> {
  for (;;) {
    const left = ictx.objects.all();
    if (left.length === 0) return;
    let destroyed = 0;
    for (const object of left) {
      if (object.users !== 1) continue;
      object.users = 0;
      ictx.objects.erase(object.id, false);
      yield* object.ops.destroy();
      destroyed++;
    }
    if (destroyed === 0) {
      ictx.kernel.log.warn("iommufd_fops_release: a reference on an object was never dropped");
      return;
    }
  }
}

function tell(object: iommufd_object, kind: "get" | "put" | "state", what: string): void {
  const { trace } = object.ictx.kernel;
  if (!trace.on) return;
  const { id, type, users, wait_cnt } = object;
  const detail = { by: what, id, type: objectTypeName(type), users, wait_cnt };
  trace.emit({ kind, name: `iommufd ${objectTypeName(type)}`, detail });
}

function* nothing(): Task<void> {}
