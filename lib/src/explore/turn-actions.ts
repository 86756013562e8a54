// SPDX-License-Identifier: MIT
import { hex } from "../base/address.ts";
import type { TraceEvent } from "../base/trace.ts";
import { rmiResultName } from "../rmm/status.ts";

/** From here on a number is an address or a frame. */
const LARGE = 0x1_0000;

function valueText(value: string | number | bigint): string {
  if (typeof value === "string") return value;
  return typeof value === "bigint" || value >= LARGE ? hex(value) : String(value);
}

function argumentsOf({ detail }: TraceEvent): string {
  return Object.entries(detail)
    .filter(([name]) => !["refusedBy", "rd"].includes(name))
    .map(([name, value]) => `${name} ${valueText(value)}`)
    .join(", ");
}

function answerOf({ name, result = 0 }: TraceEvent): string {
  return name.startsWith("RMI_") ? rmiResultName(result) : String(result);
}

/** What an event says besides the change of state that it brings, or nothing. */
function textOf(event: TraceEvent): string | undefined {
  const { kind, name, detail } = event;
  switch (kind) {
    case "smc":
      return `${name}(${argumentsOf(event)}) -> ${answerOf(event)}`;
    case "call":
      return `${name}(${argumentsOf(event)})`;
    case "lock":
      return `takes ${name}${detail["mode"] === "exclusive" ? "" : ` (${detail["mode"]})`}`;
    case "unlock":
      return `lets go of ${name}`;
    case "access":
      return `${name}: ${argumentsOf(event)}`;
    case "log":
      return `log, ${name}: ${detail["text"]}`;
    case "get":
    case "put":
    case "state":
    case "syscall":
      return undefined;
  }
}

/** What a task did in one turn, in order. Calls of the firmware that go on alike are told once, with their number. */
export function actionsOf(events: readonly TraceEvent[]): string[] {
  const actions: string[] = [];
  for (let i = 0; i < events.length; i++) {
    const event = events[i] as TraceEvent;
    let count = 1;
    while (isAlike(event, events[i + count])) count++;
    i += count - 1;
    const text = count === 1 ? textOf(event) : `${event.name}, ${count} times -> ${answerOf(event)}`;
    if (text !== undefined) actions.push(text);
  }
  return actions;
}

function isAlike(event: TraceEvent, next: TraceEvent | undefined): boolean {
  return (
    event.kind === "smc" && next?.kind === "smc" && next.name === event.name && next.result === event.result
  );
}
