// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../base/address.ts";
import { type SharedKind, sharedKind, touches } from "../base/footprint.ts";
import type { Trace } from "../base/trace.ts";
import type { MemoryBus } from "./memory-bus.ts";
import type { Smmu, SmmuEvent } from "./smmu.ts";
import { SPDM, SPDM_ERROR, SPDM_HEADER_BYTES, spdmResponse, TDISP } from "./spdm.ts";

/**
 * State of a TEE device interface (TDI): unlocked while the host may configure it, locked while a realm inspects
 * it, RUN while it may touch the realm's memory.
 *
 * @spec PCIe 6.0, TDISP state machine
 */
export type TdiState = "CONFIG_UNLOCKED" | "CONFIG_LOCKED" | "RUN" | "ERROR";

/** The states of the interfaces; parts are requester ids. */
const TDI: SharedKind = sharedKind("TDI state");

/** What came of a DMA. */
export interface DmaResult {
  /** Bytes that reached or came from memory, before the first page that was refused. */
  readonly done: number;
  /** The data of a read, as far as it came. */
  readonly data: Uint8Array;
  /** Why the transfer ended early. */
  readonly event: SmmuEvent | undefined;
}

/**
 * A function of a PCIe device with a DMA engine and a DOE mailbox, which can be a TEE device interface.
 *
 * Simplified: configuration space, BARs, link encryption and interface reports are left out.
 */
export class PcieFunction {
  /** Requester id, which is also the number of its stream. */
  readonly requesterId: number;
  readonly #bus: MemoryBus;
  readonly #smmu: Smmu;
  readonly #trace: Trace;
  #tdiState: TdiState = "CONFIG_UNLOCKED";

  constructor(requesterId: number, bus: MemoryBus, smmu: Smmu, trace: Trace) {
    this.requesterId = requesterId;
    this.#bus = bus;
    this.#smmu = smmu;
    this.#trace = trace;
  }

  get tdiState(): TdiState {
    if (touches.on) touches.read(TDI, this.requesterId);
    return this.#tdiState;
  }

  /** The device noticed that something is wrong, such as a write to a locked register: it stops being trusted. */
  fail(): void {
    this.#become("ERROR");
  }

  /**
   * Reads memory. In state RUN the device marks its transactions as trusted, unless told otherwise.
   *
   * @param address as the device sees it: an address of the realm for trusted transactions, in bytes
   */
  read(address: number, length: number, trusted: boolean = this.tdiState === "RUN"): DmaResult {
    return this.#transfer(address, new Uint8Array(length), false, trusted);
  }

  /** Writes memory, as `read` reads it. */
  write(address: number, bytes: Uint8Array, trusted: boolean = this.tdiState === "RUN"): DmaResult {
    return this.#transfer(address, bytes, true, trusted);
  }

  // An interface that does not run cannot issue trusted transactions: the link would refuse to mark them.
  #transfer(address: number, data: Uint8Array, write: boolean, trusted: boolean): DmaResult {
    const marked = trusted && this.tdiState === "RUN";
    let done = 0;
    while (done < data.length) {
      const at = address + done;
      const count = Math.min(PAGE_SIZE - (at % PAGE_SIZE), data.length - done);
      const target = this.#smmu.translate(this.requesterId, at, write, marked);
      if ("name" in target)
        return this.#end(address, write, marked, { done, data: data.slice(0, done), event: target });
      const part = data.subarray(done, done + count);
      if (write) this.#bus.write(target.pas, target.pa, part);
      else this.#bus.read(target.pas, target.pa, part);
      done += count;
    }
    return this.#end(address, write, marked, { done, data, event: undefined });
  }

  #end(address: number, write: boolean, trusted: boolean, result: DmaResult): DmaResult {
    if (this.#trace.on) {
      const outcome = result.event?.name ?? "done";
      const detail = {
        requesterId: this.requesterId,
        address,
        bytes: result.done,
        trusted: trusted ? 1 : 0,
        outcome,
      };
      this.#trace.emit({ kind: "access", name: write ? "dma write" : "dma read", detail });
    }
    return result;
  }

  /** The device's public key; its certificate is the bare key. Simplified: 97 bytes that depend on nothing secret. */
  get publicKey(): Uint8Array {
    return Uint8Array.from({ length: PUBLIC_KEY_BYTES }, (_, i) =>
      i === 0 ? 4 : (this.requesterId * 31 + i * 7) & 0xff,
    );
  }

  /** Answers a message through the DOE mailbox. What the device does not understand, or cannot do now, it refuses. */
  exchange(request: Uint8Array): Uint8Array {
    const code = request[1] ?? 0;
    switch (code) {
      case SPDM.GET_CERTIFICATE:
        return spdmResponse(code, this.publicKey);
      case SPDM.GET_VERSION:
      case SPDM.KEY_EXCHANGE:
      case SPDM.FINISH:
      case SPDM.END_SESSION:
        return spdmResponse(code, new Uint8Array(0));
      case SPDM.VENDOR_DEFINED: {
        const message = request[SPDM_HEADER_BYTES] ?? 0;
        if (this.#tdisp(message)) return spdmResponse(code, Uint8Array.of(message & 0x7f));
        return spdmResponse(SPDM_ERROR, new Uint8Array(0));
      }
      default:
        return spdmResponse(SPDM_ERROR, new Uint8Array(0));
    }
  }

  #tdisp(message: number): boolean {
    if (message === TDISP.LOCK_INTERFACE && this.tdiState === "CONFIG_UNLOCKED")
      this.#become("CONFIG_LOCKED");
    else if (message === TDISP.START_INTERFACE && this.tdiState === "CONFIG_LOCKED") this.#become("RUN");
    else if (message === TDISP.STOP_INTERFACE) this.#become("CONFIG_UNLOCKED");
    else return false;
    return true;
  }

  #become(state: TdiState): void {
    if (touches.on) touches.write(TDI, this.requesterId);
    if (this.#trace.on) {
      const detail = { requesterId: this.requesterId, from: this.#tdiState, to: state };
      this.#trace.emit({ kind: "state", name: "tdi", detail });
    }
    this.#tdiState = state;
  }
}

/** Length of an uncompressed point on the curve P-384. */
const PUBLIC_KEY_BYTES = 97;
