// SPDX-License-Identifier: MIT
/**
 * Random system calls with random bytes: half of the arguments are what a confused program would pass, the rest is
 * noise. Whatever is called, the answer is a number, and afterwards the audit finds nothing but what the real code
 * leaves behind as well.
 */

/** @typedef {typeof import("../../lib/src/index.ts")} Simulator */
/** @typedef {import("../../lib/src/base/random.ts").Random} Random */
/** @typedef {import("../../lib/src/boot.ts").Host} Host */

/** What a random program may leave behind, because the real code does; where it is described. */
export const KNOWN_FINDINGS = [
  {
    pattern: /^page 0x[0-9a-f_]+ has \d+ references? that nobody owns$/,
    source: "mapping a page twice, and its kin",
  },
  {
    pattern: /^pages \d+ to \d+ of a guest_memfd point to slot \d+, which was freed$/,
    source: "9935df5333aa",
  },
];

/** Calls before a machine is replaced by a fresh one. */
const CALLS_PER_HOST = 400;
const PAGE = 4096;
const GPA = 0x8000_0000;

/** 64-bit values that programs get wrong. */
const WORDS = [
  0n,
  1n,
  2n,
  3n,
  4n,
  5n,
  8n,
  9n,
  0x100n,
  0xfffn,
  0x1000n,
  0x1001n,
  0x2000n,
  0x4000n,
  0x20_0000n,
  0x4000_0000n,
  0x8000_0000n,
  0x8000_0800n,
  0x8000_1000n,
  0x8000_4000n,
  0x8020_0000n,
  1n << 32n,
  1n << 39n,
  (1n << 39n) + 0x8000_0000n,
  1n << 40n,
  (1n << 40n) - 0x1000n,
  1n << 47n,
  1n << 50n,
  1n << 53n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 0x1000n,
  (1n << 64n) - 1n,
  0x7f00_0000_0000n,
  0x7f00_0000_1000n,
  0x7f00_0000_8000n,
];

/** Arguments that fit no register. */
const ODD_NUMBERS = [
  Number.NaN,
  0.5,
  -0.25,
  4096.5,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** 60,
  -1,
  -4096,
];

/** What opening a path gives. @type {Record<string, string>} */
const KIND_OF_PATH = {
  "/dev/kvm": "kvm",
  "/dev/iommu": "iommufd",
  "/dev/shm": "shm",
  "/dev/vfio/devices/vfio0": "vfio",
  "/dev/vfio/devices/vfio1": "vfio",
  "/dev/null": "kvm",
};

/** The kind of file that a command is for. @param {string} name */
function kindOf(name) {
  if (name.startsWith("IOMMU_")) return "iommufd";
  if (name.startsWith("VFIO_")) return "vfio";
  if (/VCPU_INIT|VCPU_FINALIZE|KVM_RUN|PRE_FAULT/.test(name)) return "vcpu";
  return /API_VERSION|CREATE_VM$|MMAP_SIZE/.test(name) ? "kvm" : "vm";
}

/**
 * @param {Simulator} sim
 * @returns {{ command: number, kind: string, make: () => Uint8Array }[]} each command with the structure that belongs to it
 */
function commandsOf(sim) {
  const all = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (sim));
  const commands = [];
  for (const [name, value] of Object.entries(all)) {
    if (typeof value !== "number" || value < 0x3b00 || !/^(IOMMU|KVM|VFIO)_/.test(name)) continue;
    const layout = all[name.toLowerCase()] ?? all[STRUCT_OF[name] ?? ""];
    const make =
      typeof layout === "function" ? /** @type {() => Uint8Array} */ (layout) : () => new Uint8Array(64);
    commands.push({ command: value, kind: kindOf(name), make });
  }
  return commands;
}

/** Commands whose structure is not named after them. @type {Record<string, string>} */
const STRUCT_OF = {
  KVM_SET_USER_MEMORY_REGION: "kvm_userspace_memory_region",
  KVM_SET_USER_MEMORY_REGION2: "kvm_userspace_memory_region2",
  KVM_SET_MEMORY_ATTRIBUTES: "kvm_memory_attributes",
  KVM_ARM_VCPU_INIT: "kvm_vcpu_init",
};

class RandomProgram {
  /** Descriptors that were open at some time, by kind. @type {Record<string, number[]>} */
  fds = { kvm: [], vm: [], gmem: [], vcpu: [], iommufd: [], vfio: [], shm: [] };
  /** @type {number[]} */
  addresses = [0];

  /**
   * @param {Simulator} sim
   * @param {Host} host
   * @param {Random} random
   * @param {ReturnType<typeof commandsOf>} commands
   */
  constructor(sim, host, random, commands) {
    this.sim = sim;
    this.host = host;
    this.random = random;
    this.commands = commands;
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    return /** @type {T} */ (list[this.random.below(list.length)]);
  }

  /** @param {number} percent */
  chance(percent) {
    return this.random.below(100) < percent;
  }

