// SPDX-License-Identifier: MIT
/**
 * What a learner wrote and reached, kept in the browser. Nothing here is ever replaced by a new version of a page: an
 * edit knows which text of the cell it began with, so that the page can show both.
 */

/** Where it is kept: the browser's `localStorage`, or anything like it. */
export type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** A learner's text of a cell. */
export interface CellEdit {
  readonly text: string;
  /** Hash of the course's text that it began with. */
  readonly base: string;
}

/** What is kept of one notebook. */
export interface NotebookRecord {
  /** By cell id. */
  readonly cells: Readonly<Record<string, CellEdit>>;
  /** Ids of accepted exercises. */
  readonly accepted: readonly string[];
}

/** What the keys of notebooks begin with. */
export const PREFIX = "tsm-map:notebook:";
const KEPT = "tsm-map:kept:";
const EMPTY: NotebookRecord = { cells: {}, accepted: [] };

/** The record of one notebook. */
export class NotebookStore {
  readonly #storage: Storage;
  readonly #key: string;
  #record: NotebookRecord = EMPTY;
  /** One sentence for the learner, when the stored data could not be read or cannot be written. */
  problem: string | undefined;

  /** @param notebook its file, as in `notebooks/00-one-ioctl.ipynb` */
  constructor(storage: Storage, notebook: string) {
    this.#storage = storage;
    this.#key = PREFIX + notebook;
    this.#load();
  }

  edit(cell: string): CellEdit | undefined {
    return this.#record.cells[cell];
  }

  /** Keeps a text of a cell; undefined forgets it. */
  keep(cell: string, edit: CellEdit | undefined): void {
    const { [cell]: _, ...others } = this.#record.cells;
    this.#save({ ...this.#record, cells: edit === undefined ? others : { ...others, [cell]: edit } });
  }

  get accepted(): readonly string[] {
    return this.#record.accepted;
  }

  /** Notes that an exercise was accepted. */
  accept(exercise: string): void {
    if (this.accepted.includes(exercise)) return;
    this.#save({ ...this.#record, accepted: [...this.accepted, exercise] });
  }

  /** Edits of cells that the notebook no longer has. */
  orphans(cells: ReadonlySet<string>): (CellEdit & { readonly cell: string })[] {
    return Object.entries(this.#record.cells)
      .filter(([cell]) => !cells.has(cell))
      .map(([cell, edit]) => ({ cell, ...edit }));
  }

  #load(): void {
    let stored: string | null = null;
    try {
      stored = this.#storage.getItem(this.#key);
      if (stored !== null) this.#record = readRecord(JSON.parse(stored));
    } catch {
      if (stored === null) {
        this.problem = "This browser keeps nothing for this page: what you write is gone when you leave it.";
      } else {
        const kept = setAside(this.#storage, this.#key, stored);
        this.problem = `What was kept of this notebook cannot be read. It is set aside as "${kept}", and you begin afresh.`;
      }
    }
  }

  #save(record: NotebookRecord): void {
    this.#record = record;
    try {
      this.#storage.setItem(this.#key, JSON.stringify(record));
    } catch {
      this.problem = "This browser has no more room: export your progress to keep what you write.";
    }
  }
}

/** Names a text of a cell, so that an edit can tell whether the page has moved on since: FNV-1a, eight hex digits. */
export function hashOf(text: string): string {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** Keeps a text under a name that nothing uses. */
export function setAside(storage: Storage, key: string, text: string): string {
  let n = 1;
  while (storage.getItem(`${KEPT}${n}:${key}`) !== null) n++;
  storage.setItem(`${KEPT}${n}:${key}`, text);
  return `${KEPT}${n}:${key}`;
}

/**
 * A record from stored data.
 *
 * @throws TypeError for what is none
 */
export function readRecord(value: unknown): NotebookRecord {
  const { cells, accepted } = (value ?? {}) as { cells?: unknown; accepted?: unknown };
  const isEdit = (edit: unknown): boolean => {
    const { text, base } = (edit ?? {}) as Record<string, unknown>;
    return typeof text === "string" && typeof base === "string";
  };
  const areCells = typeof cells === "object" && cells !== null && Object.values(cells).every(isEdit);
  const areIds = Array.isArray(accepted) && accepted.every((id) => typeof id === "string");
  if (!areCells || !areIds) throw new TypeError("no record of a notebook");
  return { cells: cells as NotebookRecord["cells"], accepted: accepted as string[] };
}
