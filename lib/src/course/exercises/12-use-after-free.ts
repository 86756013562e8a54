// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn } from "../../base/address.ts";
import type { HostProcess } from "../../boot.ts";
import { guestPage, type Setting } from "../../designs/setting.ts";
import type { DmaResult } from "../../hw/pcie-function.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { settingOf } from "./design-labs.ts";

const ID = "12-use-after-free";
/** Pages that the victim may use: enough to be given the one that was freed. */
const PAGES = 4;

/** Moves of user space and of the device on a fresh machine of design D2, against a process that has done nothing. */
export type UseAfterFree = (on: Setting, victim: HostProcess, address: number) => void;

/** What the moves came to. */
interface Seen {
  readonly touched: boolean;
  readonly started: boolean;
  readonly holed: boolean;
  /** The victim has memory of its own. */
  readonly hasMemory: boolean;
  readonly writes: number;
  /** Writes of the device that changed memory of the victim. */
  readonly hits: number;
  /** Writes that were not refused. */
  readonly landed: number;
  /** Events of refused ones. */
  readonly events: readonly string[];
}

/** The victim's memory as it is in DRAM, read without asking the victim: looking must not allocate. */
function victimBytes(on: Setting, victim: HostProcess): string {
  const frames: Pfn[] = [];
  victim.task.mm.forEachAnonymousPage((_address, pfn) => frames.push(pfn));
  return frames.map((pfn) => on.host.machine.memory.peek(pfn)?.join(",") ?? "").join(";");
}

function play(moves: UseAfterFree): Seen {
  const on = settingOf("D2");
  const victim = on.host.newProcess();
  const address = victim.user.allocate(PAGES * PAGE_SIZE);
  const notes = { writes: 0, hits: 0, landed: 0, started: false, touched: false, events: [] as string[] };
  const { hardware } = on;
  const write = hardware.write.bind(hardware);
  hardware.write = (...args): DmaResult => {
    const before = victimBytes(on, victim);
    const result = write(...args);
    notes.writes++;
    if (result.event === undefined) notes.landed++;
    else notes.events.push(result.event.name);
    if (victimBytes(on, victim) !== before) notes.hits++;
    return result;
  };
  const stop = on.host.trace.listen(({ kind, name }) => {
    if (kind === "smc" && name === "RMI_DATA_CREATE_UNKNOWN") notes.touched = true;
  });
  moves(on, victim, address);
  stop();
  notes.started = on.iommufd !== undefined && translates(on);
  let hasMemory = false;
  victim.task.mm.forEachAnonymousPage(() => {
    hasMemory = true;
  });
  const holed = Array.from({ length: 8 }, (_, page) => on.inode.pageAt(page)).some((pfn) => pfn === 0);
  return { ...notes, hasMemory, holed };
}

/** True when the host's table leads anywhere for a page of the guest. */
function translates(on: Setting): boolean {
  const { hardware, host } = on;
  return Array.from({ length: 8 }, (_, page) => guestPage(page).start).some(
    (start) => !("name" in host.machine.smmu.translate(hardware.requesterId, start, true, false)),
  );
}

function firstLack({ started, holed, hasMemory, writes, landed, events }: Seen): Problem {
  const expected = "a byte of the victim's memory that the device has changed";
  if (!holed)
    return {
      id: "no-hole",
      message:
        "All pages are still in the file, so none is free. What does a VMM do that frees a page while the device's table still has it?",
      expected,
    };
  if (!started)
    return {
      id: "nothing-mapped",
      message:
        "The device has nothing in its table: the VMM has to map the file for it first, with startUp().",
      expected,
    };
  if (!hasMemory)
    return {
      id: "no-victim",
      message:
        "The page is free, but the victim has no memory yet: anonymous memory gets frames when it is written to.",
      expected,
    };
  if (writes === 0)
    return { id: "no-dma", message: "Everything is prepared. Now the device has to write.", expected };
  if (landed === 0)
    return {
      id: "refused",
      message:
        "The device wrote, and was refused. Private DMA is marked as trusted, and the check of ownership lets that through only to pages of the realm; a frame of the host takes the other kind.",
      expected,
      came: events[0] ?? "",
    };
  return {
    id: "too-early",
    message:
      "A DMA landed, but at that moment the victim did not own the frame, or another page was hit. The order is: map, hole, the victim gets memory, DMA to the page where the hole is.",
    expected,
    came: `${landed} DMA landed, none in the victim's memory`,
  };
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function")
    return {
      id: "no-function",
      message: "The answer is a function like the one in the starter: function (on, victim, address).",
      came: typeof answer,
    };
  let seen: Seen;
  try {
    seen = play(answer as UseAfterFree);
  } catch (error) {
    return {
      id: "throws",
      message: "The function threw. Only the calls of the starter and of this notebook are needed.",
      came: error instanceof Error ? error.message : String(error),
    };
  }
  if (seen.hits > 0) return undefined;
  if (!seen.holed && !seen.hasMemory && seen.writes === 0)
    return untouched("The VMM has mapped the file for its device; nobody else has done anything.");
  return firstLack(seen);
}

function code(...body: string[]): string {
  return [
    "function useAfterFree(on: Setting, victim: HostProcess, address: number): void {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", useAfterFree);`,
  ].join("\n");
}

const START = "on.startUp();";
const HOLE = "on.vmm.punchHole(on.memory, 0, PAGE_SIZE);";
const FILL = "victim.user.write(address, new Uint8Array(4 * PAGE_SIZE).fill(0x5e));";
const DMA = "on.hardware.write(guestPage(0).start, Uint8Array.of(0xd2), false);";

/** The use after free of D2, by hand. */
export const makeUseAfterFree: Exercise = {
  id: ID,
  title: "Make the use after free visible",
  task: "On a machine of design D2, with calls of your own: get the device to change a byte of another process. `victim` is that process; it has 16 KiB of address space at `address`, and no frames for it yet.",
  starter: code(START, "// calls of the VMM: on.vmm, of the victim: victim.user, of the device: on.hardware"),
  check,
  hints: [
    "The table of the device keeps addresses of frames. Which call of the VMM frees a frame of the guest_memfd? Notebook 02 has it.",
    "A frame that was freed goes to whoever asks next: write to the victim's memory, so that it gets frames. Then DMA that is not marked as trusted reaches memory of the host.",
    `${START}\non.vmm.punchHole(...);\nvictim.user.write(address, ...);\non.hardware.write(guestPage(0).start, ..., false);`,
  ],
  wrongAnswers: [
    { problem: "no-hole", code: code(START, FILL, DMA) },
    { problem: "nothing-mapped", code: code(HOLE, FILL, DMA) },
    { problem: "no-victim", code: code(START, HOLE, DMA) },
    { problem: "no-dma", code: code(START, HOLE, FILL) },
    { problem: "refused", code: code(START, HOLE, FILL, DMA.replace("false", "true")) },
    { problem: "too-early", code: code(START, HOLE, DMA, FILL) },
  ],
  solution: {
    code: code(START, HOLE, FILL, DMA),
    reasons:
      "The hole frees the frame and tells nobody. The allocator gives it to the next who asks. The device's table still has its address, and the host owns it again, so the check of ownership finds nothing to object to. Neither process did anything forbidden, and no call failed: nothing in the system has noticed. With D3 the entry is gone before the frame is free.",
  },
};
