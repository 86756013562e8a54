// SPDX-License-Identifier: MIT

/** A count with its noun, which has an "s" at its end unless the count is 1: "1 page", "0 pages", "2 pages". */
export function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
