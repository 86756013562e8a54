// SPDX-License-Identifier: MIT
import { type Random, seeded } from "../../lib/src/base/random.ts";
import { auditRmm } from "../../lib/src/rmm/audit.ts";
import { rmiCommands } from "../../lib/src/rmm/commands.ts";
import { smcRegisters } from "../../lib/src/rmm/rmm.ts";
import { DeviceWorld } from "./device-world.ts";
import { DRAM_BASE, SHARED } from "./world.ts";

const CALLS_PER_MACHINE = 2_000;
const PAGES = 96;

/** What a fuzz run has seen. */
export interface FuzzResult {
  readonly calls: number;
  /** Calls that succeeded: a run that never gets anywhere tests nothing. */
  readonly succeeded: number;
  /** Contradictions that an audit found, and calls that answered something else than a status. */
  readonly findings: readonly string[];
}

/**
 * Makes calls with random function ids and registers, half of them plausible: every call must be answered by a
 * status, and the firmware's books must stay in order.
 */
export function fuzz(calls: number, seed: number): FuzzResult {
  const random = seeded(seed);
  const findings: string[] = [];
  let succeeded = 0;
  for (let done = 0; done < calls; ) {
    const world = populated();
    for (let n = 0; n < CALLS_PER_MACHINE && done < calls; n++, done++) {
      const fid = randomFid(random);
      const args = Array.from({ length: 6 }, () => randomRegister(random));
      const [x0 = 0n] = smcRegisters(world.rmm, fid, args);
      if (x0 === 0n) succeeded++;
      const isStatus = x0 === 0xffff_ffff_ffff_ffffn || ((x0 & 0xffn) <= 6n && x0 >> 16n === 0n);
      if (!isStatus) findings.push(`0x${fid.toString(16)} answered ${x0}`);
    }
    findings.push(...auditRmm(world.rmm));
  }
  return { calls, succeeded, findings };
}

/** A machine with a realm, some tables and memory, a REC and a device, all within its first pages. */
function populated(): DeviceWorld {
  const world = new DeviceWorld();
  const rd = world.makeDaRealm();
  world.makeTables(rd, 0);
  world.makeTables(rd, SHARED);
  world.mapUnknown(rd, 0);
  world.makeRec(rd);
  world.readyPdev();
  return world;
}

function randomFid(random: Random): bigint {
  if (random.below(16) === 0) return BigInt(random.below(2 ** 32)) << BigInt(random.below(33));
  const command = rmiCommands[random.below(rmiCommands.length)];
  return BigInt(command?.fid ?? 0);
}

function randomRegister(random: Random): bigint {
  switch (random.below(8)) {
    case 0:
      return BigInt(random.below(2 ** 32)) * BigInt(random.below(2 ** 32));
    case 1:
      return BigInt(random.below(6)) - 1n;
    case 2:
      return BigInt(random.below(64)) * 4096n;
    case 3:
      return BigInt(SHARED) + BigInt(random.below(8)) * 0x20_0000n;
    case 4:
      return BigInt(random.below(8)) * 0x20_0000n;
    default:
      return BigInt(DRAM_BASE) + BigInt(random.below(PAGES)) * 4096n + (random.below(32) === 0 ? 1n : 0n);
  }
}
