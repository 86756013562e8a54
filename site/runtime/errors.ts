// SPDX-License-Identifier: MIT
import { inspect } from "node-inspect-extracted";
import { CellSyntaxError } from "./compile.ts";
import type { ErrorReport } from "./messages.ts";
import type { Position } from "./source-map.ts";
import { folded, type StackTraces, titleOf } from "./stack.ts";

const MAX_CAUSES = 5;

/** What a failing cell shows: the message, the line of the cell with a mark under the place, and who called. */
export function reportOf(thrown: unknown, source: string, stacks: StackTraces): ErrorReport {
  if (thrown instanceof CellSyntaxError) {
    const traceback = [titleOf(thrown), ...marked(source, thrown.at)];
    return { ename: thrown.name, evalue: thrown.message, traceback, line: thrown.at.line + 1 };
  }
  if (!(thrown instanceof Error)) {
    const shown = inspect(thrown);
    return { ename: "Thrown", evalue: shown, traceback: [`Thrown: ${shown}`] };
  }
  const traceback = explained(thrown, stacks);
  let { cause } = thrown;
  for (let depth = 0; depth < MAX_CAUSES && cause !== undefined; depth++) {
    if (!(cause instanceof Error)) {
      traceback.push(`Caused by: ${inspect(cause)}`);
      break;
    }
    const [head = "", ...rest] = explained(cause, stacks);
    traceback.push(`Caused by: ${head}`, ...rest);
    cause = cause.cause;
  }
  const place = stacks.framesOf(thrown).find(({ cell }) => cell?.cell.source === source)?.cell?.at;
  const report = { ename: String(thrown.name), evalue: String(thrown.message), traceback };
  return place === undefined ? report : { ...report, line: place.line + 1 };
}

function explained(error: Error, stacks: StackTraces): string[] {
  const frames = stacks.framesOf(error);
  const inCell = frames.find(({ cell }) => cell)?.cell;
  const mark = inCell ? marked(inCell.cell.source, inCell.at) : [];
  return [...titleOf(error).split("\n"), ...mark, ...folded(frames)];
}

/** A line of a cell with a mark under one place. */
function marked(source: string, { line, column }: Position): string[] {
  const text = source.split("\n")[line];
  if (text === undefined) return [];
  const number = String(line + 1);
  const indent = text.slice(0, column).replace(/[^\t]/g, " ");
  return [`  ${number} | ${text}`, `  ${" ".repeat(number.length)} | ${indent}^`];
}
