// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { request } from "../../kernel/wire.cjs";
import {
  addOutput,
  formatNotebook,
  type Output,
  toLines,
  withoutOutputs,
} from "../../tools/notebook-format.mjs";

/** A published message. */
function message(type: string, content: Record<string, unknown>): Parameters<typeof addOutput>[1] {
  return request(type, content, "session");
}

/** The outputs of a cell for which these messages were published. */
function outputsOf(...messages: ReturnType<typeof message>[]): Output[] {
  const outputs: Output[] = [];
  const displays = new Map();
  for (const each of messages) addOutput(outputs, each, displays);
  return outputs;
}

describe("a stored text", () => {
  it.each([
    ["", []],
    ["one", ["one"]],
    ["one\n", ["one\n"]],
    ["one\n\ntwo", ["one\n", "\n", "two"]],
    ["one\r\ntwo\rthree", ["one\r\n", "two\r", "three"]],
    ["a\u2028b\fc", ["a\u2028", "b\f", "c"]],
  ])("of %j has the lines that Python sees", (text, lines) => {
    expect(toLines(text)).toEqual(lines);
  });
});

describe("the outputs of a cell", () => {
  it("go on where text of the same stream ended", () => {
    const [out, err, again] = outputsOf(
      message("stream", { name: "stdout", text: "a" }),
      message("stream", { name: "stdout", text: "b" }),
      message("stream", { name: "stderr", text: "c" }),
      message("stream", { name: "stdout", text: "d" }),
    );

    expect([out?.["text"], err?.["text"], again?.["text"]]).toEqual(["ab", "c", "d"]);
  });

  it("change in place when a display is updated", () => {
    const transient = { display_id: "meter" };
    const outputs = outputsOf(
      message("display_data", { data: { "text/plain": "1" }, metadata: {}, transient }),
      message("stream", { name: "stdout", text: "between" }),
      message("update_display_data", { data: { "text/plain": "2" }, metadata: {}, transient }),
      message("update_display_data", {
        data: { "text/plain": "3" },
        metadata: {},
        transient: { display_id: "other" },
      }),
    );

    expect(outputs.map((output) => output["data"])).toEqual([{ "text/plain": "2" }, undefined]);
    expect(outputs[0]).not.toHaveProperty("transient");
  });
});

describe("the canonical form", () => {
  const notebook = {
    nbformat_minor: 4,
    nbformat: 4,
    metadata: { title: "kept" },
    cells: [
      { source: "# Text\nhere", metadata: {}, cell_type: "markdown" as const },
      {
        source: ["1"],
        outputs: [
          {
            output_type: "display_data",
            metadata: {},
            data: { "text/html": "<b>\n</b>", "application/json": { b: 1, a: 2 } },
          },
        ],
        metadata: {},
        id: "kept",
        execution_count: 1,
        cell_type: "code" as const,
      },
    ],
  };

  it("has sorted keys, ids, texts as lines, and one way to name the kernel", () => {
    expect(formatNotebook(notebook, { name: "typescript" })).toMatchInlineSnapshot(`
      "{
       "cells": [
        {
         "cell_type": "markdown",
         "id": "cell-1",
         "metadata": {},
         "source": [
          "# Text\\n",
          "here"
         ]
        },
        {
         "cell_type": "code",
         "execution_count": 1,
         "id": "kept",
         "metadata": {},
         "outputs": [
          {
           "data": {
            "application/json": {
             "a": 2,
             "b": 1
            },
            "text/html": [
             "<b>\\n",
             "</b>"
            ]
           },
           "metadata": {},
           "output_type": "display_data"
          }
         ],
         "source": [
          "1"
         ]
        }
       ],
       "metadata": {
        "kernelspec": {
         "display_name": "TypeScript",
         "language": "typescript",
         "name": "tslab"
        },
        "language_info": {
         "name": "typescript"
        },
        "title": "kept"
       },
       "nbformat": 4,
       "nbformat_minor": 5
      }
      "
    `);
  });

  it("is a fixed point", () => {
    const once = formatNotebook(notebook, { name: "typescript" });

    expect(formatNotebook(JSON.parse(once), { name: "typescript" })).toBe(once);
  });

  it("is kept when the outputs are taken away", () => {
    const text = formatNotebook(notebook, { name: "typescript" });
    const bare = withoutOutputs(text);

    expect(JSON.parse(bare).cells[1]).toMatchObject({ outputs: [], execution_count: null, id: "kept" });
    expect(formatNotebook(JSON.parse(bare), { name: "typescript" })).toBe(bare);
  });
});
