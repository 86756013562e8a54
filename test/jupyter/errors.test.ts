// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Notebook } from "./notebook.ts";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
});
afterAll(() => notebook.close());

describe("a cell that does not compile", () => {
  it("shows every problem with its line and a mark, and runs nothing", async () => {
    const cell = await notebook.run(`console.log("not run");
const pages: number = "two";
	missing();`);

    expect(cell.types).toEqual(["error"]);
    expect(cell.reply).toMatchObject({
      status: "error",
      ename: "CompileError",
      evalue: "TS2322: Type 'string' is not assignable to type 'number'.",
    });
    expect(cell.traceback).toMatchInlineSnapshot(`
      "TS2322: Type 'string' is not assignable to type 'number'.
        2 | const pages: number = "two";
          |       ^
      TS2304: Cannot find name 'missing'.
        3 | 	missing();
          | 	^"
    `);
  });

  it("shows a message with details at one place", async () => {
    const cell = await notebook.run("const walk: (level: number) => void = (level: string) => {};");

    expect(cell.traceback).toMatchInlineSnapshot(`
      "TS2322: Type '(level: string) => void' is not assignable to type '(level: number) => void'.
      TS2328: Types of parameters 'level' and 'level' are incompatible.
      TS2322: Type 'number' is not assignable to type 'string'.
        1 | const walk: (level: number) => void = (level: string) => {};
          |       ^"
    `);
  });

  it("shows a name declared twice once for each place in the cell", async () => {
    const cell = await notebook.run("export const size = 1;");

    expect(cell.traceback).toMatchInlineSnapshot(`
      "TS2323: Cannot redeclare exported variable 'size'.
        1 | export const size = 1;
          |              ^"
    `);
  });

  it("names the file beside the notebook in which the problem is", async () => {
    const cell = await notebook.run('import { countSet } from "./newer";\ncountSet([0, 1])');

    expect(cell.traceback).toMatchInlineSnapshot(`
      "TS7006: Parameter 'id' implicitly has an 'any' type.
        in newer.ts, line 5"
    `);
  });

  it("shows what only the engine refuses in the same way", async () => {
    const cell = await notebook.run("const pages = 1;\nconst pattern = /(/;");

    expect(cell.traceback).toMatchInlineSnapshot(`
      "SyntaxError: Invalid regular expression: /(/: Unterminated group
        2 | const pattern = /(/;
          |                 ^"
    `);
  });
});

