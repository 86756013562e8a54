// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  alignDown,
  gfnToGpa,
  gpaToGfn,
  hex,
  isAligned,
  PAGE_SIZE,
  paToPfn,
  pfnToPa,
} from "../../lib/src/base/address.ts";
import * as errno from "../../lib/src/base/errno.ts";
import { seeded } from "../../lib/src/base/random.ts";
import { DeadlockError, done, runStraight, type Task } from "../../lib/src/base/task.ts";
import { Trace } from "../../lib/src/base/trace.ts";
import { UnmodelledError, unmodelled } from "../../lib/src/base/unmodelled.ts";

const address = fc.nat(2 ** 53 - 1);

describe("addresses", () => {
  it("belong to the frame that begins at or below them", () => {
    fc.assert(
      fc.property(address, (value) => {
        const gfn = gpaToGfn(value);
        expect(gfnToGpa(gfn)).toBeLessThanOrEqual(value);
        expect(value - gfnToGpa(gfn)).toBeLessThan(PAGE_SIZE);
        expect(pfnToPa(paToPfn(value))).toBe(gfnToGpa(gfn));
      }),
    );
  });

  it("are aligned when nothing is left over, and rounded down to what is", () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 39 }), (value, shift) => {
        const size = 2 ** shift;
        expect(isAligned(value, size)).toBe(BigInt(value) % BigInt(size) === 0n);
        expect(BigInt(alignDown(value, size))).toBe(BigInt(value) - (BigInt(value) % BigInt(size)));
      }),
    );
  });

  it.each([
    [0, "0x0"],
    [0x1000, "0x1000"],
    [0x12345, "0x1_2345"],
    [2n ** 40n, "0x100_0000_0000"],
  ])("%d is written as %s", (value, text) => {
    expect(hex(value)).toBe(text);
  });
});

describe("error numbers", () => {
  const numbers = Object.entries<unknown>(errno).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );

  it.each(numbers)("-%s has its name", (name, value) => {
    expect(errno.errnoName(-value)).toBe(`-${name}`);
  });

  it("are all different", () => {
    expect(new Set(numbers.map(([, value]) => value)).size).toBe(numbers.length);
  });

  it("leaves results and unknown numbers as they are", () => {
    expect([errno.errnoName(0), errno.errnoName(7), errno.errnoName(-9999)]).toEqual(["0", "7", "-9999"]);
  });
});

describe("a seeded source of numbers", () => {
  it("repeats itself for the same seed", () => {
    const take = (seed: number) => {
      const random = seeded(seed);
      return Array.from({ length: 8 }, () => random.below(1000));
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
  });

  it("stays below its bound", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
        const n = seeded(seed).below(bound);
        expect(n >= 0 && n < bound && Number.isInteger(n)).toBe(true);
      }),
    );
  });
});

describe("a task", () => {
  function* twoPoints(): Task<string> {
    yield { kind: "read", object: "a" };
    yield { kind: "rmi", object: "b" };
    return "end";
  }

  it("runs to its result when nobody preempts it", () => {
    expect(runStraight(twoPoints())).toBe("end");
  });

  it("goes on past a wait whose condition holds", () => {
    function* waits(): Task<number> {
      yield { kind: "wait", object: "lock", until: () => true };
      return 1;
    }
    expect(runStraight(waits())).toBe(1);
  });

  it("is a deadlock when it waits for what nobody else can do", () => {
    function* waits(): Task<number> {
      yield { kind: "wait", object: "kvm->slots_lock", until: () => false };
      return 1;
    }
    expect(() => runStraight(waits())).toThrow(DeadlockError);
    expect(() => runStraight(waits())).toThrow("waits for kvm->slots_lock");
  });

  it("can have ended before it began", () => {
    function* outer(): Task<number> {
      return (yield* done(3)) + 1;
    }
    expect(runStraight(outer())).toBe(4);
  });
});

describe("a trace", () => {
  const event = { kind: "call", name: "f", detail: {} } as const;

  it("is off while nobody listens", () => {
    const trace = new Trace();
    const stop = trace.listen(() => {});
    expect(trace.on).toBe(true);
    stop();
    expect(trace.on).toBe(false);
  });

  it("tells every listener of every event until it stops", () => {
    const trace = new Trace();
    const heard: string[] = [];
    const stop = trace.listen(({ name }) => heard.push(`first ${name}`));
    trace.listen(({ name }) => heard.push(`second ${name}`));
    trace.emit(event);
    stop();
    trace.emit(event);
    expect(heard).toEqual(["first f", "second f", "second f"]);
  });

  it("records what happens during a run, and stops listening also when the run throws", () => {
    const trace = new Trace();
    expect(trace.record(() => trace.emit(event))).toEqual([event]);
    const failing = () => {
      throw new Error("inside");
    };
    expect(() => trace.record(failing)).toThrow("inside");
    expect(trace.on).toBe(false);
  });
});

describe("a path that is not modelled", () => {
  it("ends the run with an error that names it", () => {
    expect(() => unmodelled("swapping")).toThrow(UnmodelledError);
    expect(() => unmodelled("swapping")).toThrow("swapping is not modelled");
  });
});
