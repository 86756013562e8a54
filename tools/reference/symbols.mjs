// SPDX-License-Identifier: MIT
/** Finds the symbols of the kernel, the firmware and the specifications in the model, and writes their index. */
import { readdirSync, readFileSync } from "node:fs";
import { declarationsOf } from "./declarations.mjs";

const SOURCES = new URL("../../lib/src/", import.meta.url);

/**
 * @typedef {import("./declarations.mjs").Declaration} Declaration
 * @typedef {import("./introduced.mjs").Notebook} Notebook
 * @typedef {{
 *   name: string,
 *   kind: Declaration["kind"],
 *   model: string,
 *   origin: string,
 *   own: boolean,
 *   cells: string[],
 * }} ModelledSymbol `own` is false for an origin that is that of the group in which the symbol stands
 */

const INTRODUCTION = `# Symbols

Every symbol of the kernel, the uAPI and the firmware that the model has under its own name, with the file of the model,
the file or specification where the real one is, and the cells of the notebooks that use it. A place in brackets is that
of the group in which the model has the symbol; the exact line may be in a header beside it. This page is generated from
the doc comments.
`;

/** A name of theirs has an underscore and no capital among small letters. @param {string} name */
function isTheirs(name) {
  return /^_*[a-z][a-z0-9]*(_[a-z0-9]+)+$/.test(name) || /^_*[A-Z][A-Z0-9]*(_[A-Za-z0-9]+)+$/.test(name);
}

/** Files whose comments speak for all constants that follow them. @param {string} file */
const isHeader = (file) => /(^|\/)(uapi|uapi-structs|fid|status)\.ts$/.test(file);

/** A path in an inherited origin; what follows it names another symbol. @param {string} origin */
function placeOf(origin) {
  return /^\S+\.[chS]\b/.exec(origin)?.[0] ?? origin;
}

/** @param {string} file @param {Declaration} declaration @returns {Omit<ModelledSymbol, "cells"> | undefined} */
function symbolOf(file, { name, owner, exported, kind, origins, above }) {
  if (!isTheirs(name)) return undefined;
  if (owner !== undefined && kind !== "function") return undefined;
  if (kind === "value" && !exported) return undefined;
  const own = origins.length > 0;
  if (!own && kind === "value" && !isHeader(file)) return undefined;
  const origin = own ? origins.join("; ") : placeOf(above[0] ?? "");
  return origin === "" ? undefined : { name, kind, model: file, origin, own };
}

/** Cells of notebooks by the names that their code uses. @param {readonly Notebook[]} notebooks */
function usedNames(notebooks) {
  /** @type {Map<string, string[]>} */
  const used = new Map();
  for (const { name: notebook, cells } of notebooks) {
    for (const { id, cell_type, source } of cells) {
      const code = [source].flat().join("");
      if (cell_type !== "code" || /^import\b/.test(code)) continue;
      for (const name of new Set(code.match(/\b\w+\b/g))) {
        used.set(name, [...(used.get(name) ?? []), `${notebook}#${id}`]);
      }
    }
  }
  return used;
}

/**
 * The symbols in the order of their names.
 *
 * @param {readonly Notebook[]} notebooks
 * @returns {ModelledSymbol[]}
 */
export function modelledSymbols(notebooks) {
  const used = usedNames(notebooks);
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /^(hw|rmm|kernel|user)\/.*\.ts$/.test(file))
    .sort();
  const symbols = files.flatMap((file) =>
    declarationsOf(readFileSync(new URL(file, SOURCES), "utf8")).flatMap((declaration) => {
      const symbol = symbolOf(file, declaration);
      return symbol === undefined ? [] : [{ ...symbol, cells: used.get(symbol.name) ?? [] }];
    }),
  );
  const place = (/** @type {ModelledSymbol} */ { name, model }) => `${name}#${model}`;
  const once = [...new Map(symbols.map((one) => [place(one), one])).values()];
  return once.sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** @param {string[]} cells */
function cellLinks(cells) {
  /** @type {Map<string, string[]>} */
  const byNotebook = new Map();
  for (const one of cells) {
    const [notebook = "", cell = ""] = one.split("#");
    byNotebook.set(notebook, [...(byNotebook.get(notebook) ?? []), cell]);
  }
  return [...byNotebook]
    .map(([notebook, ids]) => `[${notebook.slice(0, 2)}](../notebooks/${notebook}.ipynb) ${ids.join(", ")}`)
    .join("; ");
}

/** @param {ModelledSymbol} symbol */
function row({ name, model, origin, own, cells }) {
  const place = origin.replaceAll("|", "\\|");
  return `| \`${name}\` | [${model}](../lib/src/${model}) | ${own ? place : `(${place})`} | ${cellLinks(cells)} |`;
}

/**
 * The page, as Markdown.
 *
 * @param {readonly ModelledSymbol[]} symbols
 */
export function symbolsPage(symbols) {
  const section = (/** @type {string} */ title, /** @type {Declaration["kind"]} */ kind) => [
    `## ${title}`,
    "",
    "| symbol | in the model | in the real code | used in |",
    "|---|---|---|---|",
    ...symbols.filter((one) => one.kind === kind).map(row),
    "",
  ];
  return [
    INTRODUCTION,
    ...section("Functions", "function"),
    ...section("Types", "type"),
    ...section("Constants and structures", "value"),
  ].join("\n");
}
