// SPDX-License-Identifier: MIT
// npm run notebooks:deno [-- NOTEBOOK ...]: runs the notebooks in Deno's Jupyter kernel, and counts the cells that run, and
// whose result is the committed one. The first time it installs the pinned Deno in deploy/deno.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { parseCommandLine } from "./command-line.mjs";
import { KernelClient } from "./kernel-client.mjs";
import { parseNotebook, toText } from "./notebook-format.mjs";

/**
 * @typedef {ReturnType<typeof parseNotebook>["cells"][number]} Cell
 * @typedef {Record<string, any>} Output  an output of a cell, or the content of a message that brings one
 */

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DENO = path.join(ROOT, "deploy", "deno");
const NOTEBOOKS = path.join(ROOT, "notebooks");
const MAY_FAIL = "raises-exception";
/** This kernel publishes some results after the message that the cell is done. */
const LATE_RESULTS_MS = 200;

process.exitCode = await main();

/** @returns {Promise<number>} the exit code */
async function main() {
  const command = parseCommandLine(process.argv.slice(2), {}, { operands: true });
  if (command.problem !== undefined) {
    console.error(command.problem);
    return 1;
  }
  const program = path.join(DENO, "node_modules", ".bin", "deno");
  if (!existsSync(program))
    spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: DENO, stdio: "inherit" });
  const all = readdirSync(NOTEBOOKS).filter((name) => name.endsWith(".ipynb"));
  const files =
    command.operands.length > 0 ? command.operands : all.map((name) => path.join(NOTEBOOKS, name));
  let bad = 0;
  for (const file of files) {
    const { cells, same, failures } = await runFile(program, file);
    console.log(
      `${path.basename(file)}: ${cells - failures.length} of ${cells} cells run, ${same} print the same text`,
    );
    for (const failure of failures) console.log(`  ${failure}`);
    bad += failures.length;
  }
  return bad === 0 ? 0 : 1;
}

/**
 * @param {string} program
 * @param {string} file
 */
async function runFile(program, file) {
  const notebook = parseNotebook(readFileSync(file, "utf8"));
  const kernel = await KernelClient.start({
    cwd: path.dirname(path.resolve(file)),
    command: [program, "jupyter", "--kernel", "--conn"],
  });
  const codeCells = notebook.cells.filter(
    ({ cell_type, source }) => cell_type === "code" && toText(source) !== "",
  );
  /** @type {string[]} */
  const failures = [];
  let same = 0;
  for (const cell of codeCells) {
    const { reply, messages } = await kernel.execute(toText(cell.source));
    await sleep(LATE_RESULTS_MS);
    const failed = reply["status"] !== "ok" && !(cell.metadata["tags"] ?? []).includes(MAY_FAIL);
    if (failed) failures.push(`${cell.id}: ${firstLine(reply["evalue"])}`);
    else if (textOf(messages.map(({ content }) => content)) === textOf(cell.outputs ?? [])) same++;
  }
  await kernel.shutdown();
  return { cells: codeCells.length, same, failures };
}

/**
 * What outputs say in plain text.
 *
 * @param {readonly Output[]} outputs
 */
function textOf(outputs) {
  const texts = outputs.map(({ data, text }) => toText(data?.["text/plain"] ?? text ?? ""));
  return stripVTControlCharacters(texts.join("")).trim();
}

/** @param {unknown} text */
function firstLine(text) {
  return String(text).trim().split("\n")[0] ?? "";
}
