// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cell, Notebook } from "./notebook.ts";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
});
afterAll(() => notebook.close());

/** Sends all cells at once, as "Run all" does. */
function runAll(...codes: string[]): Promise<Cell[]> {
  return Promise.all(codes.map((code) => notebook.run(code)));
}

describe("the cells sent along with one that fails", () => {
  it.each([
    ["throws", 'throw new Error("stop here");'],
    [
      "throws after a long computation",
      "const until = Date.now() + 300; while (Date.now() < until); throw 1;",
    ],
    ["throws after an await", "await null; throw 1;"],
    ["does not compile", "nothing like this"],
  ])("are aborted when it %s: they neither run nor count as passed", async (_, failing) => {
    const [first, failed, second, third] = await runAll("1", failing, 'console.log("ran")', "3");

    expect([first, failed, second, third].map((cell) => cell?.status)).toEqual([
      "ok",
      "error",
      "aborted",
      "aborted",
    ]);
    expect([...(second?.messages ?? []), ...(third?.messages ?? [])]).toEqual([]);
  });

  it("are aborted even when there are hundreds", async () => {
    const cells = await runAll("throw 1;", ...Array<string>(300).fill('console.log("ran")'));

    expect(cells.slice(1).map((cell) => cell.status)).toEqual(Array(300).fill("aborted"));
  });

  it("do not use up numbers", async () => {
    const [failed] = await runAll("throw 1;", "2", "3");
    const next = await notebook.run("4");

    expect(next.reply["execution_count"]).toBe(Number(failed?.reply["execution_count"]) + 1);
  });

  it("run when the failing cell was allowed to fail", async () => {
    const [failed, next] = await Promise.all([
      notebook.kernel.execute("throw 1;", { stopOnError: false }),
      notebook.run("2"),
    ]);

    expect(failed.reply["status"]).toBe("error");
    expect(next.status).toBe("ok");
  });
});

describe("a cell sent after the failure was answered", () => {
  it("runs", async () => {
    await notebook.run("throw 1;");
    const cell = await notebook.run('"on we go"');

    expect(cell.result).toEqual({ "text/plain": "on we go" });
  });
});
