// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import {
  EBADF,
  EFAULT,
  EFBIG,
  EINVAL,
  EMFILE,
  ENODEV,
  ENOENT,
  ENOMEM,
  ENOSPC,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
  ESPIPE,
} from "../../lib/src/base/errno.ts";
import { runStraight } from "../../lib/src/base/task.ts";
import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  PROT_READ,
  PROT_WRITE,
  stat,
} from "../../lib/src/kernel/fs/uapi.ts";
import type { Kvm } from "../../lib/src/kernel/kvm/kvm.ts";
import { KVM_CREATE_VM, KVM_GET_API_VERSION } from "../../lib/src/kernel/kvm/uapi.ts";
import { KILLED } from "../../lib/src/kernel/syscall-tasks.ts";
import type { Syscalls } from "../../lib/src/kernel/syscalls.ts";
import { auditedHost, leaves } from "../support/host.ts";
import { createGmem, createVm, PAGE } from "../support/vm.ts";

const RW = PROT_READ | PROT_WRITE;
const ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS;

describe("descriptors", () => {
  it("are the lowest free numbers from 3 on", () => {
    const { sys } = auditedHost();
    expect([sys.open("/dev/kvm"), sys.open("/dev/shm"), sys.open("/dev/iommu")]).toEqual([3, 4, 5]);
    sys.close(4);
    expect(sys.open("/dev/kvm")).toBe(4);
  });

  it("end at the limit of the process, and the file does not stay", () => {
    const host = auditedHost();
    const vm = createVm(host, 0);
    host.process.task.rlimit_nofile = 5;
    expect(host.sys.open("/dev/shm")).toBe(-EMFILE);
    expect(createGmem(host, vm, PAGE)).toBe(-EMFILE);
    expect(host.sys.ioctl(3, KVM_CREATE_VM, 0)).toBe(-EMFILE);
  });

  it.each([-1, 0, 3, 2 ** 40, 1.5, Number.NaN])(
    "that were never opened, like %d, are -EBADF everywhere",
    (fd) => {
      const { sys } = auditedHost();
      const bytes = new Uint8Array(8);
      expect([
        sys.close(fd),
        sys.ioctl(fd, KVM_GET_API_VERSION),
        sys.fallocate(fd, 0, 0, 1),
        sys.ftruncate(fd, 0),
        sys.fstat(fd, bytes),
        sys.fchmod(fd, 0),
        sys.mmap(0, PAGE, RW, MAP_SHARED, fd, 0),
        sys.read(fd, bytes),
        sys.write(fd, bytes),
        sys.pread(fd, bytes, 0),
        sys.pwrite(fd, bytes, 0),
      ]).toEqual(Array(11).fill(-EBADF));
    },
  );

  it("that another process passes stand for the same open file", () => {
    const host = auditedHost();
    const file = host.sys.open("/dev/shm");
    const other = host.newProcess();
    const received = other.receive(host.process, file);
    host.sys.ftruncate(file, PAGE);
    const bytes = stat();
    other.sys.fstat(received, bytes);
    expect([received, stat.decode(bytes).st_size]).toEqual([3, 4096n]);
    host.sys.close(file);
    expect(other.sys.fstat(received, bytes)).toBe(0);
    expect(other.receive(host.process, file)).toBe(-EBADF);
  });
});

describe("a number that fits no register", () => {
  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY])("%d is -EINVAL", (odd) => {
    const { sys } = auditedHost();
    const file = sys.open("/dev/shm");
    expect([
      sys.fallocate(file, 0, odd, PAGE),
      sys.fallocate(file, 0, 0, odd),
      sys.ftruncate(file, odd),
      sys.mmap(odd, PAGE, RW, ANONYMOUS, -1, 0),
      sys.mmap(0, odd, RW, ANONYMOUS, -1, 0),
      sys.munmap(odd, PAGE),
      sys.munmap(0, odd),
      sys.pread(file, new Uint8Array(1), odd),
    ]).toEqual(Array(8).fill(-EINVAL));
    expect(sys.ioctl(sys.open("/dev/iommu"), 0x3b81, odd)).toBe(-EFAULT);
  });
});

describe("open", () => {
  it("is -ENOENT for a path that is not there", () => {
    expect(auditedHost().sys.open("/dev/null")).toBe(-ENOENT);
  });
});

