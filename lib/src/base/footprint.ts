// SPDX-License-Identifier: MIT
/**
 * What a stretch of code touched of the state that tasks share. The explorer asks for it: two stretches of two tasks
 * need to be tried in both orders only if their footprints conflict. Nobody else asks, and then it costs one test
 * of `touches.on`, which is why every place that notes something makes this test itself.
 *
 * A missing note would make the explorer blind without a word. So notes are made inside the data structures, where no
 * caller can forget them, and a test compares the explorer with trying every schedule there is.
 */

/** How something was touched: looked at, changed in a way that commutes with itself such as a count, or changed. */
export type AccessMode = 1 | 2 | 3;
export const READ = 1;
export const ADD = 2;
export const WRITE = 3;

/** A kind of shared state, as a number. Its parts are numbered by whole numbers below 2^40. */
export type SharedKind = number & { readonly __brand: "SharedKind" };

const PARTS = 2 ** 40;
const kindNames: string[] = [];
const kindsByName = new Map<string, SharedKind>();

/**
 * The kind of state with this name, made on first use. Two objects of one name count as one thing: that can only make
 * two tasks look more dependent than they are.
 */
export function sharedKind(name: string): SharedKind {
  const known = kindsByName.get(name);
  if (known !== undefined) return known;
  const kind = kindNames.push(name) as SharedKind;
  kindsByName.set(name, kind);
  return kind;
}

/** One thing that was touched, for showing. */
export interface Access {
  /** The kind of state, as the kernel names it. */
  readonly object: string;
  /** Which one of its kind: a frame, an index, an id; 0 where there is only one. */
  readonly part: number;
  readonly mode: "read" | "add" | "write";
}

const MODE_NAMES = ["", "read", "add", "write"] as const;

/** Most accesses that one stretch can make before it counts as a loop without end. */
const MOST_ACCESSES = 1_000_000;

/** Thrown when a stretch of code goes on and on without coming to a scheduling point. */
export class EndlessStretchError extends Error {
  override readonly name: string = "EndlessStretchError";

  constructor() {
    super(`it touched shared state ${MOST_ACCESSES} times without coming to a scheduling point`);
  }
}

/** Everything that one stretch of code touched. */
export class Footprint {
  readonly keys: number[] = [];
  readonly modes: AccessMode[] = [];
  /** Touched things that no kind stands for: conflicts with every other stretch. */
  everything = false;
  #accesses = 0;

  note(key: number, mode: AccessMode): void {
    this.#accesses++;
    if (this.#accesses > MOST_ACCESSES) throw new EndlessStretchError();
    const last = this.keys.length - 1;
    for (let i = last; i >= 0 && i > last - 8; i--) {
      if (this.keys[i] !== key) continue;
      // Reading and adding do not commute with the reads, nor with the additions, of others.
      if (this.modes[i] !== mode) this.modes[i] = WRITE;
      return;
    }
    this.keys.push(key);
    this.modes.push(mode);
  }

  /** True when the order of the two stretches can matter. */
  conflictsWith(other: Footprint): boolean {
    if (this.everything || other.everything) return true;
    for (let i = 0; i < this.keys.length; i++) {
      const key = this.keys[i] as number;
      for (let at = other.keys.indexOf(key); at >= 0; at = other.keys.indexOf(key, at + 1)) {
        if (modesConflict(this.modes[i] as AccessMode, other.modes[at] as AccessMode)) return true;
      }
    }
    return false;
  }

  /** True when whatever conflicts with the other stretch conflicts with this one too. */
  covers(other: Footprint): boolean {
    if (this.everything || other.everything) return this.everything;
    return other.keys.every((key, i) => {
      for (let at = this.keys.indexOf(key); at >= 0; at = this.keys.indexOf(key, at + 1)) {
        if (this.modes[at] === WRITE || this.modes[at] === other.modes[i]) return true;
      }
      return false;
    });
  }

  /** What was touched, for a reader. */
  get accesses(): readonly Access[] {
    return this.keys.map((key, i) => ({
      object: kindNames[Math.floor(key / PARTS) - 1] as string,
      part: key % PARTS,
      mode: MODE_NAMES[this.modes[i] as AccessMode],
    })) as readonly Access[];
  }
}

/** Looks commute with looks, additions with additions, and nothing else does. */
export function modesConflict(a: AccessMode, b: AccessMode): boolean {
  return a !== b || a === WRITE;
}

/** Where code notes what it touches. */
export class Touches {
  /** True while somebody wants to know. */
  on = false;
  #into: Footprint = new Footprint();

  /** Notes from now on into `footprint`, until `stop`. */
  start(footprint: Footprint): void {
    this.#into = footprint;
    this.on = true;
  }

  stop(): void {
    this.on = false;
  }

  read(kind: SharedKind, part = 0): void {
    this.#into.note(kind * PARTS + part, READ);
  }

  /** A change that does not look at the value: two of them give the same in either order. */
  add(kind: SharedKind, part = 0): void {
    this.#into.note(kind * PARTS + part, ADD);
  }

  write(kind: SharedKind, part = 0): void {
    this.#into.note(kind * PARTS + part, WRITE);
  }

  /** The code at work here touches things that make no notes of their own. */
  everything(): void {
    this.#into.everything = true;
  }
}

/** The one notebook of this thread: exploring is never nested, and nothing else runs meanwhile. */
export const touches: Touches = new Touches();

/** A frame of memory: its bytes, its references, its granule and its entry in the protection table. */
export const FRAME: SharedKind = sharedKind("frame");
