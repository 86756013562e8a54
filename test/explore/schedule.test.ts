// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EFAULT, EINVAL } from "../../lib/src/base/errno.ts";
import { DeadlockError } from "../../lib/src/base/task.ts";
import { boot, type Host } from "../../lib/src/boot.ts";
import {
  following,
  type NamedTasks,
  runSchedule,
  type ScheduledRun,
} from "../../lib/src/explore/schedule.ts";
import { kvm_map_private_memory } from "../../lib/src/kernel/kvm/arm64/map-private-memory.ts";
import type { Kvm } from "../../lib/src/kernel/kvm/kvm.ts";
import { KVM_SET_USER_MEMORY_REGION2, kvm_userspace_memory_region2 } from "../../lib/src/kernel/kvm/uapi.ts";
import { startRealm, type Vmm } from "../../lib/src/user/vmm.ts";

const RAM = 0x8000_0000;
const PAGES = 4;

/** A realm of four pages, a task M that maps them all, and a task D that deletes their slot meanwhile. */
function mapAgainstDelete(): { host: Host; vmm: Vmm; tasks: NamedTasks } {
  const host = boot({ memory: 512 * 4096 });
  const vmm = startRealm(host, { gpa: RAM, size: PAGES * 4096 });
  const kvm = host.process.task.file(vmm.vm)?.private_data as Kvm;
  const gone = kvm_userspace_memory_region2({ slot: 0, memory_size: 0 });
  const tasks = {
    D: host.sys.tasks.ioctl(vmm.vm, KVM_SET_USER_MEMORY_REGION2, gone),
    M: kvm_map_private_memory(kvm, RAM, RAM + PAGES * 4096),
  };
  return { host, vmm, tasks };
}

/** A run without its functions, which are never the same ones twice. */
function told({ schedule, turns, results }: ScheduledRun): unknown {
  const stops = turns.map(({ task, stoppedAt, runnable }) => [
    task,
    stoppedAt?.kind,
    stoppedAt?.object,
    runnable,
  ]);
  return { schedule, stops, results };
}

describe("a schedule", () => {
  it("lets one task run to its end before the other starts", () => {
    const { host, tasks } = mapAgainstDelete();

    const run = runSchedule(host, tasks, (runnable) => (runnable.includes("M") ? "M" : "D"));

    expect(run.results).toEqual({ D: 0, M: 0 });
    expect(run.schedule).toMatch(/^M+D+$/);
  });

  it("makes the deletion of a slot wait for a map that is under way, and the map end with -EFAULT", () => {
    const { host, tasks } = mapAgainstDelete();

    // M looks up its first page; then D goes as far as it can.
    const run = runSchedule(host, tasks, (runnable, turn) =>
      turn < 3 ? "M" : runnable.includes("D") ? "D" : "M",
    );

    expect(run.results).toEqual({ D: 0, M: -EFAULT });
    const waited = run.turns.filter(({ task, stoppedAt }) => task === "D" && stoppedAt?.kind === "wait");
    expect(waited.map(({ stoppedAt }) => stoppedAt?.object)).toContain("kvm->srcu");
  });

  it("gives the same run again when it is followed", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("D", "M"), maxLength: 60 }), (word) => {
        const first = mapAgainstDelete();
        const again = mapAgainstDelete();

        const run = runSchedule(first.host, first.tasks, following(word));
        const replay = runSchedule(again.host, again.tasks, following(run.schedule));

        expect(told(replay)).toEqual(told(run));
        expect(first.host.kernel.scheduling.preemptible).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it("ends every interleaving of a map and a deletion with nothing mapped and no page lost", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("D", "M"), maxLength: 60 }), (word) => {
        const { host, tasks } = mapAgainstDelete();

        const run = runSchedule(host, tasks, following(word));

        expect(run.results["D"]).toBe(0);
        expect([0, -EFAULT, -EINVAL]).toContain(run.results["M"]);
        expect(host.sys.exit()).toBe(0);
        expect(host.kernel.pages.allocated).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("says which task waits for what when none can go", () => {
    const host = boot({ memory: 64 * 4096 });
    const waiting = (object: string): NamedTasks[string] =>
      (function* () {
        yield { kind: "wait", object, until: () => false };
        return 0;
      })();

    const deadlock = (): unknown =>
      runSchedule(host, { A: waiting("lock b"), B: waiting("lock a") }, following(""));

    expect(deadlock).toThrow(DeadlockError);
    expect(deadlock).toThrow(/A waits for lock b; B waits for lock a/);
  });

  it("refuses a chooser that picks a task which cannot go", () => {
    const { host, tasks } = mapAgainstDelete();

    expect(() => runSchedule(host, tasks, () => "X")).toThrow("task X cannot go; D, M can");
  });
});