describe("a cell that throws", () => {
  it("shows the message, the line with a mark, and who called", async () => {
    const cell = await notebook.run(`type Slot = { pages: number };

function pagesOf(slot: Slot | undefined): number {
  // the next line is wrong for every slot that is not there
  return slot!.pages;
}
[undefined].map((slot) => pagesOf(slot));`);

    expect(cell.reply).toMatchObject({ status: "error", ename: "TypeError" });
    expect(cell.traceback).toMatchInlineSnapshot(`
      "TypeError: Cannot read properties of undefined (reading 'pages')
        5 |   return slot!.pages;
          |                ^
          at pagesOf (line 5)
          at line 7"
    `);
  });

  it("finds the line after an await", async () => {
    const cell = await notebook.run(`const wait = async () => {
  await null;
  throw new RangeError("late");
};
await wait();`);

    expect(cell.traceback).toMatchInlineSnapshot(`
      "RangeError: late
        3 |   throw new RangeError("late");
          |         ^
          at wait (line 3)
          at line 5"
    `);
  });

  it("names the earlier cell when the error is in its function", async () => {
    const first = await notebook.run('function fail(): never {\n  throw new Error("in the first cell");\n}');
    const cell = await notebook.run("// a comment\nfail();");

    expect(cell.traceback.replace(`[${first.reply["execution_count"]}]`, "[first]")).toMatchInlineSnapshot(`
      "Error: in the first cell
        2 |   throw new Error("in the first cell");
          |         ^
          at fail (cell [first], line 2)
          at line 2"
    `);
  });

  it("shows the library's files by the name it is imported under, without line numbers", async () => {
    const cell = await notebook.run('import { boot } from "tsm-map-sim";\nboot({ nonsense: 1 } as never);');

    expect(cell.traceback).toMatch(/\n {2}2 \| boot\(.*\n {4}\| \^\n/);
    expect(cell.traceback).toMatch(/^ {4}at boot \(tsm-map-sim\/boot\.ts\)\n {4}at line 2$/m);
  });

  it("shows recursion once, and no more frames than fit on a screen", async () => {
    const cell =
      await notebook.run(`function down(n: number): number { return n === 0 ? JSON.parse("?") : down(n - 1); }
down(50)`);

    expect(cell.traceback).toMatchInlineSnapshot(`
      "SyntaxError: Unexpected token '?', "?" is not valid JSON
        1 | function down(n: number): number { return n === 0 ? JSON.parse("?") : down(n - 1); }
          |                                                          ^
          at down (line 1)
          at line 2"
    `);
  });

  it("shows causes", async () => {
    const cell = await notebook.run(`
const cause = new TypeError("the first");
throw new Error("the second", { cause });`);

    expect(cell.traceback).toMatchInlineSnapshot(`
      "Error: the second
        3 | throw new Error("the second", { cause });
          |       ^
          at line 3
      Caused by: TypeError: the first
        2 | const cause = new TypeError("the first");
          |               ^
          at line 2"
    `);
  });

  it.each([
    ["a string", 'throw "no error";', "Thrown: 'no error'"],
    ["null", "throw null;", "Thrown: null"],
    ["an object", "throw { status: 4n };", "Thrown: { status: 4n }"],
  ])("shows %s that was thrown", async (_, code, traceback) => {
    const cell = await notebook.run(code);

    expect(cell.traceback).toBe(traceback);
  });

  it("shows no path of this machine, in no kind of output", async () => {
    const cell = await notebook.run(`
import { createRequire } from "node:module";
console.log(new Error("logged"));
console.log(new Error("text").stack);
const use = createRequire("/");
try { use("./nowhere"); } catch (error) { console.log((error as Error).stack!.split("\\n").at(-1)); }
setImmediate(() => { throw new Error("thrown by a timer"); });
void Promise.reject(new Error("rejected"));
await new Promise((wake) => setTimeout(wake, 20));
throw new Error("thrown by the cell");`);

    expect(`${cell.text}${cell.traceback}`).not.toMatch(/node:|node_modules|[/\\]kernel[/\\]|file:/);
    expect(cell.text).toMatchInlineSnapshot(`
      "Error: logged
          at line 3
      Error: text
          at line 4
          at line 6
      Unhandled rejection: Error: rejected
        8 | void Promise.reject(new Error("rejected"));
          |                     ^
          at line 8
      Uncaught: Error: thrown by a timer
        7 | setImmediate(() => { throw new Error("thrown by a timer"); });
          |                            ^
          at line 7
      "
    `);
  });

  it("throws in strict mode when it writes to a frozen object", async () => {
    const cell = await notebook.run(
      "const frozen = Object.freeze({ pages: 1 }) as { pages: number };\nfrozen.pages = 2;",
    );

    expect(cell.reply).toMatchObject({ status: "error", ename: "TypeError" });
  });
});

describe("after a cell that threw", () => {
  it("the declarations of earlier cells are intact", async () => {
    await notebook.run("const kept = 41; let replaced = 'old';");
    await notebook.run("throw new Error('half-way'); const kept = 'never'; let replaced = 5;");
    const cell = await notebook.run("const sum: number = kept + 1;\n[sum, replaced.toUpperCase()]");

    expect(cell.result).toEqual({ "text/plain": "[ 42, 'OLD' ]" });
  });

  it("what it had declared by then is there", async () => {
    await notebook.run(`import { posix } from "node:path";
      interface Range { start: number }
      const reached: Range = { start: 7 };
      function usable(): string { return posix.sep + reached.start; }
      class Reached {}
      throw new Error("half-way");`);
    const cell = await notebook.run(
      "const range: Range = reached;\n[range.start, usable(), posix.sep, new Reached()]",
    );

    expect(cell.result).toEqual({ "text/plain": "[ 7, '/7', '/', Reached {} ]" });
  });

  it("what it had not reached is unknown", async () => {
    await notebook.run("const before = 1; JSON.parse('?'); const beyond = 2;");
    const cell = await notebook.run("beyond");

    expect(cell.traceback).toContain("TS2304: Cannot find name 'beyond'.");
  });
});
