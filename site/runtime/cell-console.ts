// SPDX-License-Identifier: MIT
import { format, inspect } from "node-inspect-extracted";

/** Writes text to one of the two streams of a cell. */
export type Write = (name: "stdout" | "stderr", text: string) => void;

type Method = (...values: unknown[]) => void;

/** `console` as Node has it: the same text on the same stream. */
export function cellConsole(write: Write): Readonly<Record<string, Method>> {
  let indent = "";
  const counts = new Map<string, number>();
  const started = new Map<string, number>();
  const print = (name: "stdout" | "stderr", text: string): void => {
    const indented = indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`);
    write(name, `${indented}\n`);
  };
  const log: Method = (...values) => print("stdout", format(...values));
  const error: Method = (...values) => print("stderr", format(...values));
  const group: Method = (...label) => {
    if (label.length > 0) log(...label);
    indent += "  ";
  };
  const elapsed = (label: unknown, ...more: unknown[]): void => {
    const from = started.get(String(label));
    if (from === undefined) error(`Warning: No such label '${label}' for console.timeLog()`);
    else log(`${label}: ${(performance.now() - from).toFixed(3)}ms`, ...more);
  };
  return {
    log,
    info: log,
    debug: log,
    warn: error,
    error,
    trace: (...values) => error(`Trace: ${format(...values)}`),
    dir: (value, options) =>
      print("stdout", inspect(value, { customInspect: false, ...(options as object) })),
    assert: (condition, ...values) => {
      if (condition) return;
      if (typeof values[0] === "string") error(`Assertion failed: ${values[0]}`, ...values.slice(1));
      else error(values.length === 0 ? "Assertion failed" : "Assertion failed:", ...values);
    },
    table: (rows) => print("stdout", typeof rows === "object" && rows !== null ? table(rows) : format(rows)),
    count: (label = "default") => {
      const count = (counts.get(String(label)) ?? 0) + 1;
      counts.set(String(label), count);
      log(`${label}: ${count}`);
    },
    countReset: (label = "default") => void counts.delete(String(label)),
    group,
    groupCollapsed: group,
    groupEnd: () => {
      indent = indent.slice(2);
    },
    time: (label = "default") => void started.set(String(label), performance.now()),
    timeLog: (label = "default", ...more) => elapsed(label, ...more),
    timeEnd: (label = "default") => {
      elapsed(label);
      started.delete(String(label));
    },
  };
}

const INDEX = "(index)";
const ITERATION = "(iteration index)";
const KEY = "Key";
const VALUES = "Values";

/** A value as the table that Node prints. */
function table(value: object): string {
  const isIterated = value instanceof Map || value instanceof Set;
  const rows: [string, unknown][] = isIterated
    ? [...value.values()].map((row, i) => [String(i), row])
    : Object.entries(value);
  const keys = value instanceof Map ? [...value.keys()] : undefined;
  const columns: string[] = [];
  let hasPlain = false;
  for (const [, row] of rows) {
    if (!isTabular(row) || value instanceof Map) hasPlain = true;
    else for (const column of Object.keys(row)) if (!columns.includes(column)) columns.push(column);
  }
  const head = [
    isIterated ? ITERATION : INDEX,
    ...(keys ? [KEY] : []),
    ...columns,
    ...(hasPlain ? [VALUES] : []),
  ];
  const body = rows.map(([index, row], i) => {
    const plain = !isTabular(row) || value instanceof Map;
    const cells = columns.map((column) =>
      !plain && column in row ? shown((row as Record<string, unknown>)[column]) : "",
    );
    return [
      index,
      ...(keys ? [shown(keys[i])] : []),
      ...cells,
      ...(hasPlain ? [plain ? shown(row) : ""] : []),
    ];
  });
  return framed([head, ...body]);
}

function isTabular(row: unknown): row is object {
  return typeof row === "object" && row !== null;
}

function shown(value: unknown): string {
  return inspect(value, {
    maxArrayLength: 3,
    breakLength: Number.POSITIVE_INFINITY,
    depth: isTabular(value) ? 0 : 2,
  });
}

function framed(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)) + 2);
  const rule = (left: string, middle: string, right: string): string =>
    left + widths.map((width) => "─".repeat(width)).join(middle) + right;
  const line = (row: readonly string[]): string =>
    `│${row.map((cell, i) => ` ${cell}`.padEnd(widths[i] ?? 0)).join("│")}│`;
  const [head = [], ...body] = rows;
  return [rule("┌", "┬", "┐"), line(head), rule("├", "┼", "┤"), ...body.map(line), rule("└", "┴", "┘")].join(
    "\n",
  );
}
