// SPDX-License-Identifier: MIT
import { sharedKind, touches } from "../../lib/src/base/footprint.ts";
import type { Task } from "../../lib/src/base/task.ts";
import { boot } from "../../lib/src/boot.ts";
import type { Race } from "../../lib/src/explore/race.ts";
import { Mutex, RwLock } from "../../lib/src/kernel/mm/locks.ts";
import { Srcu } from "../../lib/src/kernel/mm/srcu.ts";

/** One step of a small program: on variable or lock number `n`. */
export interface Op {
  readonly op:
    | "read"
    | "write"
    | "increment"
    | "test and set"
    | "lock"
    | "unlock"
    | "read lock"
    | "read unlock"
    | "write lock"
    | "write unlock"
    | "srcu lock"
    | "srcu unlock"
    | "synchronize"
    | "wait for 1"
    | "free choice";
  readonly n: number;
}

/** What each task does, in order. */
export type Program = readonly (readonly Op[])[];

/** A number that tasks share and that notes how it is touched. */
class Variable {
  readonly #kind;
  value = 0;

  constructor(name: string) {
    this.#kind = sharedKind(name);
  }

  read(): number {
    touches.on && touches.read(this.#kind);
    return this.value;
  }

  write(value: number): void {
    touches.on && touches.write(this.#kind);
    this.value = value;
  }

  increment(): void {
    touches.on && touches.add(this.#kind);
    this.value++;
  }
}

class Memory {
  readonly variables: readonly Variable[];
  readonly mutexes: readonly Mutex[];
  readonly rwlocks: readonly RwLock[];
  readonly srcu: Srcu;

  constructor(context: ConstructorParameters<typeof Mutex>[0]) {
    this.variables = [0, 1].map((n) => new Variable(`variable ${n}`));
    this.mutexes = [0, 1].map((n) => new Mutex(context, `mutex ${n}`));
    this.rwlocks = [0, 1].map((n) => new RwLock(context, `rwlock ${n}`));
    this.srcu = new Srcu(context, "srcu of the program");
  }
}

/** Runs the steps, each after a scheduling point; what was read goes into the result. */
function* taskOf(memory: Memory, ops: readonly Op[], number: number): Task<number> {
  let seen = number + 1;
  const held = { mutex: [false, false], readers: [0, 0], writer: [false, false] };
  const slots: (0 | 1)[] = [];
  for (const { op, n } of ops) {
    const variable = memory.variables[n] as Variable;
    const mutex = memory.mutexes[n] as Mutex;
    const rwlock = memory.rwlocks[n] as RwLock;
    const point = { object: `variable ${n}` };
    switch (op) {
      case "read":
        yield { kind: "read", ...point };
        seen = (seen * 7 + variable.read()) % 10_007;
        break;
      case "write":
        yield { kind: "write", ...point };
        variable.write(seen);
        break;
      case "increment":
        yield { kind: "write", ...point };
        variable.increment();
        break;
      case "test and set":
        yield { kind: "write", ...point };
        if (variable.read() === 0) variable.write(seen);
        break;
      case "free choice":
        // What is touched depends on what was read.
        yield { kind: "read", ...point };
        memory.variables[variable.read() % 2]?.write(seen);
        break;
      case "wait for 1":
        while (variable.read() === 0) yield { kind: "wait", ...point, until: () => variable.read() > 0 };
        seen = (seen * 7 + variable.read()) % 10_007;
        break;
      case "lock":
        if (!held.mutex[n]) yield* mutex.lock();
        held.mutex[n] = true;
        break;
      case "unlock":
        if (held.mutex[n]) mutex.unlock();
        held.mutex[n] = false;
        break;
      case "read lock":
        yield* rwlock.readLock();
        held.readers[n] = (held.readers[n] ?? 0) + 1;
        break;
      case "read unlock":
        if ((held.readers[n] ?? 0) > 0) {
          rwlock.readUnlock();
          held.readers[n] = (held.readers[n] ?? 0) - 1;
        }
        break;
      case "write lock":
        if (!held.writer[n]) yield* rwlock.writeLock();
        held.writer[n] = true;
        break;
      case "write unlock":
        if (held.writer[n]) rwlock.writeUnlock();
        held.writer[n] = false;
        break;
      case "srcu lock":
        yield { kind: "lock", object: memory.srcu.name };
        slots.push(memory.srcu.srcu_read_lock());
        break;
      case "srcu unlock": {
        const slot = slots.pop();
        if (slot !== undefined) memory.srcu.srcu_read_unlock(slot);
        break;
      }
      case "synchronize":
        yield* memory.srcu.synchronize_srcu_expedited();
        break;
    }
  }
  return seen;
}

/**
 * A small program as a race. Every way in which it can end is a broken rule, so that the rules that an exploration
 * finds broken are the set of final states.
 */
export function raceOf(program: Program): Race {
  return {
    id: "small",
    title: "A small program",
    question: "In which ways can it end?",
    actors: {},
    start() {
      const host = boot({ memory: 16 * 4096, devices: 0 });
      const memory = new Memory(host.kernel);
      const tasks = Object.fromEntries(
        program.map((ops, i) => [String.fromCharCode(65 + i), taskOf(memory, ops, i)]),
      );
      const broken = (results: Readonly<Record<string, number>>): { rule: string; text: string }[] => {
        const values = memory.variables.map(({ value }) => value);
        const locks = [...memory.mutexes, ...memory.rwlocks].map(({ held }) => held);
        return [{ rule: JSON.stringify([results, values, locks, memory.srcu.readers]), text: "" }];
      };
      return { host, tasks, broken };
    },
  };
}
