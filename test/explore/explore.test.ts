// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import type { SchedulingPoint, Task } from "../../lib/src/base/task.ts";
import { explore } from "../../lib/src/explore/explore.ts";
import { mapAgainstPunch } from "../../lib/src/explore/races/punch-hole.ts";
import { replay } from "../../lib/src/explore/replay.ts";
import { runLengths, scheduleOf, switchesIn } from "../../lib/src/explore/schedule-text.ts";
import { kvm_map_private_memory } from "../../lib/src/kernel/kvm/arm64/map-private-memory.ts";
import type { Kvm } from "../../lib/src/kernel/kvm/kvm.ts";
import type { KernelVariant } from "../../lib/src/kernel/variant.ts";
import { type Op, raceOf } from "./small-programs.ts";

const op = (name: Op["op"], n = 0): Op => ({ op: name, n });

/** Two tasks that take the same two locks, each in its own order. */
const lockOrder = raceOf([
  [op("lock", 0), op("lock", 1), op("unlock", 1), op("unlock", 0)],
  [op("lock", 1), op("lock", 0), op("unlock", 0), op("unlock", 1)],
]);

/** Tasks that share nothing. */
const strangers = raceOf([[op("read", 0)], [op("read", 0)], [op("read", 1)]]);

describe("exploring", () => {
  it("finds the deadlock of two locks taken in different orders, and says who waits for what", () => {
    const { broken } = explore(lockOrder);

    const deadlock = broken.find(({ rule }) => rule === "deadlock");
    expect(deadlock?.text).toBe("nobody can go on: A waits for mutex 1; B waits for mutex 0");
    expect(switchesIn(deadlock?.schedule ?? "")).toBe(1);
  });

  it("tries one schedule when the order makes no difference", () => {
    const { schedules, states, pruned, why } = explore({ ...strangers, start: quiet(strangers.start) });

    expect({ schedules, states, pruned, why }).toEqual({
      schedules: 1,
      states: 6,
      pruned: 0,
      why: undefined,
    });
  });

  it("says that a rule holds only when every schedule was covered", () => {
    const race = { ...strangers, start: quiet(strangers.start) };

    expect(explore(race).verdict).toBe("holds");
    expect(explore(race, { maxSchedules: 1 })).toMatchObject({
      verdict: "unfinished",
      why: "the limit of 1 schedules was reached before all were tried",
    });
    expect(explore(race, { stop: () => true })).toMatchObject({
      verdict: "unfinished",
      why: "it was stopped before all schedules were tried",
    });
    expect(explore(race, { switches: 2 })).toMatchObject({
      verdict: "unfinished",
      why: "only schedules with at most 2 changes between tasks were tried",
    });
    expect(explore(race, { seed: 1, maxSchedules: 10 }).verdict).toBe("unfinished");
  });

  it("finds the shortest schedule of the race that the patch asks about", () => {
    const { verdict, shortest, why } = explore(mapAgainstPunch);

    expect([verdict, shortest?.rule, why]).toEqual(["broken", "page-of-the-file", undefined]);
    // Before the look-up, and after it: two changes are needed, one is not enough.
    expect(switchesIn(shortest?.schedule ?? "")).toBe(2);
    expect(explore(mapAgainstPunch, { switches: 1 }).verdict).toBe("unfinished");
  });

  it("gives the same every time", () => {
    expect(explore(mapAgainstPunch)).toEqual(explore(mapAgainstPunch));
    expect(explore(lockOrder, { seed: 3, maxSchedules: 20 })).toEqual(
      explore(lockOrder, { seed: 3, maxSchedules: 20 }),
    );
  });

  it("tells how far it is, every 1,000 schedules", () => {
    const counts: number[] = [];
    explore(lockOrder, {
      switches: 10,
      seed: 1,
      maxSchedules: 2500,
      shortest: false,
      onProgress: ({ schedules, pruned }) => counts.push(schedules + pruned),
    });

    expect(counts).toEqual([1000, 2000]);
  });
});

/** The race without rules. */
function quiet(start: (typeof strangers)["start"]): (typeof strangers)["start"] {
  return (kernel) => ({ ...start(kernel), broken: () => [] });
}

