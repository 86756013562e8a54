// SPDX-License-Identifier: MIT
import { NO_PROGRESS, type Progress, ProgressFormatError, readProgress, writeProgress } from "./progress.ts";

/**
 * A place where one text lasts longer than a notebook's kernel or a page: a file, or a browser's storage. Whoever runs
 * the course gives one; a method may throw an Error whose message is for a person.
 */
export interface ProgressStore {
  /** The stored text; `undefined` while there is none. */
  read(): string | undefined;
  /** Replaces the stored text, wholly or not at all. */
  write(text: string): void;
  /** Puts a text that cannot be read out of the way, under a name of its own, and returns the name. */
  setAside(text: string): string;
}

/** Where whoever runs the course puts a ProgressStore: `globalThis[PROGRESS_STORE]`, before the library is loaded. */
export const PROGRESS_STORE: unique symbol = Symbol.for("tsm-map-sim.progress");

/** The store that whoever runs the course has given, if any. */
export function givenStore(): ProgressStore | undefined {
  return (globalThis as { [PROGRESS_STORE]?: ProgressStore })[PROGRESS_STORE];
}

/** The part of a browser's `localStorage` that `browserStore` uses. */
export interface KeyValueStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** A store in a browser's storage. Texts that cannot be read are kept under `<key>.unreadable-<n>`. */
export function browserStore(storage: KeyValueStorage, key: string = "tsm-map-progress"): ProgressStore {
  return {
    read: () => storage.getItem(key) ?? undefined,
    write: (text) => storage.setItem(key, text),
    setAside(text) {
      let n = 1;
      while (storage.getItem(`${key}.unreadable-${n}`) !== null) n++;
      storage.setItem(`${key}.unreadable-${n}`, text);
      return `${key}.unreadable-${n}`;
    },
  };
}

/**
 * Progress, kept in a store. It is read anew before each change, because several notebooks may use the same store. What
 * cannot be read is set aside and never lost, and what cannot be written lasts in memory.
 */
export class ProgressKeeper {
  readonly #store: ProgressStore | undefined;
  #inMemory: Progress = NO_PROGRESS;
  #usesStore: boolean;
  #notice: string | undefined;

  constructor(store: ProgressStore | undefined) {
    this.#store = store;
    this.#usesStore = store !== undefined;
  }

  /** What a learner must know of the store, if anything is wrong with it. */
  get notice(): string | undefined {
    return this.#notice;
  }

  get current(): Progress {
    if (this.#store === undefined || !this.#usesStore) return this.#inMemory;
    this.#inMemory = this.#load(this.#store);
    return this.#inMemory;
  }

  /** Changes what is kept. */
  change(next: (now: Progress) => Progress): void {
    this.#inMemory = next(this.current);
    if (this.#store === undefined || !this.#usesStore) return;
    try {
      this.#store.write(writeProgress(this.#inMemory));
    } catch (error) {
      this.#withoutStore("cannot be kept", error);
    }
  }

  #load(store: ProgressStore): Progress {
    let text: string | undefined;
    try {
      text = store.read();
      return text === undefined ? NO_PROGRESS : readProgress(text);
    } catch (error) {
      if (error instanceof ProgressFormatError && text !== undefined)
        return this.#withoutText(store, text, error);
      this.#withoutStore("cannot be read", error);
      return this.#inMemory;
    }
  }

  #withoutText(store: ProgressStore, text: string, { message }: ProgressFormatError): Progress {
    try {
      const name = store.setAside(text);
      store.write(writeProgress(NO_PROGRESS));
      this.#notice = `The stored progress cannot be read: ${message}. It is kept as ${name}, and this is a new start. importProgress takes its text when it is mended.`;
      return NO_PROGRESS;
    } catch (error) {
      // The text must not be lost, so nothing is written over it.
      this.#withoutStore(`cannot be read (${message}) nor put aside`, error);
      return this.#inMemory;
    }
  }

  #withoutStore(what: string, error: unknown): void {
    this.#usesStore = false;
    const reason = error instanceof Error ? error.message : String(error);
    this.#notice = `The stored progress ${what}: ${reason}. Until this ends it lasts in memory; exportProgress() gives it as a text that you can keep.`;
  }
}