  /** A descriptor, of the kind that fits most of the time. @param {string} [kind] */
  fd(kind) {
    const fitting = kind !== undefined && this.chance(90) ? this.fds[kind] : undefined;
    const fds = fitting ?? Object.values(this.fds).flat();
    return fds.length > 0 && this.chance(97)
      ? this.pick(fds)
      : this.pick([-1, 0, 3, 99, 2 ** 31, Number.NaN, 1.5]);
  }

  word() {
    return this.chance(4) ? this.pick(ODD_NUMBERS) : this.pick(WORDS);
  }

  /** The bytes of a structure with some of its words replaced. @param {Uint8Array} bytes */
  spoil(bytes) {
    const view = new DataView(bytes.buffer);
    const changes = this.random.below(4);
    for (let n = 0; n < changes; n++) {
      const at = 4 * this.random.below(Math.floor(bytes.length / 4));
      const value = this.chance(15) ? BigInt(Math.trunc(this.fd() || 0)) : this.pick(WORDS);
      if (at + 8 <= bytes.length && this.chance(70))
        view.setBigUint64(at - (at % 8), BigInt.asUintN(64, value), true);
      else view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
    }
    return this.chance(10) ? bytes.slice(0, this.random.below(bytes.length + 1)) : bytes;
  }

  argument() {
    if (this.chance(10)) return undefined;
    if (this.chance(15)) return Number(this.pick(WORDS));
    if (this.chance(10)) return this.pick(this.addresses);
    return undefined;
  }

  /** One call. @returns {number} */
  call() {
    const { sys } = this.host;
    switch (this.random.below(16)) {
      case 0:
        return this.open();
      case 1:
        return this.chance(20) ? sys.close(this.fd()) : this.helpfulCall();
      case 2:
        return sys.fallocate(this.fd("gmem"), this.pick([0, 1, 2, 3, 3, 3, 7, -1]), this.word(), this.word());
      case 3:
        return sys.ftruncate(this.fd(), this.word());
      case 4:
        return sys.fstat(
          this.fd(),
          this.chance(80) ? new Uint8Array(this.pick([0, 64, 128, 200])) : this.argument(),
        );
      case 5: {
        const flags = this.pick([0x22, 0x22, 0x01, 0x02, 0x32, 0x11, 0, 3]);
        const at = sys.mmap(this.word(), this.word(), this.random.below(4), flags, this.fd(), this.word());
        if (at > 0) this.addresses.push(at);
        return at;
      }
      case 6:
        if (this.chance(70)) return this.ioctl();
        return sys.munmap(this.chance(60) ? this.pick(this.addresses) : this.word(), this.word());
      case 7:
        return sys.read(this.fd(), new Uint8Array(this.random.below(64)));
      case 8:
        return sys.write(this.fd(), new Uint8Array(this.random.below(64)));
      case 9:
        return this.chance(50)
          ? sys.pread(this.fd(), new Uint8Array(8), this.word())
          : sys.fchmod(this.fd(), 0o600);
      case 10:
        return this.helpfulCall();
      default:
        return this.ioctl();
    }
  }

  open() {
    const path = this.pick(Object.keys(KIND_OF_PATH));
    return this.keep(/** @type {string} */ (KIND_OF_PATH[path]), this.host.sys.open(path));
  }

  ioctl() {
    const { command, kind, make } = this.pick(this.commands);
    const argument = this.chance(85) ? this.spoil(make()) : this.argument();
    const number = this.chance(98) ? command : this.random.below(2 ** 32);
    return this.host.sys.ioctl(this.fd(kind), number, argument);
  }

