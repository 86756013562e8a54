// SPDX-License-Identifier: MIT
import { hex } from "../base/address.ts";
import { errnoName } from "../base/errno.ts";
import type { TraceEvent } from "../base/trace.ts";
import { ioctlName } from "../kernel/ioctl-names.ts";
import { KILLED } from "../kernel/syscall-tasks.ts";
import * as rsiStatus from "../rmm/rsi-status.ts";
import { rmiResultName } from "../rmm/status.ts";

/** Who does something. */
export type Actor = "VMM" | "kernel" | "firmware" | "realm" | "device" | "SMMU";
/** All of them, from the one who asks to the one who is asked. */
export const ACTORS: readonly Actor[] = ["VMM", "kernel", "firmware", "realm", "device", "SMMU"];

const STATES_OF: Readonly<Record<string, Actor>> = {
  granule: "firmware",
  zero: "firmware",
  tlbi: "firmware",
  tdi: "device",
};

/** Who did what an event tells of. */
export function actorOf({ kind, name }: TraceEvent): Actor {
  switch (kind) {
    case "syscall":
      return "VMM";
    case "smc":
      return name.startsWith("RMI_") ? "firmware" : "realm";
    case "state":
      return STATES_OF[name] ?? "kernel";
    case "access":
      return name.startsWith("dma ") ? "device" : name.startsWith("realm ") ? "realm" : "SMMU";
    default:
      return "kernel";
  }
}

type Details = TraceEvent["detail"];

/** Details that are addresses, frames or requester ids: hexadecimal whatever their size. */
const ADDRESS =
  /(gpa|ipa|pa|gfn|pfn|addr|address|rd|rec|rtt|data|src|pdev|vdev|params|base|top|run|requesterId|streamId)$/;
/** From here on a number is easier to recognise in hexadecimal. */
const LARGE = 0x1_0000;

function valueText(name: string, value: string | number | bigint): string {
  if (typeof value === "string") return value;
  const asHex = typeof value === "bigint" || value >= LARGE || ADDRESS.test(name);
  return asHex ? hex(value) : String(value);
}

function listed(detail: Details, ...without: string[]): string {
  return Object.entries(detail)
    .filter(([name]) => !without.includes(name))
    .map(([name, value]) => `${name} ${valueText(name, value)}`)
    .join(", ");
}

function withDetails(name: string, details: string): string {
  return details === "" ? name : `${name}: ${details}`;
}

/** The arguments of a call, the objects and values that an event tells of, without its name. */
function detailText({ kind, name, detail }: TraceEvent): string {
  if (kind === "syscall" && name === "ioctl") {
    const command = Number(detail["command"]);
    return [`fd ${detail["fd"]}`, ioctlName(command), listed(detail, "fd", "command")]
      .filter((part) => part !== "")
      .join(", ");
  }
  return listed(detail, "refusedBy");
}

const RSI_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(rsiStatus).map(([name, value]): [number, string] => [value, name]),
);

/** Result of a call by its name, or nothing where there is none. */
export function resultText({ kind, name, detail, result }: TraceEvent): string {
  if (result === undefined) return "";
  if (kind !== "smc") {
    if (result === KILLED) return "the process was killed";
    return result >= LARGE ? hex(result) : errnoName(result);
  }
  if (name.startsWith("RSI_")) return RSI_NAMES.get(result) ?? String(result);
  if (!name.startsWith("RMI_")) return String(result);
  const { refusedBy } = detail;
  return rmiResultName(result) + (refusedBy === undefined ? "" : ` (${refusedBy})`);
}

/** A call as its caller writes it, without what came of it. */
export function callText(event: TraceEvent): string {
  return `${event.name}(${detailText(event)})`;
}

/** One event in one line: what was called or what changed, and what came of it. */
export function eventText(event: TraceEvent): string {
  const { kind, name, detail } = event;
  const answer = resultText(event);
  switch (kind) {
    case "syscall":
    case "smc":
    case "call":
      return `${callText(event)}${answer === "" ? "" : ` -> ${answer}`}`;
    case "lock":
    case "unlock":
      return `${kind} ${name}, ${detail["mode"]}`;
    case "get":
    case "put":
      return withDetails(`${kind} ${name}`, listed(detail, "by", "type"));
    case "state":
      return stateText(event);
    case "access":
      return withDetails(name, detailText(event));
    case "log":
      return `log, ${name}: ${detail["text"]}`;
  }
}

function stateText({ name, detail }: TraceEvent): string {
  if ("from" in detail && "to" in detail) {
    const what = listed(detail, "from", "to");
    return `${name} ${what}: ${detail["from"]} -> ${detail["to"]}`;
  }
  if (name === "zero") return `filled with zeros: ${listed(detail)}`;
  return withDetails(name, listed(detail, "type"));
}
