// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../base/address.ts";
import { EFAULT, EINTR, errnoName } from "../base/errno.ts";
import type { Host } from "../boot.ts";
import type { RealmProgram } from "../hw/processor.ts";
import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  MAP_SHARED,
  PROT_READ,
  PROT_WRITE,
} from "../kernel/fs/uapi.ts";
import {
  KVM_ARM_VCPU_FINALIZE,
  KVM_ARM_VCPU_INIT,
  KVM_ARM_VCPU_REC,
  KVM_CAP_ARM_RME,
  KVM_CAP_ARM_RME_ACTIVATE_REALM,
  KVM_CAP_ARM_RME_CREATE_REALM,
  KVM_CAP_ARM_RME_INIT_RIPAS_REALM,
  KVM_CAP_ARM_RME_POPULATE_REALM,
  KVM_CREATE_GUEST_MEMFD,
  KVM_CREATE_VCPU,
  KVM_CREATE_VM,
  KVM_ENABLE_CAP,
  KVM_EXIT_MEMORY_FAULT,
  KVM_MEM_GUEST_MEMFD,
  KVM_MEMORY_ATTRIBUTE_PRIVATE,
  KVM_MEMORY_EXIT_FLAG_PRIVATE,
  KVM_RUN,
  KVM_SET_MEMORY_ATTRIBUTES,
  KVM_SET_USER_MEMORY_REGION2,
  KVM_VM_TYPE_ARM_REALM,
  kvm_cap_arm_rme_init_ripas_args,
  kvm_cap_arm_rme_populate_realm_args,
  kvm_create_guest_memfd,
  kvm_enable_cap,
  kvm_memory_attributes,
  kvm_run,
  kvm_userspace_memory_region2,
  kvm_vcpu_init,
} from "../kernel/kvm/uapi.ts";

/** A piece of guest memory that the VMM has set up. Addresses and sizes are bytes. */
export interface GuestMemory {
  readonly slot: number;
  readonly gpa: number;
  readonly size: number;
  /** Descriptor of the guest_memfd with the private half. */
  readonly guestMemfd: number;
  /** User address of the shared half. */
  readonly shared: number;
}

/** A virtual CPU that the VMM has set up. */
export interface VmmVcpu {
  readonly fd: number;
  /** User address of the page with struct kvm_run. */
  readonly run: number;
}

/** How a stretch of running ended. */
export interface VmmExit {
  /** What KVM_RUN returned. */
  readonly result: number;
  readonly exit_reason: number;
}

/** Makes guest memory (bytes) private or shared because the guest asked for it. */
export type GrantConversion = (address: number, size: number, toPrivate: boolean) => void;

/** Thrown when a system call of the VMM fails, as a VMM would end with a message. */
export class VmmError extends Error {
  override readonly name: string = "VmmError";
  readonly errno: number;

  constructor(call: string, errno: number) {
    super(`${call} returned ${errnoName(errno)}`);
    this.errno = errno;
  }
}

/** Passes a result on, or ends the VMM with the name of the call that failed. */
export function must(call: string, result: number): number {
  if (result < 0) throw new VmmError(call, result);
  return result;
}

/**
 * What a virtual machine monitor in the manner of kvmtool does, through system calls only. Each method is one
 * step, so that a reader can stop anywhere and look.
 *
 * @example
 * ```ts
 * const vmm = new Vmm(boot());
 * vmm.createVm();
 * vmm.addMemory({ gpa: 0x8000_0000, size: 8 * 4096 });
 * vmm.createRealm();
 * vmm.activate();
 * ```
 */
export class Vmm {
  readonly host: Host;
  readonly memory: GuestMemory[] = [];
  readonly vcpus: VmmVcpu[] = [];
  /** Descriptor of /dev/kvm, -1 before `createVm`. */
  kvm = -1;
  /** Descriptor of the VM, -1 before `createVm`. */
  vm = -1;