  /** A call that a sensible program makes, so that the random ones find something to work on. @returns {number} */
  helpfulCall() {
    const { sim, host } = this;
    const { sys } = host;
    const fd = this.fd("vm");
    switch (this.random.below(8)) {
      case 0:
        return this.keep(
          "vm",
          sys.ioctl(this.fd("kvm"), sim.KVM_CREATE_VM, 0x100 | this.pick([0, 40, 48, 33])),
        );
      case 1: {
        const bytes = sim.kvm_create_guest_memfd({ size: PAGE * (1 + this.random.below(64)) });
        return this.keep("gmem", sys.ioctl(fd, sim.KVM_CREATE_GUEST_MEMFD, bytes));
      }
      case 2: {
        const pages = 1 + this.random.below(16);
        const bytes = sim.kvm_userspace_memory_region2({
          slot: this.random.below(4),
          flags: this.pick([0, sim.KVM_MEM_GUEST_MEMFD]),
          guest_phys_addr: GPA + PAGE * this.random.below(16),
          memory_size: this.chance(15) ? 0 : PAGE * pages,
          userspace_addr: this.pick(this.addresses),
          guest_memfd: Math.trunc(this.fd("gmem") || 0),
        });
        return sys.ioctl(fd, sim.KVM_SET_USER_MEMORY_REGION2, bytes);
      }
      case 3: {
        const range = {
          address: GPA,
          size: PAGE * (1 + this.random.below(32)),
          attributes: this.pick([0, 8]),
        };
        return sys.ioctl(fd, sim.KVM_SET_MEMORY_ATTRIBUTES, sim.kvm_memory_attributes(range));
      }
      case 4: {
        const action = this.random.below(5);
        const pointer = host.user.place(sim.kvm_cap_arm_rme_init_ripas_args({ base: GPA, size: PAGE * 64 }));
        return sys.ioctl(
          fd,
          sim.KVM_ENABLE_CAP,
          sim.kvm_enable_cap({ cap: sim.KVM_CAP_ARM_RME, args: [action, pointer] }),
        );
      }
      case 5:
        return this.keep("vcpu", sys.ioctl(fd, sim.KVM_CREATE_VCPU, this.random.below(3)));
      case 6:
        return sys.ioctl(this.fd("vcpu"), sim.KVM_RUN);
      default: {
        const size = PAGE * (1 + this.random.below(8));
        const start_gpa = GPA + PAGE * this.random.below(16);
        const request = { vdevice_id: this.random.below(8), start_gpa, end_gpa: start_gpa + size };
        return sys.ioctl(this.fd("iommufd"), sim.IOMMU_VDEVICE_TSM_MAP, sim.iommu_vdevice_tsm_map(request));
      }
    }
  }

  /** Remembers a new descriptor. @param {string} kind @param {number} result */
  keep(kind, result) {
    if (result > 0) this.fds[kind]?.push(result);
    return result;
  }
}

/** A realm with a device, ready to be abused. @param {Simulator} sim @param {Host} host @param {Random} random */
function furnish(sim, host, random) {
  const vmm = new sim.Vmm(host);
  const vm = vmm.createVm();
  const { guestMemfd, shared } = vmm.addMemory({ gpa: GPA, size: 8 * PAGE, shared: random.below(2) === 0 });
  const guest = sim.readingGuest([GPA, GPA + PAGE, GPA + 2 ** 39 + 2 * PAGE], { read: [] });
  const { fd: vcpu, run } = vmm.addVcpu(guest);
  const fds = { kvm: [vmm.kvm], vm: [vm], gmem: [guestMemfd], vcpu: [vcpu] };
  const addresses = [shared, run];
  if (random.below(4) === 0) return { fds, addresses };
  vmm.createRealm();
  vmm.finalizeVcpus();
  if (random.below(4) > 0) vmm.activate();
  sim.connectTsm(vmm, "0000:01:00.0");
  const { iommufd, vfio } = sim.assignDevice(vmm);
  return { fds: { ...fds, iommufd: [iommufd], vfio: [vfio] }, addresses };
}

/**
 * @param {Simulator} sim
 * @param {{ seed: number, calls: number, progress?: (done: number) => void }} options
 * @returns {{ calls: number, hosts: number, killed: number, problems: string[] }}
 */
export function fuzzSyscalls(sim, { seed, calls, progress }) {
  const commands = commandsOf(sim);
  const random = sim.seeded(seed);
  /** @type {string[]} */
  const problems = [];
  let hosts = 0;
  let killed = 0;
  for (let done = 0; done < calls && problems.length < 10; ) {
    hosts++;
    const host = sim.boot({
      memory: 2048 * PAGE,
      config: { KVM_RELEASE: random.below(2) === 0 ? "2025" : "2026" },
    });
    const program = new RandomProgram(sim, host, random, commands);
    if (random.below(5) > 0) {
      const { fds, addresses } = furnish(sim, host, random);
      Object.assign(program.fds, fds);
      program.addresses.push(...addresses);
    }
    const place = `seed ${seed}, host ${hosts}`;
    for (let n = 0; n < CALLS_PER_HOST && done < calls; n++, done++) {
      try {
        const result = program.call();
        if (!Number.isInteger(result)) problems.push(`${place}, call ${n}: the answer is ${result}`);
      } catch (error) {
        // A program that has no memory left for its own data ends; the kernel is not involved.
        if (error instanceof RangeError && error.message.includes("user memory")) continue;
        problems.push(`${place}, call ${n}: ${error instanceof Error ? error.stack : error}`);
        break;
      }
      if (host.process.task.killed !== undefined) break;
    }
    const wasKilled = host.process.task.killed !== undefined;
    if (wasKilled) killed++;
    else problems.push(...unknown(host.audit()).map((finding) => `${place}: ${finding}`));
    if (!wasKilled) {
      host.sys.exit();
      problems.push(...unknown(host.audit()).map((finding) => `${place}, after exit: ${finding}`));
    }
    progress?.(done);
  }
  return { calls, hosts, killed, problems };
}

/** @param {string[]} findings */
function unknown(findings) {
  return findings.filter((finding) => !KNOWN_FINDINGS.some(({ pattern }) => pattern.test(finding)));
}
