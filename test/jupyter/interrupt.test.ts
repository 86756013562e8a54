// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cell, Notebook } from "./notebook.ts";

const ON_UNIX = process.platform !== "win32"; // Windows has no signals

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
});
afterAll(() => notebook.close());

/** Runs a cell and interrupts it as soon as it says that it has begun. */
async function interruptOnceBegun(code: string): Promise<Cell> {
  const execution = await notebook.kernel.execute(`process.stdout.write("begun");\n${code}`, {
    onMessage: ({ header }) => {
      if (header.msg_type === "stream") notebook.kernel.interrupt();
    },
  });
  return new Cell(execution);
}

describe.runIf(ON_UNIX)("an interrupt", () => {
  it.each([
    [
      "an endless loop",
      'const long = Date.now() + 200; for (;;) if (Date.now() > long) process.stdout.write("");',
    ],
    [
      "an endless loop that catches everything",
      "for (;;) { try { while (true) process.stdout.write(''); } catch {} }",
    ],
    ["an await of something that never comes", "await new Promise(() => {});"],
    ["awaits without end of what is always there", "for (;;) await null;"],
    [
      "for await without end of what is always there",
      "for await (const one of (async function* () { for (;;) yield 1; })()) void one;",
    ],
    ["a loop that waits for timers", "for (;;) await new Promise((wake) => setTimeout(wake, 5));"],
  ])("stops %s, and the notebook goes on", async (_, code) => {
    const stopped = await interruptOnceBegun(`const kept = 5;\n${code}`);
    const next = await notebook.run("kept + 1");

    expect(stopped.reply).toMatchObject({ status: "error", ename: "Interrupted" });
    expect(stopped.traceback).toBe("Interrupted: the cell was interrupted");
    expect(next.result).toEqual({ "text/plain": "6" });
  });

  it("ends the code that was waiting, so that it does not print into later cells", async () => {
    await interruptOnceBegun(
      'for (;;) { await new Promise((wake) => setTimeout(wake, 10)); console.log("tick"); }',
    );
    const next = await notebook.run("await new Promise((wake) => setTimeout(wake, 60));");

    expect(next.text).toBe("");
  });

  it("aborts the cells that were sent with the interrupted one", async () => {
    const [stopped, next] = await Promise.all([
      interruptOnceBegun("await new Promise(() => {});"),
      notebook.run("1"),
    ]);

    expect([stopped.status, next.status]).toEqual(["error", "aborted"]);
  });

  it("of an idle kernel does nothing", async () => {
    notebook.kernel.interrupt();
    const cell = await notebook.run("1 + 1");

    expect(cell.result).toEqual({ "text/plain": "2" });
  });
});

describe("an interrupt sent as a message", () => {
  it("stops an await", async () => {
    const running = notebook.run("await new Promise(() => {});");
    const reply = await notebook.kernel.request("interrupt_request");

    expect(reply).toMatchObject({ status: "ok" });
    expect((await running).reply).toMatchObject({ ename: "Interrupted" });
  });
});
