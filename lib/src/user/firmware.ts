// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE, type Pfn, paToPfn } from "../base/address.ts";
import type { Host } from "../boot.ts";
import { PAS } from "../hw/granule-protection.ts";
import { rmiResultName, SMC_UNKNOWN } from "../rmm/status.ts";

/**
 * What somebody needs who plays the host kernel by hand: makes firmware calls one by one and looks at memory. The
 * kernel of the machine must have nothing to do meanwhile; all its pages are then there to be handed out.
 */

/**
 * Physical address of a page of memory, counted from the first as `showGranules` draws them.
 *
 * @example
 * ```ts
 * host.smc(RMI_GRANULE_DELEGATE, dramPage(host, 5));
 * ```
 */
export function dramPage(host: Host, page: number): bigint {
  const { basePfn, pages } = host.machine.memory;
  if (!Number.isInteger(page) || page < 0 || page >= pages)
    throw new RangeError(`there is no page ${page}; memory has pages 0 to ${pages - 1}`);
  return BigInt((basePfn + page) * PAGE_SIZE);
}

/**
 * x0 of a firmware call in words; the index where there is one.
 *
 * @param registers what `host.smc` answered: x0 to x4
 * @example
 * ```ts
 * answered(host.smc(RMI_RTT_CREATE, rd, rtt, 0n, 3n)); // "RMI_ERROR_RTT, index 2"
 * ```
 */
export function answered(registers: readonly bigint[]): string {
  return rmiResultName(Number(BigInt.asIntN(64, registers[0] ?? BigInt(SMC_UNKNOWN))));
}

/** What a load or store of the host ends in when the page is not in the Non-secure space. */
export type HostFault = "granule protection fault";

/**
 * A load of 8 bytes by the host, which runs in the Non-secure world.
 *
 * @param pa physical address in bytes
 * @returns the value, little endian, or the fault
 */
export function hostLoad(host: Host, pa: bigint): bigint | HostFault {
  const bytes = new Uint8Array(8);
  const fault = host.machine.bus.read(PAS.NonSecure, Number(pa), bytes);
  return fault ?? new DataView(bytes.buffer).getBigUint64(0, true);
}

/**
 * A store by the host, which runs in the Non-secure world: 8 bytes for a number, or as many as are given.
 *
 * @param pa physical address in bytes
 */
export function hostStore(host: Host, pa: bigint, value: bigint | Uint8Array): "stored" | HostFault {
  return host.machine.bus.write(PAS.NonSecure, Number(pa), bytesOf(value)) ?? "stored";
}

function bytesOf(value: bigint | Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return bytes;
}

/**
 * The 8 bytes at an address of DRAM, whoever it belongs to. Nobody on the machine can do this: it is what a probe on
 * the memory chips would show, without the encryption that real ones have there.
 *
 * @param pa physical address in bytes, a multiple of 8
 */
export function probe(host: Host, pa: bigint): bigint {
  const at = Number(pa);
  const pfn = paToPfn(at);
  if (!host.machine.memory.contains(pfn) || at % 8 !== 0)
    throw new RangeError(`${hex(pa)} is not the address of 8 bytes of memory`);
  const words = host.machine.memory.peek(pfn);
  if (words === undefined) return 0n;
  const word = (at - pfn * PAGE_SIZE) / 4;
  return (BigInt(words[word + 1] as number) << 32n) | BigInt(words[word] as number);
}

/**
 * Gives a page to the Secure world, as EL3 does for its secure firmware when the machine starts. The RMM is not told.
 *
 * @param pa physical address of the page
 */
export function makeSecure(host: Host, pa: bigint): void {
  const pfn: Pfn = paToPfn(Number(pa));
  if (!host.machine.memory.contains(pfn)) throw new RangeError(`${hex(pa)} is not in memory`);
  host.machine.gpt.assign(pfn, PAS.Secure);
}
