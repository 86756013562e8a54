// SPDX-License-Identifier: MIT
import { alignDown, PAGE_SIZE, paToPfn } from "../base/address.ts";
import { type SharedKind, sharedKind, touches } from "../base/footprint.ts";
import type { Trace } from "../base/trace.ts";
import { PAS, type Pas } from "./granule-protection.ts";
import type { MemoryBus } from "./memory-bus.ts";
import type { OwnershipTable } from "./ownership-table.ts";
import { Tlb } from "./tlb.ts";
import { type Stage2Context, type Stage2Fault, translate } from "./translation.ts";

/**
 * Events that the SMMU records, with their numbers.
 *
 * @spec Arm SMMUv3, chapter 7.3 (event records)
 */
export const SMMU_EVENT = {
  C_BAD_STE: 0x04,
  F_WALK_EABT: 0x0b,
  F_TRANSLATION: 0x10,
  F_ADDR_SIZE: 0x11,
  F_ACCESS: 0x12,
  F_PERMISSION: 0x13,
} as const;
/** Name of an event. */
export type SmmuEventName = keyof typeof SMMU_EVENT;

/** A DMA that the SMMU refused. */
export interface SmmuEvent {
  readonly name: SmmuEventName | "granule protection fault" | "ownership fault";
  /** Number in the event record; a fault of the data itself is told elsewhere (to a register of EL3). */
  readonly type: number | undefined;
  /** Which of the two stream tables the transaction was looked up in. */
  readonly security: "Realm" | "Non-secure";
  /** Requester id of the device. */
  readonly streamId: number;
  /** Address that the device used, in bytes. */
  readonly address: number;
  readonly write: boolean;
  /** What was being accessed: the address itself, a table of the walk, or the configuration. */
  readonly class: "IN" | "TT" | "CD";
  /** Level of the table where the walk failed. Not part of a real record. */
  readonly level: number | undefined;
}

/** Translation of a Non-secure stream, as the host sets it up. */
export interface StreamDomain {
  /** Physical address (bytes) for an address of the device, or nothing for a fault. */
  translate(iova: number, write: boolean): number | undefined;
}

/** Where a DMA goes. */
export interface DmaTarget {
  readonly pa: number;
  readonly pas: Pas;
}

const EVENT_OF: Readonly<Record<Stage2Fault["fault"], SmmuEventName>> = {
  "translation fault": "F_TRANSLATION",
  "permission fault": "F_PERMISSION",
  "address size fault": "F_ADDR_SIZE",
  "access flag fault": "F_ACCESS",
  "granule protection fault on a walk": "F_WALK_EABT",
};

/** Entries that the event queue holds before it drops records. */
const QUEUE_ENTRIES = 256;

const STREAMS: SharedKind = sharedKind("stream table");
const EVENTS: SharedKind = sharedKind("event queue");

/**
 * The IOMMU in front of all devices: it translates every DMA, by the stream that it belongs to. Transactions that a
 * device marks as trusted are looked up in the stream table of the Realm world, which only the RMM writes; all
 * others in the host's.
 *
 * Simplified: stage 1, address translation services and command queues are left out, the configuration is never
 * cached, and the host's table leads to a translation by function and not to bytes.
 *
 * @spec Arm SMMUv3 with the Realm Management Extension
 */
export class Smmu {
  readonly #bus: MemoryBus;
  readonly #trace: Trace;
  /** Cached translations of trusted streams; the RMM invalidates them along with those of the processors. */
  readonly tlb: Tlb = new Tlb();
  readonly #realmStreams = new Map<number, Stage2Context>();
  readonly #hostStreams = new Map<number, StreamDomain>();
  /**
   * With such a table this is an IOMMU of another architecture: trusted transactions go through the host's
   * translation like all others, and the table decides at each access. The entry of the Realm stream table then says
   * only whose transactions they are. @default none: the Realm stream table translates
   */
  owners: OwnershipTable | undefined;
  #events: SmmuEvent[] = [];
  #dropped = 0;

  constructor(bus: MemoryBus, trace: Trace) {
    this.#bus = bus;
    this.#trace = trace;
  }

  /** Writes an entry of the Realm stream table. Without a context the entry becomes invalid. */
  setRealmStream(streamId: number, context: Stage2Context | undefined): void {
    if (touches.on) touches.write(STREAMS, streamId);
    if (context === undefined) this.#realmStreams.delete(streamId);
    else this.#realmStreams.set(streamId, context);
  }

  /** The entry of the Realm stream table for a stream. */
  realmStream(streamId: number): Stage2Context | undefined {
    if (touches.on) touches.read(STREAMS, streamId);
    return this.#realmStreams.get(streamId);
  }

