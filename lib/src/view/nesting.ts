// SPDX-License-Identifier: MIT
import type { TraceEvent } from "../base/trace.ts";
import { type Actor, actorOf } from "./event-text.ts";

/** An event with what happened inside of it. */
export interface Nested {
  readonly event: TraceEvent;
  readonly inside: readonly Nested[];
}

/**
 * How deep in the kernel a function is that tells of its entry. The trace has no event for the return of a function,
 * so it lasts until another one of its depth or less is entered. Functions that are not listed call no listed one.
 */
const DEPTHS: Readonly<Record<string, number>> = {
  iommufd_vdevice_tsm_map_ioctl: 0,
  iommufd_get_object: 1,
  kvm_map_private_memory: 1,
  iommufd_ucmd_respond: 1,
  iommufd_put_object: 1,
};
const DEEPEST = 2;

/**
 * Puts events into the calls that they belong to. Calls that cross a boundary tell of themselves when they return:
 * an RMI call comes after the states that it changed, a system call after everything that the kernel did for it. So
 * all that happened since the last system call is taken to belong to the next one.
 */
export function nest(events: readonly TraceEvent[]): Nested[] {
  const whole: Nested[] = [];
  let pending: Nested[] = [];
  for (const event of events) {
    if (event.kind === "syscall") {
      whole.push({ event, inside: inKernel(pending) });
      pending = [];
    } else if (event.name.startsWith("dma ")) {
      const inside = takeTrailing(pending, ["SMMU"]);
      // A device acts on its own; what the kernel did before had no system call.
      whole.push(...inKernel(pending), { event, inside });
      pending = [];
    } else if (event.kind === "smc") {
      pending.push({ event, inside: takeTrailing(pending, actorsInside(event)) });
    } else {
      pending.push({ event, inside: [] });
    }
  }
  return [...whole, ...inKernel(pending)];
}

/** Whose events an SMC is told after: a call of the host also ends what the realm did while it ran. */
function actorsInside(event: TraceEvent): readonly Actor[] {
  return actorOf(event) === "realm" ? ["firmware"] : ["firmware", "realm"];
}

function takeTrailing(pending: Nested[], actors: readonly Actor[]): Nested[] {
  let start = pending.length;
  while (start > 0 && isInside((pending[start - 1] as Nested).event, actors)) start--;
  return pending.splice(start);
}

/** Another call of the host to the firmware is over: it stands beside this one. */
function isInside(event: TraceEvent, actors: readonly Actor[]): boolean {
  const actor = actorOf(event);
  return actors.includes(actor) && !(event.kind === "smc" && actor === "firmware");
}

interface OpenCall {
  readonly depth: number;
  readonly inside: Nested[];
}

function inKernel(nested: readonly Nested[]): Nested[] {
  const whole: Nested[] = [];
  let calls: OpenCall[] = [];
  const locked = new Map<string, number>();
  for (const one of nested) {
    const { kind, name } = one.event;
    const depth = DEPTHS[name] ?? DEEPEST;
    if (kind === "call") calls = calls.filter((open) => open.depth < depth);
    // Whoever took a lock releases it.
    if (kind === "unlock") calls = calls.slice(0, locked.get(name) ?? calls.length);
    if (kind === "lock") locked.set(name, calls.length);
    const inside: Nested[] = [...one.inside];
    (calls.at(-1)?.inside ?? whole).push({ event: one.event, inside });
    if (kind === "call") calls.push({ depth, inside });
  }
  return whole;
}
