// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Notebook } from "./notebook.ts";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
});
afterAll(() => notebook.close());

describe("the value of a cell", () => {
  it("is sent as an execute_result", async () => {
    const cell = await notebook.run("const two = 2;\ntwo + 1");

    expect(cell.types).toEqual(["execute_result"]);
    expect(cell.result).toEqual({ "text/plain": "3" });
    expect(cell.contents("execute_result")[0]?.["execution_count"]).toBe(cell.reply["execution_count"]);
  });

  it.each([
    ["a string as it is", '"one\\ntwo"', "one\ntwo"],
    ["an object as Node prints it", "({ pages: 2n, name: 'gmem' })", "{ pages: 2n, name: 'gmem' }"],
    ["false", "1 > 2", "false"],
  ])("shows %s", async (_, code, text) => {
    const cell = await notebook.run(code);

    expect(cell.result).toEqual({ "text/plain": text });
  });

  it.each(["undefined", "null", "let unseen = 1;", "if (true) { 5 }"])(
    "shows nothing for %s",
    async (code) => {
      const cell = await notebook.run(code);

      expect(cell.types).toEqual([]);
      expect(cell.status).toBe("ok");
    },
  );

  it("shows itself when it has a Jupyter.display method", async () => {
    const cell = await notebook.run(`
      class Picture {
        label = "slots";
        [Symbol.for("Jupyter.display")]() {
          return { "image/svg+xml": "<svg/>", "text/plain": this.label };
        }
      }
      new Picture()`);

    expect(cell.result).toEqual({ "image/svg+xml": "<svg/>", "text/plain": "slots" });
  });

  it("may take its time to show itself", async () => {
    const cell = await notebook.run(
      `({ async [Symbol.for("Jupyter.display")]() { await null; return { "text/plain": "later" }; } })`,
    );

    expect(cell.result).toEqual({ "text/plain": "later" });
  });

  it("fails the cell when its display method returns no MIME types", async () => {
    const cell = await notebook.run(`({ [Symbol.for("Jupyter.display")]() { return "text"; } })`);

    expect(cell.status).toBe("error");
    expect(cell.traceback).toBe(
      'TypeError: [Symbol.for("Jupyter.display")]() must return an object of MIME types, not string',
    );
  });
});

describe("the package tslab", () => {
  it("displays values in the middle of a cell, in order with what is printed", async () => {
    const cell = await notebook.run(`
      import { display } from "tslab";
      console.log("before");
      display.html("<b>here</b>");
      console.log("after");`);

    expect(cell.types).toEqual(["stream", "display_data", "stream"]);
    expect(cell.contents("display_data")[0]?.["data"]).toEqual({ "text/html": "<b>here</b>" });
  });

  it("updates a display in place", async () => {
    const cell = await notebook.run(`
      import { newDisplay } from "tslab";
      const meter = newDisplay();
      meter.text("1 of 2");
      meter.text("2 of 2");`);

    expect(cell.types).toEqual(["display_data", "update_display_data"]);
    const ids = cell.messages.map((message) => message.content["transient"]?.display_id).filter(Boolean);
    expect(new Set(ids).size).toBe(1);
  });
});

describe("await at the top level", () => {
  it("takes a parenthesised operand", async () => {
    const cell = await notebook.run("const six: number = await (Promise.resolve(6));\nsix + 1");

    expect(cell.result).toEqual({ "text/plain": "7" });
  });

  it("takes for await, alone in a cell", async () => {
    const cell = await notebook.run("for await (const page of [Promise.resolve(1), 2]) console.log(page);");

    expect(cell.text).toBe("1\n2\n");
  });

  it("keeps the order in which plain JavaScript runs its tasks", async () => {
    const cell = await notebook.run(`
      const steps = async (name: string) => { for (let i = 0; i < 3; i++) { await null; console.log(name, i); } };
      await Promise.all([steps("a"), steps("b")]);`);

    expect(cell.text).toBe("a 0\nb 0\na 1\nb 1\na 2\nb 2\n");
  });

  it("lets thousands of awaits finish", async () => {
    const cell = await notebook.run(`
      let sum = 0;
      for (let i = 0; i < 5000; i++) sum += await i;
      for await (const one of Array<number>(2500).fill(1)) sum += one;
      sum`);

    expect(cell.result).toEqual({ "text/plain": String((4999 * 5000) / 2 + 2500) });
  });
});

