// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import * as library from "../../lib/src/index.ts";
import { type Output, parseNotebook, textOf } from "../../site/ipynb/index.ts";
import { collect, type Displays } from "../../site/runtime/collect.ts";
import { Session } from "../../site/runtime/session.ts";
import { firstDifference, plainOutput } from "./differences.ts";

const root = path.resolve(import.meta.dirname, "../..");

function newSession(): Session {
  return new Session({
    load: async (specifier) => {
      if (specifier === "tsm-map-sim") return library;
      throw new Error(`there is no module "${specifier}"`);
    },
  });
}

/** Runs cells one after another; the outputs of each. */
async function outputsOf(...cells: string[]): Promise<Output[][]> {
  const session = newSession();
  const displays: Displays = new Map();
  const all: Output[][] = [];
  for (const [i, source] of cells.entries()) {
    const outputs: Output[] = [];
    all.push(outputs);
    await session.execute(source, i + 1, (message) => collect(outputs, message, i + 1, displays));
  }
  return all;
}

/** What the last of some cells shows, as text. */
async function lastText(...cells: string[]): Promise<string> {
  const outputs = (await outputsOf(...cells)).at(-1) ?? [];
  return outputs
    .map((output) => {
      if (output.output_type === "stream") return textOf(output.text);
      if (output.output_type === "error") return output.traceback.join("\n");
      return String(output.data["text/plain"]);
    })
    .join("");
}

describe("names across cells", () => {
  it.each([
    ["a const of an earlier cell", ["const a = 1;", "a + 1"], "2"],
    ["a const declared again", ["const a = 1;", 'const a = "x";', "a"], "x"],
    ["an assignment from a later cell", ["let n = 1;", "n += 4;", "n"], "5"],
    ["a function that sees what a name has become", ["let n = 1; const f = () => n;", "n = 2;", "f()"], "2"],
    [
      "a function declared below its use",
      ["const v = twice(2); function twice(x: number) { return x * 2; }", "v"],
      "4",
    ],
    [
      "a function declared again",
      ["function p() { return 1; } function q() { return p(); }", "function p() { return 2; }", "q()"],
      "2",
    ],
    [
      "destructuring with defaults and rest",
      ["const { a, b: [c, ...d], e = 5 } = { a: 1, b: [2, 3, 4], e: undefined };", "[a, c, d, e]"],
      "[ 1, 2, [ 3, 4 ], 5 ]",
    ],
    [
      "swapping by destructuring",
      [
        "let a = 1, b = 2",
        "[a, b] = [b, a]; ({ a, b = 7 } = { a: 9 } as { a: number; b?: number })",
        "[a, b]",
      ],
      "[ 9, 7 ]",
    ],
    ["shorthand properties", ["const a = 1;", "({ a })"], "{ a: 1 }"],
    [
      "parameters and locals that hide a shared name",
      ["const a = 1;", "((a: number) => { { const b = a; return b; } })(3)"],
      "3",
    ],
    [
      "a catch parameter that hides a shared name",
      ["let e = 1;", "try { throw 5; } catch (e) { e }\ne"],
      "1",
    ],
    [
      "loops",
      ["const xs = [1, 2]; let s = 0", "for (const x of xs) s += x\nfor (let i = 0; i < 2; i++) s += i\ns"],
      "4",
    ],
    ["labels and object keys", ["const a = 1;", "a: for (;;) { break a; }\n({ a: 2 }).a"], "2"],
    [
      "a class with static and private parts",
      [
        "const k = 3; class A { static s = k; #p = k; get p() { return this.#p; } }",
        "[A.s, new A().p, new A()]",
      ],
      "[ 3, 3, A {} ]",
    ],
    ["an enum", ["enum E { A = 4 }", "E.A"], "4"],
    [
      "names of functions in variables",
      ["const f = (() => 1), g = function () {}, C = class {};", "[f, g, C]"],
      "[ [Function: f], [Function: g], [class C] ]",
    ],
    ["this in a plain call", ["function f(this: unknown) { return this; }", "f() === undefined"], "true"],
    ["a template tag", ["const t = (s: TemplateStringsArray) => s.raw.length;", "t`a`"], "1"],
    ["statements without semicolons", ["const f = () => 3", "let a = 1 /* one */\nf()\na"], "1"],
    ["a sequence as last expression", ["(1, 2)"], "2"],
    ["await at top level", ["const a = await Promise.resolve(3)", "a"], "3"],
    ["for await", ["let s = 0; for await (const x of [1, Promise.resolve(2)]) s += x;", "s"], "3"],
    ["dynamic import", ['const { hex } = await import("tsm-map-sim");', "hex(0x1_0000)"], "0x1_0000"],
    ["a generator", ["function* g() { yield 1; yield* [2]; }", "[...g()]"], "[ 1, 2 ]"],
    [
      "generic calls and assertions",
      [
        "const m = new Map<string, number[]>([['a', [1]]]);",
        "m.get('a')!.map<string>(String) satisfies string[]",
      ],
      "[ '1' ]",
    ],
  ])("%s", async (_, cells, expected) => {
    expect(await lastText(...cells)).toBe(expected);
  });

  it("keeps what a cell had declared when it threw, and the old value of what it did not reach", async () => {
    const cells = ["const a = 1; let b = 1;", "const a = 2; throw new Error('x'); b = 3;", "[a, b]"];

    expect(await lastText(...cells)).toBe("[ 2, 1 ]");
  });
});

