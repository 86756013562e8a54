// SPDX-License-Identifier: MIT
import { deviceCall } from "./device-calls.mjs";
import { iommufdCall } from "./iommufd-calls.mjs";
import { kvmCall } from "./kvm-calls.mjs";
import { Tally } from "./tally.mjs";
import { commandsOf, KIND_OF_PATH, ODD_NUMBERS, WORDS } from "./vocabulary.mjs";

/** @typedef {typeof import("../../lib/src/index.ts")} Simulator */
/** @typedef {import("../../lib/src/base/random.ts").Random} Random */
/** @typedef {import("../../lib/src/boot.ts").Host} Host */

/** A program that makes one random call after the other, half of them what a confused programmer would write. */
export class RandomProgram {
  /** Descriptors that were open at some time, by kind. @type {Record<string, number[]>} */
  fds = { kvm: [], vm: [], gmem: [], vcpu: [], iommufd: [], vfio: [], shm: [], queue: [] };
  /** @type {number[]} */
  addresses = [0];
  /** Devices, vIOMMUs and vdevices that were there at some time, each with the iommufd that it is in. */
  /** @type {{ iommufd: number, dev_id: number, hwpt_id: number }[]} */
  devices = [];
  /** @type {{ iommufd: number, dev_id: number, viommu_id: number }[]} */
  viommus = [];
  /** @type {{ iommufd: number, vdevice_id: number }[]} */
  vdevices = [];
  /** I/O address spaces that were there at some time. @type {{ iommufd: number, ioas_id: number }[]} */
  spaces = [];
  /** What was mapped there at some time. @type {{ iommufd: number, ioas_id: number, iova: number, length: number }[]} */
  mappings = [];
  /** iommufds that have a chosen I/O address space for VFIO's commands. @type {number[]} */
  chosen = [];
  /** What each ioctl answered, for the report. */
  tally = new Tally();

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
      case 11:
      case 12:
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
    const { name, command, kind, make } = this.pick(this.commands);
    const argument = this.chance(85) ? this.spoil(make()) : this.argument();
    const number = this.chance(98) ? command : this.random.below(2 ** 32);
    return this.tellIoctl(name, this.host.sys.ioctl(this.fd(kind), number, argument));
  }

  /** Makes an ioctl by its name. @param {string} name @param {number} fd @param {Uint8Array | number} [argument] */
  ioctlAs(name, fd, argument) {
    const command = /** @type {Record<string, number>} */ (/** @type {unknown} */ (this.sim))[name];
    return this.tellIoctl(name, this.host.sys.ioctl(fd, command ?? 0, argument));
  }

  /** Notes what a command answered. @param {string} name @param {number} result */
  tellIoctl(name, result) {
    this.tally.add(name, result);
    return result;
  }

  /** A call that a sensible program makes, so that the random ones find something to work on. @returns {number} */
  helpfulCall() {
    return this.pick([kvmCall, deviceCall, iommufdCall])(this);
  }

  /** Remembers a new descriptor. @param {string} kind @param {number} result */
  keep(kind, result) {
    if (result > 0) this.fds[kind]?.push(result);
    return result;
  }
}
