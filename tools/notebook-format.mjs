// SPDX-License-Identifier: MIT

/**
 * Notebook files, written in the one way in which Jupyter writes them too: what a learner saves after "Run all" is, byte
 * for byte, what is committed.
 *
 * @spec Jupyter notebook format 4.5
 *
 * @typedef {{ output_type: string, [key: string]: any }} Output
 * @typedef {object} Cell
 * @property {"code" | "markdown" | "raw"} cell_type
 * @property {string} [id]
 * @property {Record<string, any>} metadata
 * @property {string | string[]} source
 * @property {Output[]} [outputs]
 * @property {number | null} [execution_count]
 * @typedef {{ cells: Cell[], metadata: Record<string, any>, nbformat: number, nbformat_minor: number }} Notebook
 */

const NBFORMAT = 4;
const NBFORMAT_MINOR = 5; // the first with cell ids

const KERNELSPEC = { display_name: "TypeScript", language: "typescript", name: "tslab" };

/** Jupyter ends lines where Python's `splitlines` does. */
const LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029";
const LINE = new RegExp(`[^${LINE_ENDS}]*(?:\r\n|[${LINE_ENDS}]|$)`, "g");
/** These MIME types, beside all of text/, are stored as a list of lines. */
const STORED_AS_LINES = new Set(["application/javascript", "image/svg+xml"]);

/**
 * A text as a list of lines, each with its end.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function toLines(text) {
  return (text.match(LINE) ?? []).filter((line) => line !== "");
}

/**
 * A text that may be stored as a list of lines.
 *
 * @param {string | string[]} stored
 */
export function toText(stored) {
  return Array.isArray(stored) ? stored.join("") : stored;
}

/**
 * The notebook in a text. Throws one sentence when it is none, or one of an older format.
 *
 * @param {string} text
 * @returns {Notebook}
 */
export function parseNotebook(text) {
  /** @type {Notebook} */
  let notebook;
  try {
    notebook = JSON.parse(text);
  } catch (error) {
    throw new Error(`this is not a notebook: ${/** @type {Error} */ (error).message}`);
  }
  if (notebook.nbformat !== NBFORMAT || !Array.isArray(notebook.cells)) {
    throw new Error(`this is not a notebook of format ${NBFORMAT}`);
  }
  return notebook;
}

/**
 * The text of a notebook: sorted keys, an id for each cell, long texts as lists of lines.
 *
 * @param {Notebook} notebook
 * @param {Record<string, any>} languageInfo  as the kernel gives it
 */
export function formatNotebook(notebook, languageInfo) {
  const canonical = {
    cells: notebook.cells.map((cell, index) => ({
      ...cell,
      id: cell.id ?? `cell-${index + 1}`,
      source: toLines(toText(cell.source)),
      ...(cell.outputs && { outputs: cell.outputs.map(storedOutput) }),
    })),
    metadata: { ...notebook.metadata, kernelspec: KERNELSPEC, language_info: languageInfo },
    nbformat: NBFORMAT,
    nbformat_minor: Math.max(NBFORMAT_MINOR, notebook.nbformat_minor),
  };
  return `${JSON.stringify(canonical, sortedKeys, 1)}\n`;
}

/**
 * A notebook as a learner gets it: nothing has run, so no output is given away before its question.
 *
 * @param {string} text
 */
export function withoutOutputs(text) {
  const notebook = parseNotebook(text);
  const cells = notebook.cells.map((cell) =>
    cell.cell_type === "code" ? { ...cell, outputs: [], execution_count: null } : cell,
  );
  return `${JSON.stringify({ ...notebook, cells }, sortedKeys, 1)}\n`;
}

/**
 * Adds a published message to the outputs of a cell, as Jupyter does: text goes on where text of its kind ended, and
 * an update replaces the data of the displays that bear its id.
 *
 * @param {Output[]} outputs
 * @param {import("../kernel/wire.cjs").Message} message
 * @param {Map<string, Output[]>} displays  of the whole notebook, by display id
 */
export function addOutput(outputs, { header, content }, displays) {
  const type = header.msg_type;
  const last = outputs.at(-1);
  const id = content["transient"]?.display_id;
  if (type === "stream") {
    if (last?.output_type === "stream" && last["name"] === content["name"]) last["text"] += content["text"];
    else outputs.push({ output_type: type, name: content["name"], text: content["text"] });
  } else if (type === "error") {
    const { ename, evalue, traceback } = content;
    outputs.push({ output_type: type, ename, evalue, traceback });
  } else if (type === "execute_result") {
    const { data, metadata, execution_count } = content;
    outputs.push({ output_type: type, data, metadata, execution_count });
  } else if (type === "display_data") {
    const display = { output_type: type, data: content["data"], metadata: content["metadata"] };
    outputs.push(display);
    if (id) displays.set(id, [...(displays.get(id) ?? []), display]);
  } else if (type === "update_display_data") {
    for (const display of displays.get(id) ?? []) display["data"] = content["data"];
  }
}

/**
 * @param {Output} output
 * @returns {Output}
 */
function storedOutput(output) {
  if (output.output_type === "stream") return { ...output, text: toLines(toText(output["text"])) };
  if (output["data"] === undefined) return output;
  const data = Object.entries(output["data"]).map(([mime, value]) => {
    const asLines = typeof value === "string" && (mime.startsWith("text/") || STORED_AS_LINES.has(mime));
    return [mime, asLines ? toLines(value) : value];
  });
  return { ...output, data: Object.fromEntries(data) };
}

/**
 * @param {string} _
 * @param {unknown} value
 */
function sortedKeys(_, value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