describe("fallocate", () => {
  it.each([
    ["the offset is negative", 0, -1n, 1n, -EINVAL],
    ["the length is 0", 0, 0n, 0n, -EINVAL],
    ["a hole is punched without KEEP_SIZE", FALLOC_FL_PUNCH_HOLE, 0n, 1n, -EOPNOTSUPP],
    ["the end lies beyond every file", 0, 2n ** 63n - 1n, 1n, -EFBIG],
    ["the mode is unknown", 0x40, 0n, 1n, -EOPNOTSUPP],
    ["the mode is unknown and the end lies beyond every file", 0x100, 2n ** 63n - 1n, 1n, -EOPNOTSUPP],
    ["a hole is punched and a range collapsed", 0x0b, 2n ** 63n - 1n, 1n, -EOPNOTSUPP],
    ["a range is collapsed with KEEP_SIZE", 0x09, 2n ** 63n - 1n, 1n, -EOPNOTSUPP],
    ["a range is zeroed beyond every file", 0x11, 2n ** 63n - 1n, 1n, -EFBIG],
    ["there are more pages than memory", 0, 0n, 2n ** 40n, -ENOSPC],
  ])("when %s answers as the VFS does", (_, mode, offset, length, expected) => {
    const { sys } = auditedHost();
    expect(sys.fallocate(sys.open("/dev/shm"), mode, offset, length)).toBe(expected);
  });

  it("is -ENODEV for a file that is not regular", () => {
    const { sys } = auditedHost();
    const fd = sys.open("/dev/kvm");
    expect(sys.fallocate(fd, 0, 0, 1)).toBe(-ENODEV);
    expect(sys.fallocate(fd, 0, 2n ** 63n - 1n, 1n)).toBe(-ENODEV);
    expect(sys.fallocate(fd, 0x100, 0, 1)).toBe(-EOPNOTSUPP);
  });

  it("gives back what it allocated when memory runs out", () => {
    const host = auditedHost({ memory: 64 * PAGE, devices: 0 });
    const used = host.kernel.pages.allocated;
    const file = host.sys.open("/dev/shm");
    host.user.place(new Uint8Array(10 * PAGE));
    expect(host.sys.fallocate(file, 0, 0, 60 * PAGE)).toBe(-ENOMEM);
    expect(host.kernel.pages.allocated).toBe(used + 10);
  });

  it("frees whole pages of a hole, and keeps the size", () => {
    const host = auditedHost();
    const file = host.sys.open("/dev/shm");
    host.sys.fallocate(file, 0, 0, 4 * PAGE);
    const used = host.kernel.pages.allocated;
    host.sys.fallocate(file, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 100, 3 * PAGE);
    const bytes = stat();
    host.sys.fstat(file, bytes);
    expect([host.kernel.pages.allocated, stat.decode(bytes).st_size]).toEqual([used - 2, 16384n]);
  });
});

type MmapArguments = Parameters<Syscalls["mmap"]>;

