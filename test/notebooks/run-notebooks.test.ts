// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FIXTURE, ROOT } from "./course.ts";

/** Inside the course's folder, where cells find the library. */
let folder: string;
beforeAll(() => {
  mkdirSync(path.join(ROOT, ".cache"), { recursive: true });
  folder = mkdtempSync(path.join(ROOT, ".cache", "some notebooks "));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command on files of the folder. */
function runNotebooks(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = path.join(ROOT, "tools", "run-notebooks.mjs");
  // The limit of a test does not end what blocks it.
  return spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: "utf8", timeout: 590_000 });
}

/** Writes a notebook with these code cells. */
function write(name: string, ...sources: string[]): string {
  const cells = sources.map((source) => ({ cell_type: "code", metadata: {}, outputs: [], source }));
  const file = path.join(folder, name);
  writeFileSync(file, JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }));
  return file;
}

describe("npm run notebooks", () => {
  it("finds the committed outputs of every notebook of the course", () => {
    const { status, stdout } = runNotebooks("--check", path.join(ROOT, "notebooks"));

    expect([status, stdout]).toEqual([0, expect.not.stringMatching(/FAILED|DIFFERS/)]);
  }, 600_000);

  it("writes a notebook in the canonical form, whatever it was written in, and then finds it unchanged", () => {
    const file = path.join(folder, "outputs.ipynb");
    cpSync(FIXTURE, file);
    const canonical = readFileSync(FIXTURE, "utf8");
    writeFileSync(file, JSON.stringify(JSON.parse(canonical), null, 4).replaceAll('"3n"', '"4n"'));

    const written = runNotebooks("outputs.ipynb");
    const checked = runNotebooks("--check", "outputs.ipynb");

    expect(written.stdout).toBe("written outputs.ipynb, 10 cells\n1 of 1 notebooks are good.\n");
    expect(readFileSync(file, "utf8")).toBe(canonical);
    expect(checked.stdout).toBe("same    outputs.ipynb, 10 cells\n1 of 1 notebooks are good.\n");
  });

  it("shows which cell differs and how, and fails", () => {
    const committed = readFileSync(FIXTURE, "utf8").replace('"step 2\\n"', '"step 3\\n",\n      "step 4\\n"');
    writeFileSync(path.join(folder, "differs.ipynb"), committed);

    const { status, stdout } = runNotebooks("--check", "differs.ipynb");

    expect(status).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
      "DIFFERS differs.ipynb
        cell 5 [3]: await new Promise((wake) => setTimeout(wake, 20));
          - expected stdout | step 3
          - expected stdout | step 4
          + got      stdout | step 2
      1 of 1 notebooks are not good.
      "
    `);
    expect(readFileSync(path.join(folder, "differs.ipynb"), "utf8")).toBe(committed);
  });

  it("names the cell that fails, runs nothing after it, and leaves the file alone", () => {
    const file = write(
      "fails.ipynb",
      "1 + 1",
      'throw new Error("not meant to");',
      'process.kill(process.pid, "SIGKILL");',
    );
    const before = readFileSync(file, "utf8");

    const { status, stdout } = runNotebooks("fails.ipynb");

    expect(status).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
      "FAILED  fails.ipynb, cell 2
      Error: not meant to
        1 | throw new Error("not meant to");
          |       ^
          at line 1
      1 of 1 notebooks are not good.
      "
    `);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("says when the kernel dies", () => {
    write("dies.ipynb", "process.exit(3);");

    const { status, stdout } = runNotebooks("dies.ipynb");

    expect([status, stdout]).toEqual([
      1,
      "FAILED  dies.ipynb, cell 1\nthe kernel ended\n1 of 1 notebooks are not good.\n",
    ]);
  });

  it("runs a folder, each notebook in a kernel of its own, and reports them in order", () => {
    mkdirSync(path.join(folder, "several"));
    write("several/b.ipynb", "const mine: number = 1;");
    write("several/a.ipynb", "const mine: string = 'a';");

    const { status, stdout } = runNotebooks("several");

    expect([status, stdout]).toEqual([
      0,
      "written several/a.ipynb, 1 cells\nwritten several/b.ipynb, 1 cells\n2 of 2 notebooks are good.\n",
    ]);
  });

  it("says so when there is nothing to run", () => {
    mkdirSync(path.join(folder, "empty"));

    const { status, stdout } = runNotebooks("--check", "empty");

    expect([status, stdout]).toEqual([0, "There are no notebooks in empty: nothing to run.\n"]);
  });

  it.each([
    [["--chek"], "There is no option --chek."],
    [["nowhere.ipynb"], "There is no notebook or folder nowhere.ipynb."],
  ])("answers %j with one sentence", (args, sentence) => {
    const { status, stderr } = runNotebooks(...args);

    expect([status, stderr.split("\n")[0]]).toEqual([1, sentence]);
  });

  it.each([
    ["no JSON", "notebook", /^this is not a notebook: /m],
    ["another format", '{"nbformat": 3, "worksheets": []}', /^this is not a notebook of format 4$/m],
  ])("refuses a file that is %s", (_, text, message) => {
    writeFileSync(path.join(folder, "odd.ipynb"), text);

    const { status, stdout } = runNotebooks("odd.ipynb");

    expect([status, stdout]).toEqual([1, expect.stringMatching(message)]);
  });
});
