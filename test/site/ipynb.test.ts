// SPDX-License-Identifier: MIT
import createMarkdownIt from "markdown-it";
import { describe, expect, it } from "vitest";
import {
  ansiToHtml,
  NotebookError,
  type Output,
  parseNotebook,
  preferredMime,
  renderNotebook,
  renderOutput,
} from "../../site/ipynb/index.ts";

const md = createMarkdownIt({ html: true });

/** A notebook's text as Jupyter writes it. */
function notebookText(...cells: object[]): string {
  const metadata = { language_info: { name: "typescript" } };
  return JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1);
}

function cell(type: "code" | "markdown" | "raw", source: string | string[], more: object = {}): object {
  const code = type === "code" ? { outputs: [], execution_count: null } : {};
  return { cell_type: type, id: "a", metadata: {}, source, ...code, ...more };
}

function rendered(...cells: object[]): string {
  return renderNotebook(md, parseNotebook(notebookText(...cells)));
}

function output(one: Output): string {
  return renderOutput(one, { markdown: (text) => md.render(text) });
}

function shown(data: Record<string, unknown>, metadata: Record<string, unknown> = {}): string {
  return output({ output_type: "display_data", data, metadata });
}

describe("cells", () => {
  it("are the items of one list, each code cell with its label", () => {
    const html = rendered(
      cell("markdown", ["# Title\n", "Text"], { id: "t" }),
      cell("code", "1 < 2", { id: "c" }),
    );

    expect(html).toMatchInlineSnapshot(`
      "<ol class="nb-cells" role="list">
      <li class="nb-cell nb-text" id="cell-t">
      <h1>Title</h1>
      <p>Text</p>

      </li>
      <li class="nb-cell nb-code" id="cell-c">
      <span class="nb-hidden">Cell 1, code</span>
      <div class="nb-source"><pre><code class="language-typescript">1 &lt; 2
      </code></pre></div>
      </li>
      </ol>
      "
    `);
  });

  it("carry their tags", () => {
    expect(rendered(cell("code", "1", { metadata: { tags: ["exercise:01", "x"] } }))).toContain(
      'data-tags="exercise:01 x"',
    );
  });

  it("that are raw are left out", () => {
    expect(rendered(cell("raw", "secret"))).not.toContain("secret");
  });

  it("may contain the ticks that fence code", () => {
    expect(rendered(cell("code", "const a = ```x```;"))).toContain("const a = ```x```;");
  });

  it("show what is attached to them", () => {
    const attachments = { "a b.png": { "image/png": "QUJD\n" } };
    const html = rendered(cell("markdown", "![seen](attachment:a%20b.png)", { attachments }));

    expect(html).toContain('<img src="data:image/png;base64,QUJD" alt="seen">');
  });
});

describe("outputs", () => {
  const best = {
    "text/plain": "p",
    "text/markdown": "m",
    "image/svg+xml": "<svg/>",
    "text/html": "<b>h</b>",
  };

  it.each([
    ["HTML before all", best, "text/html"],
    ["SVG before images", { "image/png": "", "image/svg+xml": "", "text/plain": "" }, "image/svg+xml"],
    ["images before Markdown", { "text/markdown": "", "image/jpeg": "" }, "image/jpeg"],
    ["Markdown before LaTeX", { "text/latex": "", "text/markdown": "" }, "text/markdown"],
    ["JSON before plain text", { "text/plain": "", "application/json": {} }, "application/json"],
    ["nothing of what is unknown", { "application/x": "" }, undefined],
  ])("prefer %s", (_, data, expected) => {
    expect(preferredMime(data)).toBe(expected);
  });

  it.each([
    [
      "text with markup as text",
      { "text/plain": ["a\n", "<b>"] },
      '<div class="nb-output nb-plain"><pre>a\n&lt;b&gt;</pre></div>',
    ],
    ["HTML as it is", { "text/html": "<b>h</b>" }, '<div class="nb-output nb-html"><b>h</b></div>'],
    [
      "Markdown by markdown-it",
      { "text/markdown": "*m*" },
      '<div class="nb-output nb-markdown-output"><p><em>m</em></p>\n</div>',
    ],
    [
      "LaTeX as text",
      { "text/latex": "$x < y$" },
      '<div class="nb-output nb-latex"><pre>$x &lt; y$</pre></div>',
    ],
    [
      "JSON with indents",
      { "application/json": { a: [1] } },
      '<div class="nb-output nb-json"><pre>{\n  &quot;a&quot;: [\n    1\n  ]\n}</pre></div>',
    ],
  ])("show %s", (_, data, expected) => {
    expect(shown(data)).toBe(expected);
  });

  it("show SVG without its file head, and the text twin beside it", () => {
    const html = shown({
      "image/svg+xml": '<?xml version="1.0"?>\n<!DOCTYPE svg><svg></svg>',
      "text/plain": "twin",
    });

    expect(html).toBe(
      '<div class="nb-output nb-svg"><svg></svg><details class="nb-twin"><summary>Picture as text</summary><pre>twin</pre></details></div>',
    );
  });

  it("show images with their size, and their text as alternative", () => {
    const html = shown(
      { "image/png": "QUJD", "text/plain": 'a "b"' },
      { "image/png": { width: 3, height: 4 } },
    );

    expect(html).toContain(
      '<img alt="a &quot;b&quot;" width="3" height="4" src="data:image/png;base64,QUJD">',
    );
  });

  it("say which types they come in when none can be shown", () => {
    expect(shown({ "application/x": "" })).toContain("This output comes as application/x");
  });

  it("tell standard error and errors apart by words, not by colour alone", () => {
    expect(output({ output_type: "stream", name: "stderr", text: "no" })).toContain("Standard error: ");
    const error = output({
      output_type: "error",
      ename: "E",
      evalue: "v",
      traceback: ["\u001b[31mE\u001b[0m: v"],
    });
    expect(error).toContain("Error: ");
    expect(error).toContain('<pre><span class="ansi-red">E</span>: v</pre>');
  });
});

