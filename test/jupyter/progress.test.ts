// SPDX-License-Identifier: MIT
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { progressFile } from "../../kernel/progress-file.cjs";
import { KernelClient } from "../../tools/kernel-client.mjs";
import { HERE } from "./notebook.ts";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "progress "));
  file = path.join(folder, "work", "progress.json");
});
afterEach(() => {
  delete process.env["TSM_MAP_PROGRESS"];
  rmSync(folder, { recursive: true });
});

/** Runs one cell in a kernel of its own and returns what it shows. */
async function inNewKernel(cell: string): Promise<string> {
  const kernel = await KernelClient.start({ cwd: HERE });
  const { messages } = await kernel.execute(`import { check, progress } from "tsm-map-sim";\n${cell}`);
  await kernel.kill();
  return JSON.stringify(messages.map(({ content }) => content));
}

describe("progress in Jupyter", () => {
  it("lasts from one kernel to the next in the file that npm start names", async () => {
    process.env["TSM_MAP_PROGRESS"] = file;

    await inNewKernel('check("01-which-slot", [0, 0, "none", "none", 7, "none"]);');

    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      version: 1,
      exercises: { "01-which-slot": { accepted: true } },
    });
    expect(await inNewKernel('progress("01").text;')).toMatch(/01-which-slot +accepted/);
  });

  it("stays in memory where no file is named, as in a run without a screen", async () => {
    await inNewKernel('check("01-which-slot", [0, 0, "none", "none", 7, "none"]);');

    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("the file of progress", () => {
  it("is not there before the first write, and is replaced as a whole", () => {
    const store = progressFile(file);

    expect(store.read()).toBeUndefined();
    store.write("one");
    store.write("two");

    expect(store.read()).toBe("two");
    expect(readdirSync(path.dirname(file))).toEqual(["progress.json"]);
  });

  it("keeps each text that cannot be read under a name of its own, beside it", () => {
    const store = progressFile(file);
    store.write("spoiled");

    const names = [store.setAside("spoiled"), store.setAside("again")];

    expect(names).toEqual(["progress.json.unreadable-1", "progress.json.unreadable-2"]);
    expect(names.map((name) => readFileSync(path.join(path.dirname(file), name), "utf8"))).toEqual([
      "spoiled",
      "again",
    ]);
  });

  it("says why it cannot be written", () => {
    writeFileSync(path.join(folder, "work"), "a file where the folder should be");

    expect(() => progressFile(file).write("one")).toThrow(/EEXIST|ENOTDIR/);
  });
});