  /** Writes an entry of the host's stream table. Without a domain the stream is blocked. */
  setHostStream(streamId: number, domain: StreamDomain | undefined): void {
    if (touches.on) touches.write(STREAMS, streamId);
    if (domain === undefined) this.#hostStreams.delete(streamId);
    else this.#hostStreams.set(streamId, domain);
  }

  /** The entry of the host's stream table for a stream. */
  hostStream(streamId: number): StreamDomain | undefined {
    return this.#hostStreams.get(streamId);
  }

  /**
   * Translates one address of a DMA and checks that the access may happen. A refusal is recorded in the event queue.
   *
   * @param address in bytes
   */
  translate(streamId: number, address: number, write: boolean, trusted: boolean): DmaTarget | SmmuEvent {
    if (touches.on) touches.read(STREAMS, streamId);
    const target =
      this.owners !== undefined
        ? this.#translateOwned(this.owners, streamId, address, write, trusted)
        : trusted
          ? this.#translateTrusted(streamId, address, write)
          : this.#translateHost(streamId, address, write);
    if ("name" in target) return this.#record(target);
    const fault = this.#bus.check(target.pas, paToPfn(target.pa));
    if (fault === undefined) return target;
    return this.#record(event(fault, { streamId, address, write, trusted }, "IN", undefined));
  }

  #translateTrusted(streamId: number, address: number, write: boolean): DmaTarget | SmmuEvent {
    const about = { streamId, address, write, trusted: true };
    const context = this.#realmStreams.get(streamId);
    if (context === undefined) return event("C_BAD_STE", about, "CD", undefined);
    const translation = translate(this.#bus, this.tlb, context, address, write);
    if (translation.fault === undefined) return translation;
    const { fault, level } = translation;
    return event(EVENT_OF[fault], about, fault === "granule protection fault on a walk" ? "TT" : "IN", level);
  }

  #translateHost(streamId: number, address: number, write: boolean): DmaTarget | SmmuEvent {
    const about = { streamId, address, write, trusted: false };
    const domain = this.#hostStreams.get(streamId);
    if (domain === undefined) return event("C_BAD_STE", about, "CD", undefined);
    const pa = domain.translate(address, write);
    return pa === undefined ? event("F_TRANSLATION", about, "IN", undefined) : { pa, pas: PAS.NonSecure };
  }

  #translateOwned(
    owners: OwnershipTable,
    streamId: number,
    address: number,
    write: boolean,
    trusted: boolean,
  ): DmaTarget | SmmuEvent {
    const about = { streamId, address, write, trusted };
    const guest = trusted ? this.#realmStreams.get(streamId) : undefined;
    if (trusted && guest === undefined) return event("C_BAD_STE", about, "CD", undefined);
    const target = this.#translateHost(streamId, address, write);
    if ("name" in target) return { ...target, security: trusted ? "Realm" : "Non-secure" };
    const pfn = paToPfn(target.pa);
    const access = guest && { vmid: guest.vmid, ipa: alignDown(address, PAGE_SIZE) };
    if (!owners.allows(pfn, access)) return event("ownership fault", about, "IN", undefined);
    // A page that its guest was never given through the firmware lies in the host's space, whoever owns it here.
    return {
      pa: target.pa,
      pas: trusted && this.#bus.check(PAS.Realm, pfn) === undefined ? PAS.Realm : PAS.NonSecure,
    };
  }

  #record(refused: SmmuEvent): SmmuEvent {
    if (touches.on) touches.add(EVENTS);
    if (this.#events.length < QUEUE_ENTRIES) this.#events.push(refused);
    else this.#dropped++;
    if (this.#trace.on) {
      const { name, security, streamId, address, write } = refused;
      const detail = { event: name, security, streamId, address, write: write ? 1 : 0 };
      this.#trace.emit({ kind: "access", name: "smmu event", detail });
    }
    return refused;
  }

  /** The recorded events, oldest first. */
  get events(): readonly SmmuEvent[] {
    if (touches.on) touches.read(EVENTS);
    return this.#events;
  }

  /** Number of events that found the queue full. */
  get droppedEvents(): number {
    if (touches.on) touches.read(EVENTS);
    return this.#dropped;
  }

  /** Takes the recorded events out of the queue. */
  takeEvents(): readonly SmmuEvent[] {
    if (touches.on) touches.write(EVENTS);
    const taken = this.#events;
    this.#events = [];
    this.#dropped = 0;
    return taken;
  }
}

interface Transaction {
  readonly streamId: number;
  readonly address: number;
  readonly write: boolean;
  readonly trusted: boolean;
}

function event(
  name: SmmuEvent["name"],
  { trusted, ...about }: Transaction,
  eventClass: SmmuEvent["class"],
  level: number | undefined,
): SmmuEvent {
  const type =
    name === "granule protection fault" || name === "ownership fault" ? undefined : SMMU_EVENT[name];
  return { name, type, security: trusted ? "Realm" : "Non-secure", ...about, class: eventClass, level };
}
