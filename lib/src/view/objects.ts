// SPDX-License-Identifier: MIT
import { plural } from "../base/plural.ts";
import type { File } from "../kernel/fs/file.ts";
import { iommufd_device } from "../kernel/iommufd/device.ts";
import {
  IOMMUFD_OBJ_DEVICE,
  IOMMUFD_OBJ_HWPT_NESTED,
  IOMMUFD_OBJ_HWPT_PAGING,
  IOMMUFD_OBJ_IOAS,
  IOMMUFD_OBJ_VDEVICE,
  IOMMUFD_OBJ_VIOMMU,
  iommufd_ctx,
  type iommufd_object,
  objectTypeName,
} from "../kernel/iommufd/object-table.ts";
import { iommufd_viommu } from "../kernel/iommufd/viommu.ts";
import { gmemOf, KVM_GMEM_FOPS } from "../kernel/kvm/gmem-inode.ts";
import { Kvm } from "../kernel/kvm/kvm.ts";
import type { kvm_memory_slot } from "../kernel/kvm/memslots.ts";
import { KVM_MEM_GUEST_MEMFD } from "../kernel/kvm/uapi.ts";
import type { Picture } from "./display.ts";
import { openFiles, type Subject } from "./find.ts";
import { drawGraph, type GraphEdge, type GraphNode } from "./graph.ts";

/** Slots that are drawn one by one below each file. */
const MOST_SLOTS = 3;

/** Nodes and edges as they are found, each object once. */
class Collector {
  readonly nodes: GraphNode[] = [];
  readonly edges: GraphEdge[] = [];
  readonly #known = new Map<unknown, number>();
  readonly #used = new Map<number, number>();

  /** Index of the node for an object; `undefined` until it is placed. */
  find(object: unknown): number | undefined {
    return this.#known.get(object);
  }

