// SPDX-License-Identifier: MIT

/** How an axis is divided. */
export type ScaleKind = "linear" | "log";

/** An axis: where a value lies between 0 and 1, and the values that are written at it. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Steps between marks that a person can count in: 1, 2 or 5 times a power of ten. */
function niceStep(span: number, most: number): number {
  const power = 10 ** Math.floor(Math.log10(span / most));
  const factor = [1, 2, 5, 10].find((candidate) => span / (candidate * power) <= most) ?? 10;
  return factor * power;
}

/** From 0, or from below the least value, up to the first mark above the greatest. */
function linear(least: number, greatest: number, most: number): Scale {
  const low = Math.min(0, least);
  const span = greatest > low ? greatest - low : 1;
  const step = niceStep(span, most);
  const first = Math.floor(low / step);
  const last = Math.ceil((low + span) / step);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const [start, end] = [first * step, last * step];
  return { at: (value) => (value - start) / (end - start), ticks };
}

/** Whole powers of ten around all values. */
function logarithmic(least: number, greatest: number, most: number): Scale {
  const first = Math.floor(Math.log10(least));
  const last = Math.max(first + 1, Math.ceil(Math.log10(greatest)));
  const stride = Math.ceil((last - first) / most);
  const count = Math.floor((last - first) / stride) + 1;
  const ticks = Array.from({ length: count }, (_, i) => 10 ** (first + i * stride));
  return { at: (value) => (Math.log10(value) - first) / (last - first), ticks };
}

/**
 * Makes the scale of an axis for some values. A logarithmic one has room for values above 0 only.
 *
 * @param most about as many marks, at most
 */
export function scaleOf(kind: ScaleKind, values: readonly number[], most: number): Scale {
  const least = Math.min(...values);
  const greatest = Math.max(...values);
  return kind === "log" ? logarithmic(least, greatest, most) : linear(least, greatest, most);
}

const UNITS = ["", "k", "M", "G", "T", "P"] as const;

/** A number in few characters for an axis: `1.5k`, `20M`; thousands, not 1024. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e18 || (size > 0 && size < 0.001)) return value.toExponential(0).replace("+", "");
  const unit = UNITS.findIndex((_, i) => size < 1000 ** (i + 1));
  return `${Number((value / 1000 ** unit).toPrecision(3))}${UNITS[unit]}`;
}

/** A number for a table: exact when it is whole, with its thousands apart; six digits otherwise. */
export function longNumber(value: number): string {
  if (!Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  return String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}