describe("terminal colours", () => {
  it.each([
    ["a colour and its end", "\u001b[31mno\u001b[39m!", '<span class="ansi-red">no</span>!'],
    [
      "several at once",
      "\u001b[1;4;92;44mx\u001b[0my",
      '<span class="ansi-bold ansi-underline ansi-bright-green ansi-bg-blue">x</span>y',
    ],
    ["the end of bold", "\u001b[1ma\u001b[22mb", '<span class="ansi-bold">a</span>b'],
    ["one of 256 colours", "\u001b[38;5;208mx", '<span class="ansi-256-208">x</span>'],
    [
      "a true colour, as the nearest of these",
      "\u001b[48;2;255;0;0mx",
      '<span class="ansi-bg-256-196">x</span>',
    ],
    ["a low one of them", "\u001b[38;5;9mx", '<span class="ansi-bright-red">x</span>'],
    ["no cursor movements", "a\u001b[2Kb\u001b]0;title\u0007c", "abc"],
    ["markup as text", "\u001b[32m<&>", '<span class="ansi-green">&lt;&amp;&gt;</span>'],
  ])("%s", (_, text, html) => {
    expect(ansiToHtml(text)).toBe(html);
  });
});

describe("a malformed notebook is refused with the line", () => {
  const good = cell("markdown", "x");

  it.each([
    ["no JSON", '{\n "cells": [,]\n}', 2, /^this is not JSON/],
    ["JSON that ends too early", '{\n "cells": [', 2, /^this is not JSON/],
    ["another format", '{\n "cells": [],\n "nbformat": 3\n}', 3, /format 4/],
    ["no cells", '{\n "nbformat": 4\n}', 1, /list of cells/],
    ["a cell of an unknown type", notebookText({ ...good, cell_type: "query" }), 4, /unknown type, "query"/],
    ["a cell without a source", notebookText({ ...good, source: 1 }), 7, /no source/],
    ["two cells of one id", notebookText(good, good), 11, /cells 1 and 2 have the same id "a"/],
    ["an id with a blank", notebookText({ ...good, id: "a b" }), 5, /characters/],
    ["tags that are no list", notebookText({ ...good, metadata: { tags: "x" } }), 6, /tags of cell "a"/],
    [
      "an output of an unknown type",
      notebookText(cell("code", "", { outputs: [{ output_type: "x" }] })),
      9,
      /output 1 of cell "a"/,
    ],
    [
      "a stream without text",
      notebookText(cell("code", "", { outputs: [{ output_type: "stream" }] })),
      9,
      /no text/,
    ],
  ])("%s", (_, text, line, message) => {
    const error = errorOf(() => parseNotebook(text));

    expect(error.message).toMatch(message);
    expect(error.line).toBe(line);
  });

  it("an attachment that is not there", () => {
    const text = notebookText(cell("markdown", ["one\n", "\n", "![x](attachment:no.png)"]));
    const error = errorOf(() => renderNotebook(md, parseNotebook(text)));

    expect(error.message).toBe('there is no attachment "no.png"');
    expect(text.split("\n")[error.line - 1]).toContain("attachment:no.png");
  });
});

function errorOf(act: () => unknown): NotebookError {
  try {
    act();
  } catch (error) {
    if (error instanceof NotebookError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
