// SPDX-License-Identifier: MIT
import type { Term } from "./term.ts";

/** How the kernel keeps its books, and how tests break them. */
export const kernelTerms: readonly Term[] = [
  {
    term: "ioctl",
    aliases: ["ioctls"],
    meaning:
      "The system call for everything that is neither read nor write: a descriptor, a number and an argument. The number says which structure the argument points to.",
    origin: "fs/ioctl.c",
    see: ["uAPI", "padding"],
  },
  {
    term: "uAPI",
    expansion: "user-space API",
    meaning:
      "The numbers and structures that the kernel promises to user space for ever. A field that was once accepted can never be given another meaning.",
    origin: "include/uapi",
    see: ["ABI", "ioctl"],
  },
  {
    term: "ABI",
    expansion: "application binary interface",
    meaning:
      "What two sides that were compiled apart must agree on: sizes, offsets, registers and numbers. It is fixed by the first program that relies on it.",
    origin: "Documentation/admin-guide/abi.rst",
    see: ["uAPI", "padding"],
  },
  {
    term: "errno",
    aliases: ["error number"],
    meaning:
      "The number by which a system call says why it did not succeed. Inside the kernel it is returned as a negative value.",
    origin: "include/uapi/asm-generic/errno-base.h",
    see: ["EINVAL", "EFAULT"],
  },
  {
    term: "padding",
    aliases: ["padding bytes"],
    meaning:
      "Bytes of a structure that belong to no field; a compiler adds them so that fields are aligned. If the kernel does not demand that they are zero, they can never become a field.",
    origin: "Documentation/driver-api/ioctl.rst",
    see: ["uAPI", "E2BIG"],
  },
  {
    term: "descriptor",
    aliases: ["file descriptor", "fd", "descriptors"],
    meaning:
      "A small number by which a process names an open file. Several can name one open file, which goes when the last reference to it is dropped.",
    origin: "fs/file.c",
    see: ["open file", "reference count"],
  },
  {
    term: "open file",
    aliases: ["struct file"],
    meaning:
      "What a descriptor stands for: an object with operations and private data. A VM, an iommufd and a guest_memfd are each one.",
    origin: "include/linux/fs.h struct file",
    see: ["descriptor", "inode"],
  },
  {
    term: "inode",
    aliases: ["inodes"],
    meaning:
      "The file itself, apart from who has it open: its size and its pages. Pages belong to it, not to a descriptor.",
    origin: "include/linux/fs.h struct inode",
    see: ["page cache", "open file"],
  },
  {
    term: "folio",
    aliases: ["folios"],
    meaning:
      "One page or several that belong together and are counted as one. In this model it is always a single page.",
    origin: "include/linux/mm_types.h struct folio",
    see: ["page", "reference count"],
  },
  {
    term: "reference count",
    aliases: ["reference", "references", "refcount", "reference counts"],
    meaning:
      "The number of those who rely on an object; it is freed when the last of them lets go. A reference without an owner is a leak, and an owner without one is a use after free.",
    origin: "include/linux/refcount.h",
    see: ["leak", "UAF"],
  },
  {
    term: "leak",
    aliases: ["leaks", "leaked"],
    meaning:
      "A reference, a page or a lock that nobody will ever give back. The audit of the machine lists them by name.",
    origin: "mm/kmemleak.c",
    see: ["reference count", "fault sweep"],
  },
  {
    term: "UAF",
    expansion: "use after free",
    aliases: ["use after free"],
    meaning:
      "The use of memory by somebody who still believes in it after it was given away. It is the error that a missing reference leads to.",
    origin: "mm/kasan",
    see: ["reference count", "pinned"],
  },
  {
    term: "pinned",
    aliases: ["pin", "pins"],
    meaning:
      "Of a page: held in place, so that it is neither moved nor given away while a device uses it. The mapping that the patch makes pins nothing.",
    origin: "mm/gup.c pin_user_pages",
    see: ["DMA", "reference count"],
  },
  {
    term: "SRCU",
    expansion: "sleepable read-copy-update",
    aliases: ["read section"],
    meaning:
      "A way for readers to use data without a lock while a writer replaces it: the writer waits until every reader that may see the old version has left. In this kind readers may sleep, so one slow reader holds up all writers.",
    origin: "kernel/rcu/srcutree.c",
    see: ["memslot", "slots_lock"],
  },
  {
    term: "NULL",
    meaning: "The pointer that points nowhere. Following it inside the kernel ends in an oops.",
    origin: "include/linux/stddef.h",
    see: ["oops"],
  },
  {
    term: "oops",
    meaning:
      "What the kernel does when it has followed a bad pointer: it writes down where, and ends the task on the spot. Locks and references of the task stay as they were.",
    origin: "arch/arm64/kernel/traps.c",
    see: ["NULL", "WARN_ON", "leak"],
  },
  {
    term: "WARN_ON",
    aliases: ["warning", "panic_on_warn"],
    meaning:
      "A check of the kernel that complains in the log when something impossible has happened, and goes on. Some machines are told to stop at the first one, so user space must not be able to reach it.",
    origin: "include/asm-generic/bug.h",
    see: ["oops"],
  },
  {
    term: "weak definition",
    aliases: ["__weak", "weak function"],
    meaning:
      "A definition of a function that gives way to another one of the same name when both are linked into one image. In a module it stays, because there is nothing left to resolve.",
    origin: "include/linux/compiler_attributes.h",
    see: ["module"],
  },
  {
    term: "module",
    aliases: ["kernel module"],
    meaning:
      "A part of the kernel that is linked by itself and loaded later. An option can thus be y, built in, or m, and a plain #ifdef sees only the first.",
    origin: "kernel/module/main.c",
    see: ["weak definition"],
  },
  {
    term: "fault injection",
    aliases: ["fail_nth", "failslab"],
    meaning:
      "To make an operation fail on purpose, for example the third allocation of a call. It shows what the paths do that nobody meets by chance.",
    origin: "lib/fault-inject.c",
    see: ["fault sweep"],
  },
  {
    term: "fault sweep",
    aliases: ["sweep"],
    meaning:
      "To fail the first operation of a kind, then on a fresh machine the second, and so on until a run meets no failure. After each run the audit says what was left behind.",
    origin: "tools/testing/selftests/iommu/iommufd_fail_nth.c",
    see: ["fault injection", "leak"],
  },
  {
    term: "race",
    aliases: ["races", "race condition"],
    meaning:
      "Two tasks whose result depends on who comes first. It is an error if one of the possible results is not acceptable.",
    origin: "tools/memory-model/Documentation",
    see: ["interleaving", "TOCTOU"],
  },
  {
    term: "interleaving",
    aliases: ["interleavings", "schedule"],
    meaning:
      "One order in which the steps of several tasks can follow each other. The explorer of this library runs all that differ, and reports the one that goes wrong.",
    origin: "tools/memory-model",
    see: ["race", "DPOR"],
  },
  {
    term: "DPOR",
    expansion: "dynamic partial order reduction",
    meaning:
      "A way to explore all interleavings that differ without running all there are. Two steps that do not touch the same thing need to be tried in one order only.",
    origin: "Flanagan and Godefroid, POPL 2005",
    see: ["interleaving"],
  },
  {
    term: "TOCTOU",
    expansion: "time of check to time of use",
    meaning:
      "A race in which something changes between the test and what relies on it. A second look under a lock closes the gap.",
    origin: "CWE-367",
    see: ["race", "invalidation"],
  },
  {
    term: "deadlock",
    meaning:
      "Tasks that wait for each other in a circle, so that none can go on. The scheduler of this library reports who waits for what.",
    origin: "kernel/locking/lockdep.c",
    see: ["slots_lock", "interleaving"],
  },
  {
    term: "RFC",
    expansion: "request for comments",
    meaning:
      "A patch that is posted in order to be discussed, and not yet to be merged. The patch of this course is number 10 of such a series.",
    origin: "Documentation/process/submitting-patches.rst",
    see: ["TSM_MAP"],
  },
];