describe("what a cell shows", () => {
  it.each([
    ["a string as it is", '"two words"', "two words"],
    [
      "a value as Node inspects it",
      "({ a: 1n, b: new Map([[1, new Uint8Array(2)]]) })",
      "{ a: 1n, b: Map(1) { 1 => Uint8Array(2) [ 0, 0 ] } }",
    ],
    ["nothing for undefined", "undefined", ""],
    ["nothing for null", "null", ""],
    ["nothing when the last statement is no expression", "1; if (true) 2;", ""],
    ["the value even with a semicolon", "1 + 1;", "2"],
  ])("%s", async (_, source, expected) => {
    expect(await lastText(source)).toBe(expected);
  });
});

describe("errors", () => {
  it.each([
    [
      "thrown at a line",
      "const a = 1;\n\nnull!.foo;",
      "TypeError: Cannot read properties of null (reading 'foo')\n  3 | null!.foo;\n    |       ^\n    at line 3",
    ],
    [
      "of an unknown name",
      "1;\nnope + 1",
      "ReferenceError: nope is not defined\n  2 | nope + 1\n    | ^\n    at line 2",
    ],
    [
      "of the syntax",
      "let a = 1;\nlet = ;",
      expect.stringMatching(/^SyntaxError: [\s\S]*\n {2}2 \| let = ;/),
    ],
    ["that is no Error", "throw { code: 1 };", "Thrown: { code: 1 }"],
    [
      "of an export",
      "1;\nexport const a = 1;",
      expect.stringContaining("  2 | export const a = 1;\n    | ^"),
    ],
    [
      "of a module that is not there",
      'import x from "nowhere";',
      expect.stringContaining('Error: there is no module "nowhere"\n  1 | import'),
    ],
  ])("%s", async (_, source, expected) => {
    const session = newSession();
    session.installStackTraces();
    const report = await session.execute(source, 1, () => {});

    expect(report?.traceback.join("\n")).toEqual(expected);
  });
});

const folder = path.join(root, "notebooks");
const notebooks = [
  ...readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .map((name) => path.join(folder, name)),
  path.join(root, "test/notebooks/fixtures/outputs.ipynb"),
];

describe("a notebook gives the outputs that Jupyter recorded", () => {
  it.each(notebooks.map((file) => [path.basename(file), file]))("%s", async (_, file) => {
    const { cells } = parseNotebook(readFileSync(file, "utf8"));
    const session = newSession();
    session.installStackTraces();
    const displays: Displays = new Map();
    const ran: { id: string; outputs: Output[] }[] = [];
    for (const cell of cells) {
      // What the kernel's type check refuses runs here; the page shows type errors on its own.
      if (
        cell.kind !== "code" ||
        cell.outputs.some((one) => one.output_type === "error" && one.ename === "CompileError")
      )
        continue;
      const outputs: Output[] = [];
      ran.push({ id: cell.id, outputs });
      if (cell.source.trim() === "") continue;
      const count = cell.executionCount ?? 0;
      await session.execute(cell.source, count, (message) => collect(outputs, message, count, displays));
    }

    const differences = ran.flatMap(({ id, outputs }) => {
      const recorded = cells.find((cell) => cell.id === id);
      const expected = recorded?.kind === "code" ? recorded.outputs.map(plainOutput) : [];
      return firstDifference(`cell ${id}`, expected, outputs);
    });
    expect(differences).toEqual([]);
  });
});
