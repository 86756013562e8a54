// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EINTR, ENODEV } from "../../../lib/src/base/errno.ts";
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ } from "../../../lib/src/kernel/fs/uapi.ts";
import { KVM_RUN } from "../../../lib/src/kernel/kvm/uapi.ts";
import { leaves } from "../../support/host.ts";
import { bind, GPA, map, PAGE, unbind, type World, world, writeConnect } from "../tsm/setup.ts";

/** Runs a call with its n-th wait for a lock disturbed. */
function withLock<T>({ host }: World, nth: number, call: () => T): T {
  host.kernel.faults.arm("lock", nth);
  const result = call();
  expect(host.kernel.faults.fired).toBe(true);
  return result;
}

/** A device with its secure link, or bound as well. */
function prepared({ bound }: { bound: boolean }): World {
  const made = world();
  writeConnect(made.host, "1");
  if (bound) bind(made);
  return made;
}

const isBound = ({ host }: World): boolean => host.rmm.state.vdevs.size === 1;

describe("a signal that ends the wait for a lock", () => {
  it.each([
    ["pci_tsm_rwsem", 1],
    ["pci_tsm_pf0->lock", 2],
  ])("has connecting answer -EINTR at %s, and nothing is connected", (_lock, nth) => {
    const made = world();
    expect(withLock(made, nth, () => writeConnect(made.host, "1"))).toBe(-EINTR);
    expect(made.host.rmm.state.pdevs.size).toBe(0);
    expect(made.host.audit()).toEqual([]);
  });

  it("has binding and unbinding fail, which the ioctl reports as -ENODEV, and changes nothing", () => {
    const unbound = prepared({ bound: false });
    expect(withLock(unbound, 1, () => bind(unbound))).toBe(-ENODEV);
    expect(isBound(unbound)).toBe(false);

    const bound = prepared({ bound: true });
    expect(withLock(bound, 1, () => unbind(bound))).toBe(-ENODEV);
    expect(isBound(bound)).toBe(true);
    expect(bound.host.audit()).toEqual([]);
  });

  it("leaves a device disconnected from its guest but linked when it comes while disconnecting", () => {
    const made = prepared({ bound: true });
    // The locks in order: the semaphore, the device's to unbind, the device's to disconnect.
    expect(withLock(made, 3, () => writeConnect(made.host, "0"))).toBe(-EINTR);
    expect(isBound(made)).toBe(false);
    expect(made.host.rmm.state.pdevs.size).toBe(1);
    expect(made.host.audit()).toEqual([]);
  });

  it("leaves the device bound to the VM when it comes while the vdevice ends: nobody looks at the -EINTR", () => {
    const bound = [1, 2, 3, 4].map((nth) => {
      const made = prepared({ bound: true });
      withLock(made, nth, () => {
        made.host.sys.close(made.deviceFd);
        made.host.sys.close(made.iommufd);
      });
      expect(made.host.audit()).toEqual([]);
      return isBound(made);
    });
    // The locks in order: the group's to find the vdevice and to end it, the TSM core's, the device's.
    expect(bound).toEqual([false, false, true, false]);
  });

  it("then loses the realm for good: the firmware keeps a realm that a device is bound to", () => {
    const made = prepared({ bound: true });
    withLock(made, 3, () => {
      made.host.sys.close(made.deviceFd);
      made.host.sys.close(made.iommufd);
    });

    made.host.sys.exit();

    const lost = made.host.audit();
    expect(lost).toContain("VMID 1 is taken, but no VM has it");
    expect(lost.filter((finding) => finding.includes("that nobody owns"))).toHaveLength(3);
    expect(lost.filter((finding) => finding.includes("no live realm or device uses it"))).toHaveLength(3);
    expect(lost).toHaveLength(7);
    leaves(made.host, lost);
  });

  it("has the calls of a process that is being killed answer -EINTR", () => {
    const made = world();
    const { sys } = made.host;
    const { fd } = made.vmm.vcpus[0] as { fd: number };
    const readPage = (): number => sys.mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const at = readPage();

    expect(withLock(made, 1, () => sys.ioctl(fd, KVM_RUN))).toBe(-EINTR);
    expect(withLock(made, 1, readPage)).toBe(-EINTR);
    expect(withLock(made, 1, () => sys.munmap(at, PAGE))).toBe(-EINTR);
    expect(made.host.audit()).toEqual([]);
  });
});

describe("a lock that no signal interrupts", () => {
  it("is waited for, and the call ends as if nobody had been in the way", () => {
    const made = prepared({ bound: true });
    const punch = (): number => made.host.sys.fallocate(made.vmm.memory[0]?.guestMemfd ?? -1, 3, 0, PAGE);
    expect(map(made, GPA, GPA + 4 * PAGE)).toBe(0);
    for (let nth = 1; nth <= 2; nth++) expect(withLock(made, nth, punch)).toBe(0);
    expect(made.host.audit()).toEqual([]);
  });
});
