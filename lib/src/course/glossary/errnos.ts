// SPDX-License-Identifier: MIT
import type { Term } from "./term.ts";

const BASE = "include/uapi/asm-generic/errno-base.h";
const MORE = "include/uapi/asm-generic/errno.h";

/** The error numbers that the calls of this course return, and what each of them says here. */
export const errnoTerms: readonly Term[] = [
  {
    term: "EPERM",
    expansion: "operation not permitted",
    meaning:
      "The caller may not do this at all, or not yet. Making a realm without an RMM answers with it, and so does running a virtual CPU before it was finalised.",
    origin: BASE,
    see: ["errno"],
  },
  {
    term: "ENOENT",
    expansion: "no such file or directory",
    meaning:
      "What was named does not exist. iommufd says it of an id that is free and of one that names an object of another type, without telling the two apart.",
    origin: BASE,
    see: ["errno", "vdevice"],
  },
  {
    term: "EINTR",
    expansion: "interrupted system call",
    meaning:
      "A signal came before the call was through. What was done up to then stays done, and the caller may go on.",
    origin: BASE,
    see: ["errno", "KVM_RUN"],
  },
  {
    term: "EIO",
    expansion: "input/output error",
    meaning:
      "Something is wrong below that the caller cannot mend. KVM says it to another process than the one that made the VM, and for a guest_memfd that does not know the slot.",
    origin: BASE,
    see: ["errno", "guest_memfd"],
  },
  {
    term: "ENXIO",
    expansion: "no such device or address",
    meaning:
      "What the realm code of KVM returns when the firmware refused a command, whatever the reason was. The status of the firmware does not reach user space.",
    origin: BASE,
    see: ["errno", "RMI"],
  },
  {
    term: "E2BIG",
    expansion: "argument list too long",
    meaning:
      "The structure is longer than the kernel's, and a byte past its end is not zero: the program asks for something newer. A longer structure of zeros is accepted.",
    origin: BASE,
    see: ["errno", "padding"],
  },
  {
    term: "ENOEXEC",
    expansion: "exec format error",
    meaning:
      "The file to be run is of no known format. KVM returns it for a virtual CPU that was not initialised.",
    origin: BASE,
    see: ["errno", "vCPU"],
  },
  {
    term: "EBADF",
    expansion: "bad file descriptor",
    meaning:
      "The number is no open descriptor of this process. A descriptor that is open but of the wrong kind usually gets another answer.",
    origin: BASE,
    see: ["errno", "descriptor"],
  },
  {
    term: "EAGAIN",
    expansion: "resource temporarily unavailable",
    meaning:
      "Not now, and perhaps in a moment. Inside KVM it means that something was invalidated meanwhile and that the fault starts again.",
    origin: BASE,
    see: ["errno", "invalidation"],
  },
  {
    term: "ENOMEM",
    expansion: "out of memory",
    meaning:
      "No page could be had, be it for the guest or for a table. What was mapped before it stays mapped.",
    origin: BASE,
    see: ["errno", "memory cache"],
  },
  {
    term: "EFAULT",
    expansion: "bad address",
    meaning:
      "The kernel could not read or write where the caller pointed. TSM_MAP also returns it after everything was mapped, when the structure cannot be written back.",
    origin: BASE,
    see: ["errno", "TSM_MAP"],
  },
  {
    term: "EBUSY",
    expansion: "device or resource busy",
    meaning: "Somebody still uses it. iommufd refuses with it to destroy an object that others depend on.",
    origin: BASE,
    see: ["errno", "reference count"],
  },
  {
    term: "EEXIST",
    expansion: "file exists",
    meaning:
      "It is there already: a slot that overlaps, a realm that was made, a range that is mapped. Whether it is the same one is not said.",
    origin: BASE,
    see: ["errno", "memslot"],
  },
  {
    term: "ENODEV",
    expansion: "no such device",
    meaning:
      "There is no device behind it, or no code for it. All TSM commands answer so in a kernel whose TSM core is not built in.",
    origin: BASE,
    see: ["errno", "TSM"],
  },
  {
    term: "EINVAL",
    expansion: "invalid argument",
    meaning:
      "An argument, or a combination of them, makes no sense. TSM_MAP returns it for an address that is in no slot and for a slot without guest_memfd, and so does its weak fallback for anything at all.",
    origin: BASE,
    see: ["errno", "weak definition"],
  },
  {
    term: "EMFILE",
    expansion: "too many open files",
    meaning: "The process has no free descriptor below its limit. What was to be opened is let go again.",
    origin: BASE,
    see: ["errno", "descriptor"],
  },
  {
    term: "ENOTTY",
    expansion: "inappropriate ioctl for device",
    meaning:
      "The file does not know this ioctl number. iommufd compares the whole number, after it has read the size word.",
    origin: BASE,
    see: ["errno", "ioctl"],
  },
  {
    term: "EFBIG",
    expansion: "file too large",
    meaning:
      "The file would become longer than a file can be. Here fallocate says it of an end past the largest offset.",
    origin: BASE,
    see: ["errno", "hole"],
  },
  {
    term: "ENOSPC",
    expansion: "no space left on device",
    meaning: "There is no room for it. An IOAS says it when it finds no free address for a range.",
    origin: BASE,
    see: ["errno", "IOAS"],
  },
  {
    term: "ESPIPE",
    expansion: "illegal seek",
    meaning: "The file has no positions to read from or to write to. A queue of events is such a file.",
    origin: BASE,
    see: ["errno"],
  },
  {
    term: "ENOSYS",
    expansion: "function not implemented",
    meaning:
      "Nobody has written that. Here it ends a guest's access to a device that the kernel cannot take apart.",
    origin: MORE,
    see: ["errno", "MMIO"],
  },
  {
    term: "EOVERFLOW",
    expansion: "value too large for defined data type",
    meaning:
      "The number does not fit. A range whose end would lie past the last 64-bit address is refused with it.",
    origin: MORE,
    see: ["errno", "IOVA"],
  },
  {
    term: "EBADFD",
    expansion: "file descriptor in bad state",
    meaning:
      "The descriptor is open, and of the wrong kind. VFIO says it of one that should be an iommufd and is none.",
    origin: MORE,
    see: ["errno", "EBADF"],
  },
  {
    term: "EMSGSIZE",
    expansion: "message too long",
    meaning: "There was more to say than there was room for. iommufd then says how much room it would take.",
    origin: MORE,
    see: ["errno", "IOAS"],
  },
  {
    term: "EOPNOTSUPP",
    expansion: "operation not supported",
    meaning:
      "The request is understood, and this kernel does not do it. TSM_MAP returns it for any flag, before it looks at the rest.",
    origin: MORE,
    see: ["errno", "uAPI"],
  },
  {
    term: "EADDRINUSE",
    expansion: "address already in use",
    meaning:
      "The addresses are taken or reserved. An IOAS says it when allowed and reserved ranges would overlap.",
    origin: MORE,
    see: ["errno", "IOAS"],
  },
  {
    term: "EHWPOISON",
    expansion: "memory page has hardware error",
    meaning:
      "The page has failed in hardware, and must not be used again. A guest_memfd answers so until a hole is punched there.",
    origin: MORE,
    see: ["errno", "hole"],
  },
];
