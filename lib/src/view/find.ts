// SPDX-License-Identifier: MIT
import type { Pfn } from "../base/address.ts";
import type { HostProcess } from "../boot.ts";
import type { Machine } from "../hw/machine.ts";
import type { File } from "../kernel/fs/file.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { gmemOf, KVM_GMEM_FOPS, type kvm_gmem } from "../kernel/kvm/gmem-inode.ts";
import type { Kvm } from "../kernel/kvm/kvm.ts";
import { file_is_kvm } from "../kernel/kvm/vm-file.ts";
import type { Rmm } from "../rmm/rmm.ts";

/** What pictures are drawn from: a host as `boot` makes it. */
export interface Subject {
  readonly machine: Machine;
  readonly rmm: Rmm;
  readonly kernel: Kernel;
  readonly process: HostProcess;
}

/** An open file of the first process, and the descriptor it is known by. */
export interface OpenFile {
  readonly fd: number;
  readonly file: File;
}

/** The open files of the first process, by ascending descriptor. */
export function openFiles(host: Subject): OpenFile[] {
  const { task } = host.process;
  return task.openFds().flatMap((fd) => {
    const file = task.file(fd);
    return file === undefined ? [] : [{ fd, file }];
  });
}

/**
 * The VM behind a descriptor of the first process; without one, the VM that was made first. Throws a TypeError that
 * says what is wrong when there is no such VM.
 */
export function vmOf(host: Subject, vmFd?: number): Kvm {
  const file =
    vmFd === undefined
      ? openFiles(host).find((open) => file_is_kvm(open.file))?.file
      : host.process.task.file(vmFd);
  if (file !== undefined && file_is_kvm(file)) return file.private_data as Kvm;
  throw new TypeError(
    vmFd === undefined
      ? "there is no VM to draw; ioctl(kvm, KVM_CREATE_VM, type) makes one"
      : `descriptor ${vmFd} is no VM; the one that ioctl(kvm, KVM_CREATE_VM, type) returned is`,
  );
}

/** An open guest_memfd of the first process. */
export interface OpenGmem extends OpenFile {
  readonly gmem: kvm_gmem;
}

/** The guest_memfds that the first process has open. */
export function openGmems(host: Subject): OpenGmem[] {
  return openFiles(host)
    .filter((open) => open.file.f_op.name === KVM_GMEM_FOPS)
    .map((open) => ({ ...open, gmem: gmemOf(open.file) }));
}

/** Frames of all pages in guest_memfds that the first process has open. */
export function gmemFrames(host: Subject): Set<Pfn> {
  const frames = new Set<Pfn>();
  for (const { gmem } of openGmems(host)) gmem.inode.forEachPage((_, pfn) => frames.add(pfn));
  return frames;
}
