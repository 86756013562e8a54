// SPDX-License-Identifier: MIT
import { RandomProgram } from "./random-program.mjs";
import { Tally } from "./tally.mjs";
import { commandsOf, GPA, PAGE } from "./vocabulary.mjs";

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
  {
    pattern: /^iommufd object \d+ \(IOAS\): (users is|wait_cnt is) |^iommufd: a closed context still has/,
    source: "IOMMU_IOAS_MAP_FILE with a bad descriptor never puts the IOAS",
  },
];

/** Calls before a machine is replaced by a fresh one. */
const CALLS_PER_HOST = 400;
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
  const device = sim.assignDevice(vmm);
  return { fds: { ...fds, iommufd: [device.iommufd], vfio: [device.vfio] }, addresses, device };
}

/**
 * @param {Simulator} sim
 * @param {{ seed: number, calls: number, progress?: (done: number) => void }} options
 * @returns {{ calls: number, hosts: number, killed: number, problems: string[], tally: Tally }}
 */
export function fuzzSyscalls(sim, { seed, calls, progress }) {
  const commands = commandsOf(sim);
  const random = sim.seeded(seed);
  /** @type {string[]} */
  const problems = [];
  const tally = new Tally();
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
      const { fds, addresses, device } = furnish(sim, host, random);
      Object.assign(program.fds, fds);
      if (device !== undefined) {
        program.devices.push(device);
        program.viommus.push(device);
        program.vdevices.push(device);
      }
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
    // Whoever is killed, be it while it ends, leaves behind what it had: there is nothing to audit.
    let wasKilled = host.process.task.killed !== undefined;
    if (!wasKilled) {
      problems.push(...unknown(host.audit()).map((finding) => `${place}: ${finding}`));
      wasKilled = host.sys.exit() === sim.KILLED;
    }
    if (wasKilled) killed++;
    else problems.push(...unknown(host.audit()).map((finding) => `${place}, after exit: ${finding}`));
    tally.addAll(program.tally);
    progress?.(done);
  }
  return { calls, hosts, killed, problems, tally };
}

/** @param {string[]} findings */
function unknown(findings) {
  return findings.filter((finding) => !KNOWN_FINDINGS.some(({ pattern }) => pattern.test(finding)));
}
