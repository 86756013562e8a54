// SPDX-License-Identifier: MIT
import { CELL_BODY } from "./compile.ts";
import type { Position } from "./source-map.ts";

/** A cell that was compiled, as stack traces need it. */
export interface TracedCell {
  /** The one in brackets beside the cell. */
  readonly number: number;
  readonly source: string;
  readonly locate: (at: Position) => Position;
}

/** One call on the way to an error; `cell` when it was in a cell. */
export interface Frame {
  readonly text: string;
  readonly cell?: { readonly cell: TracedCell; readonly at: Position };
}

/** What V8 tells about a call. */
interface CallSite {
  getFileName(): string | null;
  getScriptNameOrSourceURL(): string | null;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
  getFunctionName(): string | null;
  isConstructor(): boolean;
}

const SHOWN_FRAMES = 12;
const STACK_DEPTH = 100;

/**
 * Stack traces that show lines of cells. Where the engine lets us (V8), the text is made when the error is, so that
 * `error.stack` and `console.log(error)` show the same as in Jupyter; elsewhere it is read from the engine's text.
 */
export class StackTraces {
  readonly #frames = new WeakMap<Error, Frame[]>();
  readonly #cells = new Map<string, TracedCell>();
  readonly #publicName: (file: string) => string | undefined;
  #current: TracedCell | undefined;

  /** @param publicName the name that a reader knows a file by; undefined for one that is no concern of theirs */
  constructor(publicName: (file: string) => string | undefined) {
    this.#publicName = publicName;
  }

  /** From now on every stack trace is made here. */
  install(): void {
    const engine = Error as unknown as {
      stackTraceLimit: number;
      prepareStackTrace: (error: Error, sites: CallSite[]) => string;
    };
    engine.stackTraceLimit = STACK_DEPTH;
    engine.prepareStackTrace = (error, sites) => {
      const frames = sites.flatMap((site) => this.#frameOf(site) ?? []);
      this.#frames.set(error, frames);
      return [titleOf(error), ...folded(frames)].join("\n");
    };
  }

  /** Names a cell that is about to run; the result is the name that its code must bear. */
  enter(cell: TracedCell): string {
    const file = `cell-${this.#cells.size + 1}.ts`;
    this.#cells.set(file, cell);
    this.#current = cell;
    return file;
  }

  /** The calls that led to an error, innermost first. */
  framesOf(error: Error): Frame[] {
    const { stack } = error; // V8 makes the text, and so our frames, when the stack is first asked for
    return this.#frames.get(error) ?? this.#parsed(String(stack));
  }

  #frameOf(site: CallSite): Frame | undefined {
    const name = site.getFunctionName();
    return this.#frame(
      site.getFileName() ?? site.getScriptNameOrSourceURL() ?? "",
      { line: (site.getLineNumber() ?? 1) - 1, column: (site.getColumnNumber() ?? 1) - 1 },
      name ? `${site.isConstructor() ? "new " : ""}${name}` : "",
    );
  }

  /** Firefox and Safari write `name@file:line:column`. */
  #parsed(stack: string): Frame[] {
    return [...stack.matchAll(/^([^@\n]*)@.*?(cell-\d+\.ts):(\d+):(\d+)$/gm)].flatMap(
      ([, name = "", file = "", line, column]) =>
        this.#frame(
          file,
          { line: Number(line) - 1, column: Number(column) - 1 },
          name.replace(/^.*[/<]$/, ""),
        ) ?? [],
    );
  }

  #frame(file: string, place: Position, called: string): Frame | undefined {
    const cell = this.#cells.get(file);
    if (cell === undefined) {
      const name = this.#publicName(file);
      return name === undefined ? undefined : { text: frameText(called, name) };
    }
    const at = cell.locate(place);
    const line = `line ${at.line + 1}`;
    const where = cell === this.#current ? line : `cell [${cell.number}], ${line}`;
    const column = startOfCall(cell.source.split("\n")[at.line] ?? "", at.column);
    return {
      text: frameText(called === CELL_BODY ? "" : called, where),
      cell: { cell, at: { line: at.line, column } },
    };
  }
}

/** The name and message of an error, whatever it does when asked for them. */
export function titleOf(error: unknown): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

/** The lines of a stack: repeated ones once, and no more than fit on a screen. */
export function folded(frames: readonly Frame[]): string[] {
  const lines = frames.map(({ text }) => text).filter((line, i, all) => line !== all[i - 1]);
  return lines.length <= SHOWN_FRAMES ? lines : [...lines.slice(0, SHOWN_FRAMES), "    ..."];
}

function frameText(called: string, where: string): string {
  return called === "" ? `    at ${where}` : `    at ${called} (${where})`;
}

/** The call of an imported name is `(0, $.boot)()`, and engines point at what follows the name. */
function startOfCall(line: string, column: number): number {
  const name = line[column] === "(" ? /[\w$]*$/.exec(line.slice(0, column)) : null;
  return name ? name.index : column;
}
