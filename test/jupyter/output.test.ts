// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Notebook } from "./notebook.ts";

const LINES = 5000;

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
});
afterAll(() => notebook.close());

describe("a burst of output", () => {
  it("arrives whole, gathered into few messages", async () => {
    const cell = await notebook.run(`for (let i = 0; i < ${LINES}; i++) console.log("line " + i);`);

    expect(cell.status).toBe("ok");
    expect(cell.text).toBe(Array.from({ length: LINES }, (_, i) => `line ${i}\n`).join(""));
    expect(cell.messages.length).toBeLessThan(100);
  });

  it("arrives whole when every line is a message of its own", async () => {
    const cell = await notebook.run(`
      for (let i = 0; i < ${LINES}; i++) i % 2 ? console.error("line " + i) : console.log("line " + i);`);

    expect(cell.contents("stream")).toHaveLength(LINES);
    expect(cell.text).toBe(Array.from({ length: LINES }, (_, i) => `line ${i}\n`).join(""));
  });

  it("is followed by cells that run", async () => {
    const cells = await Promise.all([
      notebook.run(`for (let i = 0; i < ${LINES}; i++) console.log(i);`),
      notebook.run('console.log("next"); "done"'),
    ]);

    expect(cells[1].text).toBe("next\n");
    expect(cells[1].result).toEqual({ "text/plain": "done" });
  });
});

describe("what a cell prints", () => {
  it("keeps the order of standard output and standard error", async () => {
    const cell = await notebook.run('console.log("a"); console.error("b"); console.log("c");');

    expect(cell.contents("stream")).toEqual([
      { name: "stdout", text: "a\n" },
      { name: "stderr", text: "b\n" },
      { name: "stdout", text: "c\n" },
    ]);
  });

  it("arrives while the cell still computes", async () => {
    let heard = 0;
    const running = notebook.kernel.execute(
      `console.log("early");
       const until = Date.now() + 400;
       while (Date.now() < until) process.stdout.write("");
       console.log("late");`,
      {
        onMessage: ({ header, content }) => {
          if (header.msg_type === "stream" && content["text"] === "early\n") heard++;
        },
      },
    );
    await running;

    expect(heard).toBe(1);
  });

  it("has no colour codes, wherever Jupyter was started from", async () => {
    const cell = await notebook.run('console.log({ pages: 2, name: "gmem" }, process.env["FORCE_COLOR"]);');

    expect(cell.text).toBe("{ pages: 2, name: 'gmem' } undefined\n");
  });

  it("may come from a write with a callback", async () => {
    const cell = await notebook.run(
      "await new Promise<void>((written) => process.stdout.write(new Uint8Array([104, 105]), () => written()));",
    );

    expect(cell.text).toBe("hi");
  });

  it("includes rejections that nobody handled", async () => {
    const cell = await notebook.run('void Promise.reject(new Error("dropped"));');

    expect(cell.status).toBe("ok");
    expect(cell.text).toMatchInlineSnapshot(`
      "Unhandled rejection: Error: dropped
        1 | void Promise.reject(new Error("dropped"));
          |                     ^
          at line 1
      "
    `);
  });
});
