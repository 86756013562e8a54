// SPDX-License-Identifier: MIT
import { invalidAt, lineAt, lineOfJson } from "./json-position.ts";

/** Text that a notebook file may store as a list of lines. */
export type StoredText = string | readonly string[];

/** Data of one thing, by MIME type. `text/*` and SVG are text; JSON types are values. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** What a cell left, as the notebook format 4 stores it. */
export type Output =
  | { readonly output_type: "stream"; readonly name: string; readonly text: StoredText }
  | {
      readonly output_type: "display_data" | "execute_result";
      readonly data: MimeBundle;
      readonly metadata?: Readonly<Record<string, unknown>>;
      readonly execution_count?: number | null;
    }
  | {
      readonly output_type: "error";
      readonly ename: string;
      readonly evalue: string;
      readonly traceback: readonly string[];
    };

/** Files that a Markdown cell brings along, by name and MIME type; base64. */
export type Attachments = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface CellBase {
  readonly id: string;
  readonly tags: readonly string[];
  readonly source: string;
  /** Line of the notebook file on which a line of the source stands; both from 1. */
  readonly fileLine: (sourceLine: number) => number;
}

/** A text cell. */
export interface MarkdownCell extends CellBase {
  readonly kind: "markdown";
  readonly attachments: Attachments;
}

/** A code cell with what it left when it ran last. */
export interface CodeCell extends CellBase {
  readonly kind: "code";
  readonly outputs: readonly Output[];
  readonly executionCount: number | null;
}

/** A cell that is for converters other than this one. */
export interface RawCell extends CellBase {
  readonly kind: "raw";
}

/** A notebook that was found to be well-formed. */
export interface Notebook {
  readonly cells: readonly (MarkdownCell | CodeCell | RawCell)[];
  /** Language of the code cells, by its usual name. */
  readonly language: string;
}

/** What is wrong with a notebook, and on which line of the file. */
export class NotebookError extends Error {
  override readonly name: string = "NotebookError";
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const OUTPUT_TYPES = ["stream", "display_data", "execute_result", "error"];

/** Text of what may be stored as a list of lines. */
export function textOf(stored: StoredText): string {
  return typeof stored === "string" ? stored : stored.join("");
}

/**
 * Reads a notebook of format 4.
 *
 * @throws NotebookError with the line of the file, when it is none
 */
export function parseNotebook(text: string): Notebook {
  const raw = parseJson(text);
  const fail = (path: readonly (string | number)[], message: string): never => {
    throw new NotebookError(message, lineOfJson(text, path));
  };
  if (!isRecord(raw)) return fail([], "a notebook is a JSON object");
  if (raw["nbformat"] !== 4) fail(["nbformat"], "only notebooks of format 4 can be read");
  const cells = raw["cells"];
  if (!Array.isArray(cells)) return fail(["cells"], "a notebook has a list of cells");

  const seen = new Map<string, number>();
  return {
    language: languageOf(raw["metadata"]),
    cells: cells.map((cell: unknown, index) => {
      const at = ["cells", index];
      if (!isRecord(cell)) return fail(at, "a cell is a JSON object");
      const id = typeof cell["id"] === "string" ? cell["id"] : `cell-${index + 1}`;
      if (!/^[\w-]+$/.test(id)) fail([...at, "id"], `the cell id "${id}" has characters that no id may have`);
      if (seen.has(id))
        fail([...at, "id"], `cells ${seen.get(id)} and ${index + 1} have the same id "${id}"`);
      seen.set(id, index + 1);
      return readCell(cell, id, at, text, fail);
    }),
  };
}

type Fail = (path: readonly (string | number)[], message: string) => never;

function readCell(
  cell: Record<string, unknown>,
  id: string,
  at: readonly (string | number)[],
  text: string,
  fail: Fail,
): MarkdownCell | CodeCell | RawCell {
  const stored = cell["source"];
  if (!isStoredText(stored)) return fail([...at, "source"], `cell "${id}" has no source text`);
  const metadata = isRecord(cell["metadata"]) ? cell["metadata"] : {};
  const tags = metadata["tags"] ?? [];
  if (!isStoredText(tags) || typeof tags === "string") {
    return fail([...at, "metadata"], `the tags of cell "${id}" are not a list of strings`);
  }
  const base: CellBase = {
    id,
    tags,
    source: textOf(stored),
    fileLine: (line) => lineOfJson(text, [...at, "source", storedIndex(stored, line)]),
  };
  switch (cell["cell_type"]) {
    case "markdown":
      return { ...base, kind: "markdown", attachments: (cell["attachments"] ?? {}) as Attachments };
    case "raw":
      return { ...base, kind: "raw" };
    case "code": {
      const outputs: unknown = cell["outputs"] ?? [];
      if (!Array.isArray(outputs)) return fail([...at, "outputs"], `the outputs of cell "${id}" are no list`);
      for (const [k, output] of outputs.entries()) {
        const problem = outputProblem(output);
        if (problem !== undefined) fail([...at, "outputs", k], `output ${k + 1} of cell "${id}" ${problem}`);
      }
      const count = cell["execution_count"];
      return {
        ...base,
        kind: "code",
        outputs: outputs as Output[],
        executionCount: typeof count === "number" ? count : null,
      };
    }
    default:
      return fail(
        [...at, "cell_type"],
        `cell "${id}" is of an unknown type, ${JSON.stringify(cell["cell_type"])}`,
      );
  }
}

function outputProblem(output: unknown): string | undefined {
  if (!isRecord(output)) return "is no JSON object";
  const type = output["output_type"];
  if (typeof type !== "string" || !OUTPUT_TYPES.includes(type))
    return `is of an unknown type, ${JSON.stringify(type)}`;
  if (type === "stream") return isStoredText(output["text"]) ? undefined : "has no text";
  if (type === "error") return isStoredText(output["traceback"]) ? undefined : "has no traceback";
  return isRecord(output["data"]) ? undefined : "has no data";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    throw new NotebookError(`this is not JSON: ${message}`, lineAt(text, invalidAt(text)));
  }
}

/** Index in a list of stored lines of the item that a line of the text begins in. */
function storedIndex(stored: StoredText, line: number): number {
  if (typeof stored === "string") return 0;
  let lines = 1;
  const index = stored.findIndex((piece) => {
    lines += piece.split("\n").length - 1;
    return lines > line;
  });
  return index < 0 ? Math.max(stored.length - 1, 0) : index;
}

function languageOf(metadata: unknown): string {
  const info = isRecord(metadata) ? metadata["language_info"] : undefined;
  const spec = isRecord(metadata) ? metadata["kernelspec"] : undefined;
  const name = (isRecord(info) ? info["name"] : undefined) ?? (isRecord(spec) ? spec["language"] : undefined);
  return typeof name === "string" ? name : "text";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStoredText(value: unknown): value is string | string[] {
  return (
    typeof value === "string" || (Array.isArray(value) && value.every((line) => typeof line === "string"))
  );
}
