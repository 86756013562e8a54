// SPDX-License-Identifier: MIT
import path from "node:path";
import { KernelClient } from "./kernel-client.mjs";
import { addOutput, formatNotebook, parseNotebook, toText } from "./notebook-format.mjs";

/**
 * "Run all" without Jupyter: every cell of a notebook, in order, in a fresh kernel.
 *
 * @typedef {import("./notebook-format.mjs").Cell} Cell
 * @typedef {object} Failure  the cell that stopped the run
 * @property {number} cell  its place among all cells, from 1
 * @property {string} message
 * @typedef {{ text: string, cellsRun: number, failure?: Failure | undefined }} Run  `text` is the notebook as it is now
 */

/** A cell of the course takes milliseconds; one that takes this long never ends. */
const CELL_LIMIT_MS = 120_000;
/** An interrupted cell that is still not done has to go down with its kernel. */
const INTERRUPT_LIMIT_MS = 5_000;

/** A cell with this tag may fail, and the run goes on. */
const MAY_FAIL = "raises-exception";

/**
 * Runs a notebook. The first cell that fails without being allowed to ends the run.
 *
 * @param {string} file  where the notebook is, so that its cells find what lies beside it
 * @param {string} text  what is in it
 * @returns {Promise<Run>}
 */
export async function runNotebook(file, text) {
  const notebook = parseNotebook(text);
  const kernel = await KernelClient.start({ cwd: path.dirname(path.resolve(file)) });
  /** @type {Parameters<typeof addOutput>[2]} */
  const displays = new Map();
  /** @type {Failure | undefined} */
  let failure;
  let cellsRun = 0;
  for (const [index, cell] of notebook.cells.entries()) {
    if (cell.cell_type !== "code") continue;
    cell.outputs = [];
    cell.execution_count = null;
    if (failure || toText(cell.source).trim() === "") continue;
    const message = await runCell(kernel, cell, displays);
    cellsRun++;
    if (message !== undefined) failure = { cell: index + 1, message };
  }
  await kernel.shutdown();
  return { text: formatNotebook(notebook, kernel.languageInfo ?? {}), cellsRun, failure };
}

/**
 * Runs a cell and notes its outputs.
 *
 * @param {KernelClient} kernel
 * @param {Cell} cell
 * @param {Parameters<typeof addOutput>[2]} displays
 * @returns {Promise<string | undefined>}  what went wrong and must not
 */
async function runCell(kernel, cell, displays) {
  const mayFail = (cell.metadata["tags"] ?? []).includes(MAY_FAIL);
  let late = false;
  const limits = [
    setTimeout(() => {
      late = true;
      kernel.interrupt();
    }, CELL_LIMIT_MS),
    setTimeout(() => void kernel.kill(), CELL_LIMIT_MS + INTERRUPT_LIMIT_MS),
  ];
  try {
    const { reply, messages } = await kernel.execute(toText(cell.source), { stopOnError: !mayFail });
    for (const message of messages) addOutput(cell.outputs ?? [], message, displays);
    cell.execution_count = reply["execution_count"];
    if (late) return `the cell was still running after ${CELL_LIMIT_MS / 1000} seconds`;
    if (reply["status"] === "ok" || (reply["status"] === "error" && mayFail)) return undefined;
    return reply["traceback"]?.join("\n") ?? `the cell ended with status ${reply["status"]}`;
  } catch (error) {
    if (late) return `the cell was still running after ${CELL_LIMIT_MS / 1000} seconds`;
    return /** @type {Error} */ (error).message;
  } finally {
    limits.forEach(clearTimeout);
  }
}
