// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findTerm, GLOSSARY } from "../../lib/src/course/glossary/glossary.ts";
import { INTRODUCED } from "../../lib/src/course/glossary/introduced.ts";
import { whatIs } from "../../lib/src/course/glossary/what-is.ts";
import { glossaryPage } from "../../tools/reference/glossary.mjs";
import { introducedIn } from "../../tools/reference/introduced.mjs";
import { readNotebooks } from "../../tools/reference/notebooks.mjs";

const notebooks = readNotebooks();
const terms = GLOSSARY.map((one) => [one.term, one] as const);

/** Words in capitals that the text uses for their ordinary meaning: parts of command names, states that it names. */
const ORDINARY = new Set(["AMD", "ERROR", "MAP", "UNBIND", "UNMAP"]);

describe.each(terms)("the term %s", (_, { term, expansion, meaning, origin, see = [], aliases = [] }) => {
  it("is explained in two sentences", () => {
    expect(meaning.match(/[.?](?= |$)/g)).toHaveLength(2);
    expect(meaning).toMatch(/^[A-Z0-9].*[.]$/);
    expect(meaning.length).toBeGreaterThan(60);
  });

  it("has a home, and refers to terms that there are, but not to itself", () => {
    expect(origin).not.toBe("");
    expect(see.filter((name) => !GLOSSARY.some((one) => one.term === name) || name === term)).toEqual([]);
    expect(aliases).not.toContain(term);
  });

  it("says what its letters stand for, if it is an abbreviation", () => {
    const isAbbreviation =
      /^v?[A-Z]{2,}[a-z]?$/.test(term) && !/^(NULL|EMPTY|TABLE|DEVICE|.*ASSIGNED|DESTROYED)$/.test(term);

    if (isAbbreviation) expect(expansion).toBeDefined();
  });

  it("is found by each of its names", () => {
    for (const name of [term, ...aliases]) expect(findTerm(name)?.term, name).toBe(term);
  });
});

describe("the glossary", () => {
  it("has at least 120 terms, each once", () => {
    const names = GLOSSARY.flatMap(({ term, aliases = [] }) => [term, ...aliases]);

    expect(GLOSSARY.length).toBeGreaterThanOrEqual(120);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it("has every abbreviation in capitals that the notebooks' text uses", () => {
    const used = new Map<string, string>();
    for (const { name, cells } of notebooks) {
      for (const { cell_type, id, source } of cells) {
        if (cell_type !== "markdown") continue;
        const prose = source.join("").replace(/```[\s\S]*?```|`[^`]*`|\]\([^)]*\)/g, " ");
        for (const word of prose.match(/\b[A-Za-z]*[A-Z]{2,}[A-Z0-9]*[a-z]?(?:-[A-Z]+)*\b/g) ?? [])
          if (!used.has(word)) used.set(word, `${name}#${id}`);
      }
    }
    const known = (word: string): boolean =>
      ORDINARY.has(word) || findTerm(word) !== undefined || findTerm(word.replace(/s$/, "")) !== undefined;

    expect(used.size).toBeGreaterThan(30);
    const unknown = [...used].filter(([word]) => !known(word));
    expect(unknown, "explain them in lib/src/course/glossary, or call them ordinary here").toEqual([]);
  });

  it("knows where the notebooks introduce its terms", () => {
    expect(INTRODUCED, "run `npm run reference`").toEqual(introducedIn(GLOSSARY, notebooks));
    expect(Object.keys(INTRODUCED).length).toBeGreaterThanOrEqual(100);
  });

  it("is the page that readers see", () => {
    const page = readFileSync(new URL("../../docs/glossary.md", import.meta.url), "utf8");

    expect(page, "run `npm run reference`").toBe(glossaryPage(GLOSSARY, introducedIn(GLOSSARY, notebooks)));
  });
});

describe("where a term is introduced", () => {
  const cell = (id: string, text: string) => ({
    id,
    cell_type: "markdown" as const,
    source: [text],
    metadata: {},
  });
  const term = { term: "granule", aliases: ["granules"] };

  it("is where it is set in bold, even if it was named before", () => {
    const cells = [cell("a", "Two granules."), cell("b", "A **granule** is a page.")];

    expect(introducedIn([term], [{ name: "01-x", cells }])).toEqual({ granule: "01-x#b" });
  });

  it("is where it is named first, if it is nowhere in bold", () => {
    const cells = [cell("a", "Nothing, and **the granule of it all**."), cell("b", "Two granules.")];

    expect(introducedIn([term], [{ name: "01-x", cells }])).toEqual({ granule: "01-x#a" });
  });

  it("is nowhere, if only a block of code or a longer word has it", () => {
    const cells = [cell("a", "```c\ngranule\n```\nsubgranules, granule_x")];

    expect(introducedIn([term], [{ name: "01-x", cells }])).toEqual({});
  });
});

describe("whatIs", () => {
  it("shows a term with its letters, meaning, home and relatives", () => {
    expect(whatIs("GPT").text).toMatchInlineSnapshot(`
      "GPT (granule protection table)
      The table that says for each granule to which physical address space it belongs. Firmware at the
      highest level of privilege owns it, and the hardware consults it after every translation.
      At home in: Arm Architecture Reference Manual, Realm Management Extension
      Introduced in: notebook 04-granules, cell tables-intro
      See also: GPF, physical address space, EL3"
    `);
  });

  it.each([
    ["granule protection table", "GPT"],
    ["Realm", "realm"],
    ["-EINVAL", "EINVAL"],
    ["invalid argument", "EINVAL"],
    ["gpa", "GPA"],
  ])("takes %s for %s", (word, term) => {
    expect(whatIs(word).text.split(/[\n ]/)[0]).toBe(term);
  });

  it("tells the nearest terms for a word that is none", () => {
    expect(() => whatIs("granul")).toThrow(/there is no term "granul"; the nearest are granule/);
  });
});
