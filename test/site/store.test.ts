// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, it } from "vitest";
import { exportProgress, importProgress } from "../../site/client/progress-file.ts";
import { NotebookStore, type Storage } from "../../site/client/store.ts";

const NOTEBOOK = "notebooks/a.ipynb";
const KEY = `tsm-map:notebook:${NOTEBOOK}`;

let entries: Map<string, string>;
let storage: Storage;

beforeEach(() => {
  entries = new Map();
  storage = {
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
    removeItem: (key) => void entries.delete(key),
    key: (i) => [...entries.keys()][i] ?? null,
    get length() {
      return entries.size;
    },
  };
});

const open = (): NotebookStore => new NotebookStore(storage, NOTEBOOK);

describe("what a learner wrote and reached", () => {
  it("is there when the page is opened again", () => {
    open().keep("c", { text: "mine", base: "b1" });
    open().accept("00-x");

    expect(open().edit("c")).toEqual({ text: "mine", base: "b1" });
    expect(open().accepted).toEqual(["00-x"]);
  });

  it("is forgotten only on demand", () => {
    open().keep("c", { text: "mine", base: "b1" });
    open().keep("c", undefined);

    expect(open().edit("c")).toBeUndefined();
  });

  it("is found when its cell is gone", () => {
    open().keep("old", { text: "mine", base: "b1" });

    expect(open().orphans(new Set(["new"]))).toEqual([{ cell: "old", text: "mine", base: "b1" }]);
  });
});

describe("stored data that cannot be read", () => {
  it.each(["{", "null", '{"cells":{"c":1},"accepted":[]}', '{"cells":{},"accepted":[1]}'])(
    "%s is set aside, not lost",
    (text) => {
      entries.set(KEY, text);
      const store = open();
      store.accept("00-x");

      expect(store.problem).toMatch(/set aside/);
      expect(entries.get(`tsm-map:kept:1:${KEY}`)).toBe(text);
      expect(open().accepted).toEqual(["00-x"]);
    },
  );

  it("is a message when the browser keeps nothing", () => {
    const refuse = (): never => {
      throw new Error("SecurityError");
    };
    const store = new NotebookStore({ ...storage, getItem: refuse, setItem: refuse }, NOTEBOOK);

    expect(store.problem).toMatch(/keeps nothing/);
    store.keep("c", { text: "mine", base: "b" });
    expect(store.edit("c")?.text).toBe("mine");
    expect(store.problem).toMatch(/export/i);
  });
});

describe("progress as a file", () => {
  it("comes back as it went out", () => {
    open().keep("c", { text: "mine", base: "b1" });
    const text = exportProgress(storage);
    entries.clear();

    expect(importProgress(storage, text)).toBe(1);
    expect(open().edit("c")?.text).toBe("mine");
  });

  it("sets aside what was there before", () => {
    open().keep("c", { text: "from afar", base: "b1" });
    const text = exportProgress(storage);
    open().keep("c", { text: "from here", base: "b1" });
    importProgress(storage, text);

    expect(open().edit("c")?.text).toBe("from afar");
    expect(entries.get(`tsm-map:kept:1:${KEY}`)).toContain("from here");
  });

  it.each(["", "{}", '{"format":"tsm-map-progress","notebooks":{"a":{"cells":3}}}'])(
    "changes nothing when it is none: %s",
    (text) => {
      open().accept("00-x");
      const before = new Map(entries);

      expect(() => importProgress(storage, text)).toThrow(/nothing was changed/);
      expect(entries).toEqual(before);
    },
  );
});
