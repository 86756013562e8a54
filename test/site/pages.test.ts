// SPDX-License-Identifier: MIT
import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import * as library from "../../lib/src/index.ts";
import { declarationsOf, exportedNames } from "../../site/build/declarations.ts";
import { repositoryAt } from "../../site/build/repository.ts";
import { searchEntries } from "../../site/build/search-index.ts";
import { definitions, markTerms } from "../../site/build/terms.ts";
import { exportProgress, importProgress, resetProgress } from "../../site/client/progress-file.ts";
import { linkOf, readLink } from "../../site/client/race-link.ts";
import { exportedDeclarations } from "../../site/pages/api.ts";
import { notebookList } from "../../site/pages/notebook-list.ts";
import { recordedStory } from "../../site/pages/story.ts";

const root = path.resolve(import.meta.dirname, "../..");
const repository = repositoryAt(root);

/** A browser's storage in memory. */
function memoryStorage(entries: Record<string, string> = {}): Storage {
  const items = new Map(Object.entries(entries));
  return {
    get length() {
      return items.size;
    },
    clear: () => items.clear(),
    key: (i) => [...items.keys()][i] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

describe("the story of the front page", () => {
  it("is refused, maps by one ioctl, and lands", async () => {
    const { cells } = await recordedStory(repository);
    const [printed] = cells[0]?.kind === "code" ? cells[0].outputs : [];

    expect(printed).toMatchInlineSnapshot(`
      {
        "name": "stdout",
        "output_type": "stream",
        "text": "DMA, first try: refused after 0 bytes: F_TRANSLATION at level 3
      ioctl: 0
      DMA, once more: landed: 5 bytes
      ",
      }
    `);
  });
});

describe("the way through the course", () => {
  it("asks a question for each notebook, and builds only on earlier ones", () => {
    const notebooks = notebookList(repository);

    expect(notebooks.map(({ file }) => path.basename(file))).toEqual(
      readdirSync(path.join(root, "notebooks")).filter((name) => name.endsWith(".ipynb")),
    );
    expect(notebooks.filter(({ question }) => !question.endsWith("?"))).toEqual([]);
    expect(notebooks.filter(({ file, after }) => after.some((one) => one >= file))).toEqual([]);
  });
});

describe("terms in a text", () => {
  const GLOSSARY = "docs/glossary.html";

  it("are marked at their first use in each section", () => {
    const html = markTerms("<p>A realm and a realm.</p><h2>New</h2><p>The Realm.</p>", GLOSSARY);

    expect(html).toBe(
      `<p>A <a class="term" href="${GLOSSARY}#realm">realm</a> and a realm.</p><h2>New</h2>` +
        `<p>The <a class="term" href="${GLOSSARY}#realm">Realm</a>.</p>`,
    );
  });

  it.each([
    ["code", "<p><code>realm</code></p>"],
    ["a link", '<p><a href="x">realm</a></p>'],
    ["a heading", "<h2>realm</h2>"],
    ["an attribute", '<p title="realm"></p>'],
    ["a part of a word", "<p>realmlike realm_map_ipa unrealm</p>"],
  ])("are not marked in %s", (_, html) => {
    expect(markTerms(html, GLOSSARY)).toBe(html);
  });

  it("have a definition each", () => {
    expect(definitions()["gpt"]).toMatchObject({ term: "GPT, granule protection table" });
  });
});

describe("the search", () => {
  it("has a place for each heading and for each row with an id, without recorded outputs", () => {
    const html =
      '<h1 id="a">A</h1><p>one</p><live-cell>code<div class="nb-outputs">printed</div></live-cell>' +
      '<h2 id="b">B <code>c</code></h2><p>x &lt; y</p><table><tr id="s"><td>sym</td><td>file</td></tr></table>';

    expect(
      searchEntries("p.html", "Page", "Course", html).map(({ url, title, text }) => [url, title, text]),
    ).toEqual([
      ["p.html", "A", "one code"],
      ["p.html#b", "B c", "x < y"],
      ["p.html#s", "sym", "file"],
    ]);
  });
});

describe("the declarations of a file", () => {
  it("come with doc comment and tags, without bodies and private members", () => {
    const text = `/** Adds.\n * @param a first\n * @kernel x.c */
export function add(a: number, b: number): number { return a + b; }
export class Box { #x = 1; readonly y: number = 2; /** Gives. */ get(): number { return this.#x; } }
export const LIMIT = 4;
function hidden(): void {}`;
    const found = declarationsOf("lib/src/x.ts", text);

    expect(found.map(({ name, kind, signature, value }) => [name, kind, signature, value])).toEqual([
      ["add", "function", "function add(a: number, b: number): number;", undefined],
      ["Box", "class", "class Box {\n  readonly y: number;\n  /** Gives. */\n  get(): number;\n}", undefined],
      ["LIMIT", "constant", "const LIMIT: unknown;", "4"],
    ]);
    expect(found[0]?.doc.tags.map(({ tag, name, text: words }) => [tag, name, words.trim()])).toEqual([
      ["param", "a", "first"],
      ["kernel", "", "x.c"],
    ]);
  });

  it("are one for all overloads of a function", () => {
    const text = `/** Shows. */
export function show(a: string): void;
export function show(a: number, b: number): void;
export function show(a: unknown): void {}`;

    expect(declarationsOf("x.ts", text).map(({ signature, doc }) => [signature, doc.text])).toEqual([
      ["function show(a: string): void;\nfunction show(a: number, b: number): void;", "Shows."],
    ]);
  });

  it("are found for every name that the library exports", () => {
    const there = new Set(exportedDeclarations(repository, "index.ts").map(({ name }) => name));
    const wanted = [...exportedNames(repository.read("lib/src/index.ts")).values()].flatMap((names) => [
      ...(names ?? []),
    ]);
    const missing = [...Object.keys(library), ...wanted].filter((name) => !there.has(name));

    expect(missing).toEqual([]);
  });
});

describe("the link of a race", () => {
  const KNOWN = { races: ["map-punch", "map-map"], kernels: ["rfc-v1", "rfc-v1+all"] };

  it("comes back as it was written", () => {
    const game = { race: "map-map", kernel: "rfc-v1+all", schedule: "MMMMMPPN" };
    const hash = linkOf(game);

    expect(hash).toBe("#race=map-map&kernel=rfc-v1%2Ball&schedule=M5P2N");
    expect(readLink(hash, KNOWN)).toEqual({ ...game, schedule: "M5P2N" });
  });

  it.each([
    [
      "#race=nope&schedule=M2",
      'there is no race "nope"',
      { race: "map-punch", kernel: "rfc-v1", schedule: "" },
    ],
    [
      "#race=map-map&kernel=other&schedule=M2",
      'there is no kernel "other"',
      { race: "map-map", kernel: "rfc-v1", schedule: "M2" },
    ],
    [
      "#race=map-map&schedule=2M!",
      '"2M!" is no schedule; one looks like M5P8',
      { race: "map-map", kernel: "rfc-v1", schedule: "" },
    ],
  ])("%s is broken, and what can be used of it is kept", (hash, reason, usable) => {
    expect(readLink(hash, KNOWN)).toEqual({
      problem: `This link cannot be opened as it is: ${reason}.`,
      usable,
    });
  });

  it("is none when the address names no race", () => {
    expect(readLink("#keys", KNOWN)).toBeUndefined();
  });
});

describe("the course's progress", () => {
  const KEY = "tsm-map-progress";
  const solved = (id: string): string =>
    JSON.stringify({
      version: 1,
      exercises: { [id]: { attempted: true, accepted: true, hints: 0 } },
      predictions: {},
    });

  it("is exported, and imported next to what is there", () => {
    const exported = exportProgress(memoryStorage({ [KEY]: solved("a") }));
    const other = memoryStorage({ [KEY]: solved("b") });
    importProgress(other, exported);

    expect(Object.keys(JSON.parse(other.getItem(KEY) ?? "").exercises)).toEqual(["a", "b"]);
  });

  it("is set aside, not lost, when it cannot be read and another is imported", () => {
    const storage = memoryStorage({ [KEY]: "{" });
    importProgress(storage, exportProgress(memoryStorage({ [KEY]: solved("a") })));

    expect(storage.getItem(`tsm-map:kept:1:${KEY}`)).toBe("{");
    expect(storage.getItem(KEY)).toContain('"a"');
  });

  it("is set aside when the learner begins afresh", () => {
    const storage = memoryStorage({ [KEY]: solved("a") });
    resetProgress(storage);

    expect(storage.getItem(KEY)).toBeNull();
    expect(storage.getItem(`tsm-map:kept:1:${KEY}`)).toBe(solved("a"));
  });

  it("of a later version is refused, and nothing changes", () => {
    const storage = memoryStorage({ [KEY]: solved("a") });
    const later = JSON.stringify({ format: KEY, version: 1, notebooks: {}, course: { version: 99 } });

    expect(() => importProgress(storage, later)).toThrow("nothing was changed");
    expect(storage.getItem(KEY)).toBe(solved("a"));
  });
});
