// SPDX-License-Identifier: MIT
import { Footprint, touches } from "../base/footprint.ts";
import type { Execution, Running } from "./execution.ts";
import { HappensBefore } from "./happens-before.ts";
import type { Search } from "./search.ts";

/** A state on the way of the run at hand, and what is left to be tried from it. Tasks are bits. */
interface Node {
  readonly runnable: number;
  /** Tasks to try here, those that were tried included. */
  backtrack: number;
  done: number;
  /** Tasks whose turn from here was tried before under an earlier choice, and nothing since would make it differ. */
  asleep: number;
  /** What each task's next turn from here touches, as far as it is known: of those that sleep, and those tried. */
  readonly next: (Footprint | undefined)[];
  /** The task that the run at hand lets go. */
  chosen: number;
}

/**
 * Tries every order of turns that can make a difference: a depth-first search that runs the race again for each
 * schedule. Orders of turns that do not conflict are tried once (dynamic partial order reduction with source sets,
 * Abdulla, Aronis, Jonsson and Sagonas, 2014), and sleep sets keep it from coming to the same order twice.
 *
 * What a task can go on with may depend on others, so three more cases count as conflicts: a turn that makes another
 * task wait; a task that comes to a point where it must wait already; and a turn that lets a task go on that waited
 * for anything but a lock. Of a lock, only taking it counts: letting it go can never come before.
 */
export function searchReduced(search: Search): void {
  let execution = search.begin();
  const tasks = execution.tasks.length;
  const nodes: Node[] = [];
  const past = new HappensBefore(tasks);
  nodes.push(newNode(execution.runnable, 0, new Array<Footprint | undefined>(tasks).fill(undefined), -1));

  for (;;) {
    for (;;) {
      const node = nodes.at(-1) as Node;
      if (node.runnable === 0) {
        search.ended(execution);
        break;
      }
      const choice = lowestOf(node.backtrack & ~node.done & ~node.asleep & node.runnable);
      if (choice < 0) {
        search.pruned();
        break;
      }
      node.chosen = choice;
      node.done |= 1 << choice;
      const footprint = new Footprint();
      node.next[choice] = footprint;
      const locks = execution.tasks[choice]?.stoppedAt?.kind === "lock";
      execution.step(choice, footprint);
      search.stepped();
      const clock = new Int32Array(tasks);
      for (const turn of past.races(choice, footprint, clock))
        reverse(nodes, past, { turn, task: choice, clock, footprint, locks });
      past.push(choice, footprint, clock);
      const runnable = execution.runnable;
      // Those that this turn makes wait could have gone before it.
      tryAll(node, node.runnable & ~runnable & ~(1 << choice));
      noteArrival(nodes, past, execution, choice, runnable);
      nodes.push(childOf(node, footprint, runnable, choice));
    }
    if (search.isOver) return;
    if (!backtrack(nodes, past)) return;
    execution = search.begin();
    for (let i = 0; i < nodes.length - 1; i++) execution.step((nodes[i] as Node).chosen);
  }
}

/** Goes back to the last state from which something is left to try. False when nothing is. */
function backtrack(nodes: Node[], past: HappensBefore): boolean {
  for (;;) {
    nodes.pop();
    const node = nodes.at(-1);
    if (node === undefined) return false;
    past.pop();
    if ((node.backtrack & ~node.done & ~node.asleep & node.runnable) !== 0) return true;
  }
}

function newNode(runnable: number, asleep: number, next: (Footprint | undefined)[], last: number): Node {
  const awake = runnable & ~asleep;
  // Going on with the same task keeps schedules readable.
  const first = last >= 0 && (awake & (1 << last)) !== 0 ? 1 << last : awake & -awake;
  return { runnable, backtrack: first, done: 0, asleep, next, chosen: -1 };
}

/** The state after a turn. A task sleeps on there when the turn did not touch what its own next turn touches. */
function childOf(node: Node, footprint: Footprint, runnable: number, chosen: number): Node {
  const next = new Array<Footprint | undefined>(node.next.length).fill(undefined);
  let asleep = 0;
  const candidates = (node.asleep | node.done) & ~(1 << chosen);
  for (let task = 0; task < next.length; task++) {
    if ((candidates & (1 << task)) === 0) continue;
    const of = node.next[task] as Footprint;
    if (of.conflictsWith(footprint)) continue;
    next[task] = of;
    asleep |= 1 << task;
  }
  return newNode(runnable, asleep, next, chosen);
}

/** A task that comes to a point where it cannot go on would have conflicted with whoever holds it up. */
function noteArrival(
  nodes: readonly Node[],
  past: HappensBefore,
  execution: Execution,
  task: number,
  runnable: number,
): void {
  const running = execution.tasks[task] as Running;
  if (running.ended || (runnable & (1 << task)) !== 0) return;
  const footprint = new Footprint();
  touches.start(footprint);
  try {
    running.stoppedAt?.until?.();
  } finally {
    touches.stop();
  }
  const clock = new Int32Array(nodes[0]?.next.length ?? 0);
  for (const turn of past.races(task, footprint, clock)) reverse(nodes, past, { turn, task, clock });
}

/** A turn, and a later one of another task that could have come before it. */
interface Reversal {
  readonly turn: number;
  readonly task: number;
  readonly clock: Int32Array;
  /** What the later turn touched; missing when the task only came to wait. */
  readonly footprint?: Footprint;
  /** The later turn began with taking a lock. */
  readonly locks?: boolean;
}

/** Sees to it that from the state before `turn` something is tried that leads to the later turn coming first. */
function reverse(nodes: readonly Node[], past: HappensBefore, reversal: Reversal): void {
  const { turn, task, clock, footprint, locks } = reversal;
  const before = nodes[turn] as Node;
  const isNext = footprint !== undefined && past.lastOf(task) < turn;
  if (isNext && (before.runnable & (1 << task)) === 0) {
    // It waited there, and `turn` let it go on.
    if (locks !== true) tryAll(before, before.runnable);
    return;
  }
  const initials = past.firstWithout(turn, task, clock) & before.runnable;
  if ((initials & before.backtrack & ~before.asleep) !== 0) return;
  for (let sleeper = 0; 1 << sleeper <= initials; sleeper++) {
    if ((initials & before.asleep & (1 << sleeper)) === 0) continue;
    const taken = isNext && sleeper === task ? footprint : past.footprintAfter(turn, sleeper);
    // What it sleeps for was tried, and its turn that led here races with all that it would race with there.
    if (taken?.covers(before.next[sleeper] as Footprint) === true) return;
  }
  if (initials === 0) tryAll(before, before.runnable);
  else tryAll(before, (initials & (1 << task)) !== 0 ? 1 << task : initials & -initials);
}

/**
 * Has tasks tried from a state, also if they sleep there. What a turn touches can depend on what it reads: what it
 * would touch here was touched elsewhere, but nobody here has seen it, and others may race with just that.
 */
function tryAll(node: Node, tasks: number): void {
  node.backtrack |= tasks;
  node.asleep &= ~tasks;
}

/** Number of the lowest bit, or -1 for none. */
function lowestOf(set: number): number {
  return 31 - Math.clz32(set & -set);
}
