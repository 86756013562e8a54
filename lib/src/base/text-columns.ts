// SPDX-License-Identifier: MIT

/** Width of a report in a terminal, in characters. */
export const TEXT_WIDTH = 100;

/** A text in lines of at most `width` characters, broken between words; a word that is longer is cut in pieces. */
export function wrapped(text: string, width: number = TEXT_WIDTH): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  return [...lines, line];
}

/** A text in lines: `first` stands before the first of them, `rest` before all others. */
export function indented(text: string, first: string, rest: string = `${first}  `): string[] {
  const width = TEXT_WIDTH - Math.max(first.length, rest.length);
  return wrapped(text, width).map((line, i) => `${i === 0 ? first : rest}${line}`);
}

/** Rows of cells side by side, two blanks apart; a cell that is too wide for its column goes on below. */
export function textColumns(widths: readonly number[], rows: readonly (readonly string[])[]): string[] {
  return rows.flatMap((row) => {
    const cells = widths.map((width, i) => wrapped(row[i] ?? "", width));
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, y) =>
      widths
        .map((width, i) => (cells[i]?.[y] ?? "").padEnd(width))
        .join("  ")
        .trimEnd(),
    );
  });
}
