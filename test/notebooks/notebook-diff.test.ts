// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { diffNotebooks } from "../../tools/notebook-diff.mjs";

/** The text of a notebook whose cells print these. */
function notebook(...printed: string[]): string {
  const cells = printed.map((text, index) => ({
    cell_type: "code",
    execution_count: index + 1,
    metadata: {},
    outputs: [{ output_type: "stream", name: "stdout", text: text.split(/(?<=\n)/) }],
    source: [`show(${index});\n`, "more();"],
  }));
  return JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }, null, 1);
}

describe("the difference between two notebooks", () => {
  it("is nothing when they are the same", () => {
    expect(diffNotebooks(notebook("a\n"), notebook("a\n"))).toEqual([]);
  });

  it("is the part of an output that differs, under its cell", () => {
    const committed = notebook("same\n", "begin\ntwo\nthree\nend\n", "same\n");
    const got = notebook("same\n", "begin\n2\nend\n", "same\n");

    expect(diffNotebooks(committed, got).join("\n")).toMatchInlineSnapshot(`
      "  cell 2 [2]: show(1);
          - expected stdout | two
          - expected stdout | three
          + got      stdout | 2"
    `);
  });

  it("is cut when it is long", () => {
    const lines = (from: number) => Array.from({ length: 20 }, (_, i) => `line ${from + i}\n`).join("");

    const shown = diffNotebooks(notebook(lines(0)), notebook(lines(100)));

    expect(shown).toHaveLength(27);
    expect(shown.at(-1)).toBe("    + got      ... and 8 more lines");
  });

  it("is shown where it begins when it is in the middle of a long line", () => {
    const path = (end: string) =>
      notebook(`<path d="${"M16 134 ".repeat(400)}${end}${"L24 126 ".repeat(400)}"/>`);

    expect(diffNotebooks(path("L8"), path("L9")).join("\n")).toMatchInlineSnapshot(`
      "  cell 1 [1]: show(0);
          - expected ... 16 134 M16 134 M16 134 M16 134 M16 134 L8L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 ...
          + got      ... 16 134 M16 134 M16 134 M16 134 M16 134 L9L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 L24 126 ..."
    `);
  });

  it("is shown for the first few cells", () => {
    const shown = diffNotebooks(notebook(..."abcdefgh"), notebook(..."ABCDEFGH"));

    expect(shown).toHaveLength(5 * 3 + 1);
    expect(shown.at(-1)).toBe("  and 3 more cells");
  });

  it("is the form of the file when the outputs agree", () => {
    const text = notebook("same\n");

    const shown = diffNotebooks(text.replace('"metadata": {}', '"metadata":  {}'), text);

    expect(shown.join("\n")).toMatchInlineSnapshot(`
      "  the outputs agree, but the file is not as \`npm run notebooks\` writes it:
          - expected    "metadata":  {},
          + got         "metadata": {},"
    `);
  });
});