  constructor(host: Host) {
    this.host = host;
  }

  /** Opens /dev/kvm and makes a realm VM. Returns its descriptor. */
  createVm(ipaBits = 40): number {
    const { sys } = this.host;
    this.kvm = must("open /dev/kvm", sys.open("/dev/kvm"));
    this.vm = must("KVM_CREATE_VM", sys.ioctl(this.kvm, KVM_CREATE_VM, KVM_VM_TYPE_ARM_REALM | ipaBits));
    return this.vm;
  }

  /**
   * Gives the guest memory: a guest_memfd for the private half, user memory for the shared half, and a slot with
   * both. All of it becomes private unless `shared` says otherwise.
   */
  addMemory(options: { gpa: number; size: number; slot?: number; shared?: boolean }): GuestMemory {
    const { sys, user } = this.host;
    const { gpa, size, slot = this.memory.length, shared = false } = options;
    const guestMemfd = must(
      "KVM_CREATE_GUEST_MEMFD",
      sys.ioctl(this.vm, KVM_CREATE_GUEST_MEMFD, kvm_create_guest_memfd({ size })),
    );
    const memory: GuestMemory = { slot, gpa, size, guestMemfd, shared: must("mmap", user.allocate(size)) };
    const region = kvm_userspace_memory_region2({
      slot,
      flags: KVM_MEM_GUEST_MEMFD,
      guest_phys_addr: gpa,
      memory_size: size,
      userspace_addr: memory.shared,
      guest_memfd: guestMemfd,
    });
    must("KVM_SET_USER_MEMORY_REGION2", sys.ioctl(this.vm, KVM_SET_USER_MEMORY_REGION2, region));
    this.memory.push(memory);
    if (!shared) this.setPrivate(gpa, size);
    return memory;
  }

  /** Says that a range of guest memory (bytes) is private from now on. */
  setPrivate(address: number, size: number): void {
    this.#setAttributes(address, size, KVM_MEMORY_ATTRIBUTE_PRIVATE);
  }

  /** Says that a range of guest memory (bytes) is shared from now on. */
  setShared(address: number, size: number): void {
    this.#setAttributes(address, size, 0);
  }