describe("mmap", () => {
  it.each([
    ["the offset is not aligned", [0, PAGE, RW, MAP_SHARED, 3, 1], -EINVAL],
    ["the length is 0", [0, 0, RW, MAP_SHARED, 3, 0], -EINVAL],
    ["neither shared nor private is asked for", [0, PAGE, RW, 0, 3, 0], -EINVAL],
    ["both are", [0, PAGE, RW, MAP_SHARED | MAP_PRIVATE, 3, 0], -EINVAL],
    ["a fixed address is not aligned", [1, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0], -EINVAL],
    ["a fixed range leaves user space", [2n ** 48n, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0], -ENOMEM],
    ["there is no room", [0, 2n ** 48n, RW, ANONYMOUS, -1, 0], -ENOMEM],
    ["the length looks negative", [0, -1n, RW, ANONYMOUS, -1, 0], -ENOMEM],
    ["the offset looks negative", [0, PAGE, RW, MAP_SHARED, 3, -4096n], -EOVERFLOW],
    ["the file cannot be mapped", [0, PAGE, RW, MAP_SHARED, 4, 0], -ENODEV],
  ] as const)("when %s fails as the kernel does", (_, args, expected) => {
    const { sys } = auditedHost();
    sys.open("/dev/shm");
    sys.open("/dev/kvm");
    expect(sys.mmap(...(args as MmapArguments))).toBe(expected);
  });

  it("keeps the file open until it is unmapped", () => {
    const host = auditedHost();
    const file = host.sys.open("/dev/shm");
    host.sys.ftruncate(file, PAGE);
    const at = host.sys.mmap(0, PAGE, RW, MAP_SHARED, file, 0);
    host.sys.close(file);
    host.user.write(at, Uint8Array.of(5));
    const used = host.kernel.pages.allocated;
    expect(host.sys.munmap(at, PAGE)).toBe(0);
    expect(host.kernel.pages.allocated).toBe(used - 1);
  });

  it("at a fixed address takes the place of what was there", () => {
    const host = auditedHost();
    const at = host.user.place(Uint8Array.of(1));
    expect(host.sys.mmap(at, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0)).toBe(at);
    expect(host.user.read(at, 1)).toEqual(Uint8Array.of(0));
  });

  it("shows a program that reads past the end of a file a signal, which the model shows as an error", () => {
    const host = auditedHost();
    const file = host.sys.open("/dev/shm");
    const at = host.sys.mmap(0, PAGE, RW, MAP_SHARED, file, 0);
    expect(() => host.user.read(at, 1)).toThrow("no readable user memory");
  });
});

describe("munmap", () => {
  it("is -EINVAL for a range that is not aligned, empty, outside user space, or cuts a mapping", () => {
    const host = auditedHost();
    const at = host.user.allocate(2 * PAGE);
    const { sys } = host;
    const results = [sys.munmap(1, PAGE), sys.munmap(at, 0), sys.munmap(-4096, PAGE), sys.munmap(at, PAGE)];
    expect(results).toEqual(Array(4).fill(-EINVAL));
    expect(sys.munmap(at, 2 * PAGE)).toBe(0);
  });
});

describe("other calls", () => {
  it("cannot change the mode of what belongs to root, and can of a file of one's own", () => {
    const { sys } = auditedHost();
    const bytes = stat();
    expect(sys.fchmod(sys.open("/dev/kvm"), 0o600)).toBe(-EPERM);
    const file = sys.open("/dev/shm");
    expect(sys.fchmod(file, 0o644)).toBe(0);
    sys.fstat(file, bytes);
    expect(stat.decode(bytes).st_mode & 0o777).toBe(0o644);
  });

  it("cannot read at a position where there are none", () => {
    const { sys } = auditedHost();
    const attribute = sys.open("/sys/bus/pci/devices/0000:01:00.0/tsm/connect");
    expect(sys.pwrite(attribute, Uint8Array.of(49), 0)).toBe(-ESPIPE);
    expect(sys.pread(sys.open("/dev/kvm"), new Uint8Array(1), 0)).toBe(-EINVAL);
  });

  it("cannot write the answer of fstat past the end of the buffer", () => {
    const { sys } = auditedHost();
    expect(sys.fstat(sys.open("/dev/kvm"), new Uint8Array(127))).toBe(-EFAULT);
  });
});

describe("the end of a process", () => {
  it("closes everything and gives all memory back", () => {
    const host = auditedHost();
    const used = host.kernel.pages.allocated;
    createVm(host);
    host.user.place(new Uint8Array(3 * PAGE));
    expect(host.sys.exit()).toBe(0);
    expect([host.kernel.pages.allocated, host.kernel.vm_list.size]).toEqual([used, 0]);
  });

  it("is the end of its system calls", () => {
    const { sys } = auditedHost();
    sys.exit();
    expect(sys.open("/dev/kvm")).toBe(KILLED);
  });

  it("comes for good when a call waits for what nobody will ever do", () => {
    const host = auditedHost();
    const vm = createVm(host);
    const kvm = [...host.kernel.vm_list][0] as Kvm;
    runStraight(kvm.slots_lock.lock());
    const region = new Uint8Array(160);
    expect(host.sys.ioctl(vm, 0x40a0ae49, region)).toBe(KILLED);
    expect(host.process.task.killed).toBe(
      "hung: waits for kvm->slots_lock, and no other task is there to release it",
    );
    kvm.slots_lock.unlock();
    leaves(host, ["a file of kvm_vm_fops has f_count 2, but 1 hold it"]);
  });
});