describe("the scope that cells share", () => {
  it("holds values, functions, classes and types", async () => {
    await notebook.run(`
      const base = 4;
      function twice(n: number): number { return 2 * n; }
      class Slot { constructor(readonly pages: number) {} }
      interface Named { name: string }`);
    const cell = await notebook.run(`const slot = new Slot(twice(base));
      const named: Named = { name: "slot of " + slot.pages };
      named.name`);

    expect(cell.result).toEqual({ "text/plain": "slot of 8" });
  });

  it("lets a cell run again", async () => {
    const code = 'import { sep } from "node:path";\nconst again = sep.length;\nagain';
    await notebook.run(code);
    const cell = await notebook.run(code);

    expect(cell.result).toEqual({ "text/plain": "1" });
  });

  it("is a plain object, so that top-level variables in a loop are not hundreds of times slower", async () => {
    await notebook.run(`
      const steps = 2_000_000;
      const inFunction = () => { let n = 0; for (let i = 0; i < steps; i++) n = (n + i) | 0; return n; };
      const timed = (run: () => void) => { const begin = performance.now(); run(); return performance.now() - begin; };
      let total = 0;
      let step = 0;
      const atTopLevel = () => { for (step = 0; step < steps; step++) total = (total + step) | 0; };`);
    const cell = await notebook.run(`
      const fastest = (run: () => void) => Math.min(...[1, 2, 3, 4].map(() => timed(run)));
      const ratio = fastest(atTopLevel) / fastest(inFunction);
      ratio < 100 ? "alike" : "a top-level variable is " + ratio + " times slower"`);

    expect(cell.result).toEqual({ "text/plain": "alike" });
  });
});

describe("the type check", () => {
  it("is strict", async () => {
    const cell = await notebook.run("function length(text) { return text.length; }");

    expect(cell.status).toBe("error");
    expect(cell.traceback).toContain("TS7006: Parameter 'text' implicitly has an 'any' type.");
  });

  it("knows the types of the library", async () => {
    const cell = await notebook.run('import { notThere } from "tsm-map-sim";');

    expect(cell.traceback).toContain(`TS2305: Module '"tsm-map-sim"' has no exported member 'notThere'.`);
  });
});

describe("the library", () => {
  it("is imported by its name, without a word from Node", async () => {
    const cell = await notebook.run('import * as sim from "tsm-map-sim";\nObject.keys(sim).length > 0');

    expect(cell.types).toEqual(["execute_result"]);
    expect(cell.result).toEqual({ "text/plain": "true" });
  });
});

describe("a TypeScript file beside the notebook", () => {
  it("is imported by its relative path", async () => {
    const cell = await notebook.run('import { pagesIn } from "./beside";\npagesIn(0x2000)');

    expect(cell.result).toEqual({ "text/plain": "2" });
  });
});

describe("the other requests", () => {
  it("say what the kernel is, as it is saved in notebooks", async () => {
    const info = await notebook.kernel.request("kernel_info_request");

    expect(info["language_info"]).toEqual({
      codemirror_mode: { mode: "typescript", name: "javascript", typescript: true },
      file_extension: ".ts",
      mimetype: "text/typescript",
      name: "typescript",
      version: "5.0.4",
    });
    expect(info).toMatchObject({ status: "ok", implementation: "tslab", implementation_version: "1.0.22" });
  });

  it("complete a name, counting the cursor in code points", async () => {
    await notebook.run("const memslotCount = 3;");
    const code = '"🙂"; memslotC';
    const reply = await notebook.kernel.request("complete_request", { code, cursor_pos: [...code].length });

    expect(reply).toMatchObject({ status: "ok", cursor_start: 5, cursor_end: 13 });
    expect(reply["matches"]).toContain("memslotCount");
  });

  it("tell the type of a name", async () => {
    await notebook.run("const slotName: string = 'ram';");
    const reply = await notebook.kernel.request("inspect_request", {
      code: "slotName",
      cursor_pos: 3,
      detail_level: 0,
    });

    expect(reply).toMatchObject({ found: true });
    expect(reply["data"]["text/plain"]).toContain("const slotName: string");
  });

  it.each([
    ["1 + 1", "complete"],
    ["function f() {", "incomplete"],
  ])("tell whether %j can be run", async (code, status) => {
    expect(await notebook.kernel.request("is_complete_request", { code })).toMatchObject({ status });
  });

  it("are refused when unknown", async () => {
    const reply = await notebook.kernel.request("debug_request");

    expect(reply).toMatchObject({ status: "error", evalue: "this kernel does not know debug_request" });
  });

  it("run code silently: nothing is published and nothing is counted", async () => {
    const before = await notebook.run("1");
    const silent = await notebook.kernel.execute("console.log('unheard'); 2", { silent: true });
    const after = await notebook.run("3");

    expect(silent.messages).toEqual([]);
    expect(after.reply["execution_count"]).toBe(Number(before.reply["execution_count"]) + 1);
  });
});
