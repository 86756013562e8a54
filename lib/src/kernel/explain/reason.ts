// SPDX-License-Identifier: MIT
import { hex } from "../../base/address.ts";
import type { RefusedCommand } from "../../rmm/call.ts";
import type { File } from "../fs/file.ts";
import type { Kernel } from "../kernel.ts";
import type { LastCall, Process } from "../process.ts";

/** A system call that failed, with what is needed to tell why. */
export interface FailedCall extends LastCall {
  readonly kernel: Kernel;
  readonly process: Process;
  /** The open file that the call was made on. */
  readonly file: File | undefined;
  /** Firmware command that was refused last during the call. */
  readonly refusal: RefusedCommand | undefined;
}

/** One way in which a system call fails. The reasons of a call stand in the order in which the kernel tests them. */
export interface Reason {
  /** Short name, unique among the reasons of a call. */
  readonly id: string;
  /** Positive error number. */
  readonly errno: number;
  /** In words, to be read after "because". */
  readonly text: string;
  /** Function and file of the kernel, or the patch. */
  readonly source: string;
  /**
   * Looks whether this is it: the values that show it, or nothing. It sees the arguments and the state after the call.
   * A reason without it can only be named as possible.
   */
  readonly evidence?: (call: FailedCall) => string | undefined;
}

/** What reads a structure of the uAPI. */
export interface Decoder<T> {
  readonly byteLength: number;
  readonly decode: (bytes: Uint8Array) => T;
}

/** The bytes that the argument of an ioctl points to, as many as can be read, at most `length`. */
export function argumentBytes({ argument, process }: FailedCall, length: number): Uint8Array {
  if (argument instanceof Uint8Array) return argument.subarray(0, length);
  const address = Number(argument ?? 0);
  if (!Number.isSafeInteger(address)) return new Uint8Array(0);
  for (let bytes = length; bytes > 0; bytes--) {
    const read = process.mm.load(address, bytes);
    if (read !== undefined) return read;
  }
  return new Uint8Array(0);
}

/** The structure that the argument points to; what cannot be read is 0. */
export function argumentOf<T>(call: FailedCall, layout: Decoder<T>): T {
  const bytes = new Uint8Array(layout.byteLength);
  bytes.set(argumentBytes(call, layout.byteLength));
  return layout.decode(bytes);
}

/** The value of a field in words: large ones in hexadecimal. */
export function valueText(value: unknown): string {
  const isLarge = typeof value === "bigint" ? value > 0xffffn : typeof value === "number" && value > 0xffff;
  return isLarge ? hex(value as bigint | number) : String(value);
}

/** A word of evidence where a condition holds. */
export function shown(holds: boolean, words: string): string | undefined {
  return holds ? words : undefined;
}
