// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { searchReduced } from "../../lib/src/explore/dpor.ts";
import { searchAll } from "../../lib/src/explore/naive.ts";
import { Search } from "../../lib/src/explore/search.ts";
import { type Op, type Program, raceOf } from "./small-programs.ts";

/** The ways in which a program can end, by one search. A deadlock counts with who waits for what. */
function endings(
  program: Program,
  search: (search: Search) => void,
): { endings: string[]; schedules: number } {
  const taken = new EverySearch(raceOf(program), "rfc-v1");
  search(taken);
  return { endings: [...taken.endings].sort(), schedules: taken.schedules };
}

class EverySearch extends Search {
  readonly endings = new Set<string>();

  override judge(execution: Parameters<Search["judge"]>[0]): ReturnType<Search["judge"]> {
    const broken = super.judge(execution);
    for (const { rule, text } of broken) this.endings.add(rule + text);
    return broken;
  }
}

const n = fc.integer({ min: 0, max: 1 });
const opOf = (...ops: Op["op"][]): fc.Arbitrary<Op> => fc.record({ op: fc.constantFrom(...ops), n });

const plain = opOf("read", "write", "increment", "test and set", "free choice");
const locks = opOf("read", "write", "lock", "lock", "unlock");
const rwlocks = opOf("read", "write", "read lock", "read unlock", "write lock", "write unlock");
const waits = opOf("read", "write", "increment", "wait for 1", "lock", "unlock");
const srcu = opOf("read", "write", "srcu lock", "srcu unlock", "synchronize");
const choices = opOf("free choice", "read", "increment");
const all = fc.oneof(plain, locks, rwlocks, waits, srcu);

const two = (op: fc.Arbitrary<Op>): fc.Arbitrary<Program> =>
  fc.array(fc.array(op, { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 2 });
const three = (op: fc.Arbitrary<Op>): fc.Arbitrary<Program> =>
  fc.array(fc.array(op, { minLength: 1, maxLength: 2 }), { minLength: 3, maxLength: 3 });

describe("the reduced search ends in the same states as trying every schedule", () => {
  it.each([
    ["of two tasks that read and write", two(plain), 60],
    ["of two tasks that lock", two(locks), 60],
    ["of two tasks that lock for reading and writing", two(rwlocks), 60],
    ["of two tasks that wait for each other", two(waits), 60],
    ["of two tasks with SRCU", two(srcu), 60],
    ["of two tasks with all of it", two(all), 60],
    ["of three tasks that read and write", three(plain), 20],
    ["of three tasks that lock", three(locks), 20],
    ["of three tasks that wait for each other", three(waits), 20],
    ["of three tasks whose turns touch what depends on what they read", three(choices), 20],
    ["of three tasks with all of it", three(all), 20],
  ])("%s", (_, programs, numRuns) => {
    fc.assert(
      fc.property(programs, (program) => {
        const every = endings(program, searchAll);
        const reduced = endings(program, searchReduced);

        expect(reduced.endings).toEqual(every.endings);
        expect(reduced.schedules).toBeLessThanOrEqual(every.schedules);
      }),
      { numRuns: Number(process.env["EQUIVALENCE_RUNS"] ?? numRuns) },
    );
  });

  // What A touches depends on whether B was there first, and C races only with what A touches if it was not.
  it("of a turn that sleeps for one thing and touches another", () => {
    const program: Program = [
      [
        { op: "free choice", n: 1 },
        { op: "read", n: 0 },
      ],
      [{ op: "increment", n: 1 }],
      [{ op: "read", n: 0 }],
    ];

    expect(endings(program, searchReduced).endings).toEqual(endings(program, searchAll).endings);
  });
});
