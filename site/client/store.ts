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

const PREFIX = "tsm-map:notebook:";
const KEPT = "tsm-map:kept:";
const FORMAT = "tsm-map-progress";
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

/** All notebooks' records, as a text to be saved in a file. */
export function exportProgress(storage: Storage): string {
  const notebooks = Object.fromEntries(
    keysOf(storage).map((key) => {
      const text = storage.getItem(key) ?? "null";
      return [key.slice(PREFIX.length), readable(text) ?? text];
    }),
  );
  return `${JSON.stringify({ format: FORMAT, version: 1, notebooks }, null, 1)}\n`;
}

/**
 * Takes over the records in an exported text; what was kept of the same notebooks before is set aside.
 *
 * @returns how many notebooks came in
 * @throws Error with one sentence, and changes nothing, when the text is no export
 */
export function importProgress(storage: Storage, text: string): number {
  let records: [string, NotebookRecord][];
  try {
    const data = JSON.parse(text) as { format?: unknown; notebooks?: object };
    if (data.format !== FORMAT) throw new Error("another format");
    records = Object.entries(data.notebooks ?? {}).map(([name, record]) => [name, readRecord(record)]);
  } catch {
    throw new Error("This file is no exported progress; nothing was changed.");
  }
  for (const [name, record] of records) {
    const before = storage.getItem(PREFIX + name);
    if (before !== null) setAside(storage, PREFIX + name, before);
    storage.setItem(PREFIX + name, JSON.stringify(record));
  }
  return records.length;
}

function keysOf(storage: Storage): string[] {
  return Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? "")
    .filter((key) => key.startsWith(PREFIX))
    .sort();
}

/** Keeps a text under a name that nothing uses. */
function setAside(storage: Storage, key: string, text: string): string {
  let n = 1;
  while (storage.getItem(`${KEPT}${n}:${key}`) !== null) n++;
  storage.setItem(`${KEPT}${n}:${key}`, text);
  return `${KEPT}${n}:${key}`;
}

function readable(text: string): NotebookRecord | undefined {
  try {
    return readRecord(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** @throws TypeError for what is no record */
function readRecord(value: unknown): NotebookRecord {
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