  place(object: unknown, node: Omit<GraphNode, "row"> & { readonly row?: number }): number {
    const known = this.#known.get(object);
    if (known !== undefined) return known;
    const row = node.row ?? Math.max(3, this.#used.get(node.column) ?? 0);
    this.#used.set(node.column, Math.max(this.#used.get(node.column) ?? 0, row + 1));
    this.nodes.push({ ...node, row });
    this.#known.set(object, this.nodes.length - 1);
    return this.nodes.length - 1;
  }

  link(from: unknown, to: unknown, weak = false): void {
    const [a, b] = [this.find(from), this.find(to)];
    if (a !== undefined && b !== undefined) this.edges.push({ from: a, to: b, weak });
  }
}

/** Row and column of each type of object, counted from the left column of its context. */
const PLACES: Readonly<Record<number, readonly [row: number, column: number]>> = {
  [IOMMUFD_OBJ_VDEVICE]: [3, 1],
  [IOMMUFD_OBJ_DEVICE]: [4, 0],
  [IOMMUFD_OBJ_VIOMMU]: [4, 1],
  [IOMMUFD_OBJ_HWPT_NESTED]: [5, 0],
  [IOMMUFD_OBJ_HWPT_PAGING]: [5, 1],
  [IOMMUFD_OBJ_IOAS]: [6, 1],
};

function addFile(graph: Collector, file: File, name: string, column: number, fd: number | undefined): void {
  graph.place(file, { name, detail: `f_count ${file.f_count}`, row: 1, column, kind: "file" });
  if (fd === undefined) return;
  const descriptor = { fd };
  graph.place(descriptor, { name: `fd ${fd}`, detail: "descriptor", row: 0, column, kind: "fd" });
  graph.link(descriptor, file);
}

/** A context with its objects, in two columns from `column` on. Answers the next free column. */
function addContext(
  graph: Collector,
  host: Subject,
  ictx: iommufd_ctx,
  fd: number,
  file: File,
  column: number,
): number {
  addFile(graph, file, "/dev/iommu", column + 1, fd);
  const objects = ictx.objects.all();
  graph.place(ictx, {
    name: "iommufd_ctx",
    detail: plural(objects.length, "object"),
    row: 2,
    column: column + 1,
    kind: "context",
  });
  graph.link(file, ictx);
  const taken = new Set<string>();
  let next = column + 2;
  for (const object of objects) {
    const [row, shift] = PLACES[object.type] ?? [7, 0];
    // A second object of a type stands in a column of its own.
    const at = taken.has(`${row} ${shift}`) ? next++ : column + shift;
    taken.add(`${row} ${shift}`);
    graph.place(object, {
      name: `${objectTypeName(object.type)} ${object.id}`,
      detail: `users ${object.users}, wait_cnt ${object.wait_cnt}`,
      row,
      column: at,
      kind: "object",
    });
  }
  for (const object of objects) linkObject(graph, object, file);
  for (const open of openFiles(host)) {
    if (open.file.f_op.name !== "vfio_device_fops") continue;
    addFile(graph, open.file, "vfio device", column, open.fd);
    const bound = objects.find((object) => object instanceof iommufd_device && object.bound);
    if (bound !== undefined) graph.link(open.file, bound);
  }
  return next;
}

function linkObject(graph: Collector, object: iommufd_object, file: File): void {
  for (const held of object.dependsOn()) graph.link(object, held);
  if (object instanceof iommufd_device) graph.link(object, file);
}

/** A VM with its files and slots, from `column` on. Answers the next free column. */
function addVm(
  graph: Collector,
  host: Subject,
  kvm: Kvm,
  file: File,
  fd: number | undefined,
  column: number,
): number {
  addFile(graph, file, "VM", column, fd);
  graph.place(kvm, {
    name: "kvm",
    detail: `users_count ${kvm.users_count}`,
    row: 2,
    column,
    kind: "context",
  });
  graph.link(file, kvm);
  let next = column + 1;
  for (const open of openFiles(host)) {
    if (open.file.f_op.name !== KVM_GMEM_FOPS || gmemOf(open.file).kvm !== kvm) continue;
    const { inode } = gmemOf(open.file);
    addFile(graph, open.file, "guest_memfd", next, open.fd);
    graph.place(inode, {
      name: plural(inode.nrpages, "page"),
      detail: `of ${inode.size / 4096} in the file`,
      row: 2,
      column: next,
      kind: "object",
    });
    graph.link(open.file, kvm);
    graph.link(open.file, inode);
    next++;
  }
  addSlots(graph, kvm, column);
  return next;
}

function addSlots(graph: Collector, kvm: Kvm, column: number): void {
  const drawn = new Map<number, number>();
  for (const slot of kvm.memslots.gfn_tree) {
    const file = graph.find(slot.gmem.file);
    const at = file === undefined ? column : (graph.nodes[file]?.column ?? column);
    const count = (drawn.get(at) ?? 0) + 1;
    drawn.set(at, count);
    if (count <= MOST_SLOTS) addSlot(graph, kvm, slot, at);
  }
  for (const [at, count] of drawn) {
    if (count > MOST_SLOTS)
      graph.place(
        { at },
        { name: `${count - MOST_SLOTS} more`, detail: "slots", column: at, kind: "object" },
      );
  }
}

function addSlot(graph: Collector, kvm: Kvm, slot: kvm_memory_slot, column: number): void {
  const detail = `${plural(slot.npages, "page")}${slot.gmem.file === undefined && (slot.flags & KVM_MEM_GUEST_MEMFD) !== 0 ? ", no file" : ""}`;
  graph.place(slot, { name: `slot ${slot.id}`, detail, column, kind: "object" });
  graph.link(kvm, slot);
  if (slot.gmem.file !== undefined) graph.link(slot, slot.gmem.file, true);
}

/**
 * Who keeps whom alive: from the descriptors of the process over files to the objects of iommufd and KVM, each with
 * its counts. A dashed line is a pointer that holds no reference.
 *
 * @example
 * ```ts
 * showObjects(host).text;
 * ```
 */
export function showObjects(host: Subject): Picture {
  const graph = new Collector();
  let column = 0;
  const open = openFiles(host);
  const contexts = open.filter(({ file }) => file.private_data instanceof iommufd_ctx);
  for (const { fd, file } of contexts)
    column = addContext(graph, host, file.private_data as iommufd_ctx, fd, file, column);
  const vms = new Map<File, number | undefined>();
  for (const { fd, file } of open) if (file.private_data instanceof Kvm && isVm(file)) vms.set(file, fd);
  const viommus = contexts.flatMap(({ file }) =>
    (file.private_data as iommufd_ctx).objects.all().filter((object) => object instanceof iommufd_viommu),
  );
  // A VM may live on after its descriptor was closed, held by a vIOMMU.
  for (const { kvm_filp } of viommus)
    if (kvm_filp !== undefined && !vms.has(kvm_filp)) vms.set(kvm_filp, undefined);
  for (const [file, fd] of vms) column = addVm(graph, host, file.private_data as Kvm, file, fd, column);
  for (const viommu of viommus) if (viommu.kvm_filp !== undefined) graph.link(viommu, viommu.kvm_filp);
  return drawGraph("Who holds whom", graph.nodes, graph.edges);
}

function isVm(file: File): boolean {
  return file.f_op.name === "kvm_vm_fops";
}