describe("replaying", () => {
  it("makes the run again that broke a rule, from either way of writing its schedule", () => {
    const { shortest } = explore(mapAgainstPunch);
    const schedule = shortest?.schedule ?? "";

    for (const written of [schedule, runLengths(schedule)]) {
      const run = replay(mapAgainstPunch, written);
      expect(run.schedule).toBe(schedule);
      expect(run.broken.map(({ rule }) => rule)).toContain(shortest?.rule);
    }
  });

  it.each([
    ["MMMPPM", "M3 P2 M"],
    ["M", "M"],
    ["", ""],
    ["M".repeat(12), "M12"],
  ])("reads and writes %j as %j", (letters, written) => {
    expect(runLengths(letters)).toBe(written);
    expect(scheduleOf(written)).toBe(letters);
    expect(scheduleOf(letters)).toBe(letters);
  });

  it.each(["3M", "M-P", "M 3", "M0", "M999999"])("refuses %j with a sentence", (text) => {
    expect(() => scheduleOf(text)).toThrow(/schedule/);
  });
});

describe("a function of the learner that is no kernel function", () => {
  const variantOf = (map: unknown): KernelVariant => ({
    name: "mine",
    kvm_map_private_memory: map as KernelVariant["kvm_map_private_memory"],
  });
  type Map = (kvm: Kvm) => Task<number>;
  const point: SchedulingPoint = { kind: "read", object: "kvm->memslots" };

  const cases: readonly (readonly [string, unknown, string])[] = [
    [
      "throws",
      // biome-ignore lint/correctness/useYield: it is to throw first.
      function* () {
        throw new TypeError("slot is undefined");
      } satisfies Map as unknown,
      "it threw TypeError: slot is undefined",
    ],
    [
      "throws after a while",
      function* (): Task<number> {
        yield point;
        throw "a text";
      },
      'it threw "a text"',
    ],
    [
      "loops with scheduling points",
      function* (): Task<number> {
        for (;;) yield point;
      },
      "the tasks did not end within 10000 turns",
    ],
    [
      "loops without scheduling points",
      // biome-ignore lint/correctness/useYield: that is its mistake.
      function* (kvm: Kvm): Task<number> {
        for (;;) kvm.mmu_invalidate_seq;
      },
      "it touched shared state 1000000 times without coming to a scheduling point",
    ],
    [
      "is no generator",
      () => 0,
      'kvm_map_private_memory gave 0 and not a task; it has to be a generator, written "function*"',
    ],
    [
      "is async",
      async () => 0,
      'kvm_map_private_memory gave a promise and not a task; it has to be a generator, written "function*"',
    ],
    [
      "yields a task instead of running it",
      function* (kvm: Kvm): Generator<unknown, number> {
        yield kvm.mmu_lock.writeLock();
        return 0;
      },
      'kvm_map_private_memory yielded an object, which is no scheduling point; write "yield*" before a call of a task',
    ],
    [
      "returns nothing",
      // biome-ignore lint/correctness/useYield: that is its mistake.
      function* (): Generator<unknown, undefined> {
        return undefined;
      },
      "kvm_map_private_memory returned undefined; it has to return 0, or a negative errno such as -EINVAL",
    ],
    [
      "returns half a page",
      // biome-ignore lint/correctness/useYield: that is its mistake.
      function* (): Task<number> {
        return 0.5;
      },
      "kvm_map_private_memory returned 0.5; it has to return 0, or a negative errno such as -EINVAL",
    ],
    [
      "returns what is no errno",
      // biome-ignore lint/correctness/useYield: that is its mistake.
      function* (): Task<number> {
        return -5000;
      },
      "kvm_map_private_memory returned -5000; it has to return 0, or a negative errno such as -EINVAL",
    ],
  ];

  it.each(cases)("%s: one sentence, with the turn", (_, map, says) => {
    const { verdict, broken, why } = explore(mapAgainstPunch, { kernel: variantOf(map) });

    expect([verdict, why, broken.length]).toEqual(["broken", "a task did what no task may", 1]);
    expect(broken[0]?.rule).toBe("not-a-task");
    expect(broken[0]?.text).toMatch(/^task M, turn \d+( of [MP\d ]+)?: /);
    expect(broken[0]?.text.endsWith(`: ${says}`)).toBe(true);
    expect(broken[0]?.schedule.endsWith("M")).toBe(true);
  });

  it("is told from one that is right", () => {
    const { verdict, broken } = explore(mapAgainstPunch, { kernel: variantOf(kvm_map_private_memory) });

    expect([verdict, broken[0]?.rule]).toEqual(["broken", "page-of-the-file"]);
  });
});
