// SPDX-License-Identifier: MIT
import { type SharedKind, sharedKind, touches } from "../base/footprint.ts";
import type { Machine } from "../hw/machine.ts";
import { RmiCall, type RmmConfig } from "./call.ts";
import type { Command, Condition } from "./command.ts";
import { commandOf, type RunnableCommand } from "./commands.ts";
import * as fids from "./fid.ts";
import type { RmiOutputs } from "./outputs.ts";
import { fromRegister, toRegister } from "./registers.ts";
import { rmiResult, SMC_UNKNOWN } from "./status.ts";

/** Realms, RECs and devices as the RMM keeps them. */
const OBJECTS: SharedKind = sharedKind("objects of the RMM");

/** Commands that leave the objects as they are; all else that they touch is found by frame. */
const ON_FRAMES: ReadonlySet<number> = new Set([
  fids.RMI_GRANULE_DELEGATE,
  fids.RMI_GRANULE_UNDELEGATE,
  fids.RMI_DATA_CREATE,
  fids.RMI_DATA_CREATE_UNKNOWN,
  fids.RMI_DATA_DESTROY,
  fids.RMI_RTT_CREATE,
  fids.RMI_RTT_DESTROY,
  fids.RMI_RTT_FOLD,
  fids.RMI_RTT_INIT_RIPAS,
  fids.RMI_RTT_MAP_UNPROTECTED,
  fids.RMI_RTT_READ_ENTRY,
  fids.RMI_RTT_UNMAP_UNPROTECTED,
  fids.RMI_REC_ENTER,
]);

function noteObjects(command: number): void {
  if (ON_FRAMES.has(command)) touches.read(OBJECTS);
  else touches.write(OBJECTS);
}

/**
 * The Realm Management Monitor, as the host reaches it: through the registers of an SMC and nothing else.
 *
 * Each command is atomic with respect to other processors. The real one locks the granules that it works on, which
 * comes to the same except for how long others wait; only while a realm runs, in REC_ENTER, others get in.
 */
export class Rmm {
  readonly machine: Machine;
  readonly #call: RmiCall;

  constructor(machine: Machine, config: RmmConfig = {}) {
    this.machine = machine;
    this.#call = new RmiCall(machine, config);
  }

  /** Registers x1 to x4 of the last call; what a command does not define is 0. The object is the same every time. */
  get out(): RmiOutputs {
    return this.#call.out;
  }

  /** What the RMM keeps, for pictures and audits. */
  get state(): RmiCall {
    return this.#call;
  }

  /**
   * Makes a call. A register value of 2^53 or more is given as `OUT_OF_RANGE`; `smcRegisters` converts.
   *
   * @returns x0: status in bits 7:0 and index in bits 15:8, or -1 for an unknown function
   * @example
   * ```ts
   * const x0 = rmm.smc(RMI_GRANULE_DELEGATE, 0x8000_0000);
   * rmiResultName(x0); // "RMI_SUCCESS"
   * ```
   */
  smc(fid: number, x1 = 0, x2 = 0, x3 = 0, x4 = 0, x5 = 0, x6 = 0): number {
    const call = this.#call;
    if (touches.on) noteObjects(fid);
    call.out.clear();
    const runnable = commandOf(fid, call.deviceAssignment);
    call.x1 = x1;
    call.x2 = x2;
    call.x3 = x3;
    call.x4 = x4;
    call.x5 = x5;
    call.x6 = x6;
    call.refusedBy = undefined;
    const x0 = runnable === undefined ? SMC_UNKNOWN : execute(runnable, call);
    if (this.machine.trace.on) this.#tell(fid, runnable?.command, x0);
    return x0;
  }

  #tell(fid: number, command: Command | undefined, x0: number): void {
    const { refusedBy, x1, x2, x3, x4, x5, x6 } = this.#call;
    const registers = [x1, x2, x3, x4, x5, x6];
    const args = (command?.args ?? []).map((name, i): [string, number] => [name, registers[i] as number]);
    this.machine.trace.emit({
      kind: "smc",
      name: command?.name ?? `SMC 0x${fid.toString(16)}`,
      detail: {
        ...Object.fromEntries(args),
        ...(refusedBy === undefined ? {} : { refusedBy: refusedBy.id }),
      },
      result: x0,
    });
  }
}

function execute(runnable: RunnableCommand, call: RmiCall): number {
  const failed = runnable.firstHolding(call);
  if (failed >= 0) return refuse(runnable.command, failed, call);
  return runnable.run(call);
}

function refuse(command: Command, failed: number, call: RmiCall): number {
  const condition = command.conditions[failed] as Condition;
  call.refusedBy = condition;
  condition.outputs?.(call);
  const x0 = rmiResult(condition.status, condition.index?.(call) ?? 0);
  const { x1, x2, x3, x4, x5, x6 } = call;
  call.lastRefusal = { command, condition, args: [x1, x2, x3, x4, x5, x6].slice(0, command.args.length), x0 };
  call.refusals++;
  return x0;
}

/**
 * A call with 64-bit registers, as a program makes it: any values whatever give an answer.
 *
 * @param fid x0; its upper half is ignored, as the calling convention has it
 * @param args x1 on; registers that are not given are 0
 * @returns x0 to x4
 */
export function smcRegisters(rmm: Rmm, fid: bigint | number, args: readonly bigint[]): bigint[] {
  const [x1 = 0n, x2 = 0n, x3 = 0n, x4 = 0n, x5 = 0n, x6 = 0n] = args;
  const x0 = rmm.smc(
    Number(BigInt.asUintN(32, BigInt(fid))),
    fromRegister(x1),
    fromRegister(x2),
    fromRegister(x3),
    fromRegister(x4),
    fromRegister(x5),
    fromRegister(x6),
  );
  const { out } = rmm;
  return [x0, out.x1, out.x2, out.x3, out.x4].map(toRegister);
}