  #setAttributes(address: number, size: number, attributes: number): void {
    const bytes = kvm_memory_attributes({ address, size, attributes });
    must("KVM_SET_MEMORY_ATTRIBUTES", this.host.sys.ioctl(this.vm, KVM_SET_MEMORY_ATTRIBUTES, bytes));
  }

  /** Gives the pages of a range of a guest_memfd (bytes from its start) back to the host. */
  punchHole(memory: GuestMemory, offset: number, length: number): number {
    return this.host.sys.fallocate(
      memory.guestMemfd,
      FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
      offset,
      length,
    );
  }

  /** Makes a vCPU with a program to run. Its REC comes with `finalizeVcpus`. */
  addVcpu(program: RealmProgram): VmmVcpu {
    const { sys } = this.host;
    const fd = must("KVM_CREATE_VCPU", sys.ioctl(this.vm, KVM_CREATE_VCPU, this.vcpus.length));
    const features = [1 << KVM_ARM_VCPU_REC];
    must("KVM_ARM_VCPU_INIT", sys.ioctl(fd, KVM_ARM_VCPU_INIT, kvm_vcpu_init({ features })));
    const run = must("mmap", sys.mmap(0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    this.host.loadGuest(fd, program);
    const vcpu = { fd, run };
    this.vcpus.push(vcpu);
    return vcpu;
  }

  /** Has the firmware make the realm, and declares all guest memory to be RAM. */
  createRealm(): void {
    this.#realmAction("KVM_CAP_ARM_RME_CREATE_REALM", KVM_CAP_ARM_RME_CREATE_REALM);
    for (const { gpa, size } of this.memory) this.initRipas(gpa, size);
  }

  /** Declares a range (bytes) to be RAM; only before the realm is activated. */
  initRipas(base: number, size: number): void {
    const bytes = kvm_cap_arm_rme_init_ripas_args({ base, size });
    this.#realmAction("KVM_CAP_ARM_RME_INIT_RIPAS_REALM", KVM_CAP_ARM_RME_INIT_RIPAS_REALM, bytes);
  }

  /** Copies the initial image from the shared half into the private one; only before the realm is activated. */
  populate(base: number, size: number): void {
    const bytes = kvm_cap_arm_rme_populate_realm_args({ base, size });
    this.#realmAction("KVM_CAP_ARM_RME_POPULATE_REALM", KVM_CAP_ARM_RME_POPULATE_REALM, bytes);
  }

  /** Makes the REC of each vCPU; only between `createRealm` and `activate`. */
  finalizeVcpus(): void {
    for (const { fd } of this.vcpus) {
      const feature = new Uint8Array(new Int32Array([KVM_ARM_VCPU_REC]).buffer);
      must("KVM_ARM_VCPU_FINALIZE", this.host.sys.ioctl(fd, KVM_ARM_VCPU_FINALIZE, feature));
    }
  }

  /** Lets the realm run. Its initial state is measured and cannot change any more. */
  activate(): void {
    this.#realmAction("KVM_CAP_ARM_RME_ACTIVATE_REALM", KVM_CAP_ARM_RME_ACTIVATE_REALM);
  }

  #realmAction(name: string, action: number, argument?: Uint8Array): void {
    const { sys, user } = this.host;
    const pointer = argument === undefined ? 0 : user.place(argument);
    const bytes = kvm_enable_cap({ cap: KVM_CAP_ARM_RME, args: [action, pointer] });
    const result = sys.ioctl(this.vm, KVM_ENABLE_CAP, bytes);
    if (argument !== undefined) sys.munmap(pointer, PAGE_SIZE);
    must(name, result);
  }

  /**
   * Runs a vCPU until it needs more than this VMM does by itself: a request of the guest to make memory private
   * or shared is granted, and its tick ends the run.
   *
   * @param grant carries a request out (bytes) @default KVM_SET_MEMORY_ATTRIBUTES
   */
  run(vcpu: VmmVcpu, grant: GrantConversion = (...request) => this.#grant(...request)): VmmExit {
    for (;;) {
      const result = this.host.sys.ioctl(vcpu.fd, KVM_RUN);
      const { exit_reason, ...fault } = kvm_run.decode(this.host.user.read(vcpu.run, kvm_run.byteLength));
      if (result !== -EFAULT || exit_reason !== KVM_EXIT_MEMORY_FAULT) {
        return { result: result === -EINTR ? 0 : result, exit_reason };
      }
      const wantsPrivate = (fault.memory_fault_flags & BigInt(KVM_MEMORY_EXIT_FLAG_PRIVATE)) !== 0n;
      const address = Number(fault.memory_fault_gpa);
      const size = Number(fault.memory_fault_size);
      grant(address, size, wantsPrivate);
    }
  }

  #grant(address: number, size: number, toPrivate: boolean): void {
    if (toPrivate) this.setPrivate(address, size);
    else this.setShared(address, size);
  }
}

/**
 * A realm that runs, with the given memory (bytes) and one vCPU per program.
 *
 * @example
 * ```ts
 * const vmm = startRealm(boot(), { gpa: 0x8000_0000, size: 8 * 4096 });
 * ```
 */
export function startRealm(
  host: Host,
  options: { gpa: number; size: number; ipaBits?: number; programs?: readonly RealmProgram[] },
): Vmm {
  const vmm = new Vmm(host);
  vmm.createVm(options.ipaBits);
  vmm.addMemory(options);
  for (const program of options.programs ?? []) vmm.addVcpu(program);
  vmm.createRealm();
  vmm.finalizeVcpus();
  vmm.activate();
  return vmm;
}
