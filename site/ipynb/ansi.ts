// SPDX-License-Identifier: MIT
import { escapeHtml } from "./escape.ts";

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

/** One escape sequence: `ESC [ numbers letter`, or a hyperlink or title sequence, which is dropped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are made of control characters
const SEQUENCE = /\u001b\[([\d;]*)([A-Za-z])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;

/** What a terminal would do with the text that follows. */
interface Style {
  readonly flags: ReadonlySet<string>;
  readonly front?: string;
  readonly back?: string;
}

const PLAIN: Style = { flags: new Set() };
const FLAGS: Readonly<Record<number, string>> = {
  1: "bold",
  2: "faint",
  3: "italic",
  4: "underline",
  7: "inverse",
  9: "strike",
};

/**
 * Terminal text as HTML: colours become classes (`ansi-red`, `ansi-bright-red`, `ansi-bg-red`, `ansi-256-208`,
 * `ansi-bold`), so that the page decides how they look in light and in dark. Cursor movements are dropped.
 *
 * @example
 * ```ts
 * ansiToHtml("\u001b[31mno\u001b[0m"); // '<span class="ansi-red">no</span>'
 * ```
 */
export function ansiToHtml(text: string): string {
  let html = "";
  let style = PLAIN;
  let from = 0;
  const add = (end: number): void => {
    if (end > from) html += styled(escapeHtml(text.slice(from, end)), style);
  };
  for (const match of text.matchAll(SEQUENCE)) {
    add(match.index);
    from = match.index + match[0].length;
    if (match[2] === "m") style = restyled(style, (match[1] ?? "").split(";").map(Number));
  }
  add(text.length);
  return html;
}

function styled(html: string, { flags, front, back }: Style): string {
  const names = [...flags, front, back].filter((name) => name !== undefined).map((name) => `ansi-${name}`);
  return names.length === 0 ? html : `<span class="${names.join(" ")}">${html}</span>`;
}

/** The style after "select graphic rendition" with these numbers. */
function restyled(before: Style, numbers: readonly number[]): Style {
  let style = before;
  for (let i = 0; i < numbers.length; i++) {
    const n = numbers[i] ?? 0;
    if (n === 38 || n === 48) {
      const [colour, used] = extendedColour(numbers.slice(i + 1));
      i += used;
      if (colour !== undefined)
        style = n === 38 ? { ...style, front: colour } : { ...style, back: `bg-${colour}` };
    } else {
      style = simple(style, n);
    }
  }
  return style;
}

function simple(style: Style, n: number): Style {
  const flag = FLAGS[n];
  const { front: _front, ...noFront } = style;
  const { back: _back, ...noBack } = style;
  if (n === 0) return PLAIN;
  if (flag !== undefined) return { ...style, flags: new Set([...style.flags, flag]) };
  if (n === 22) return without(style, "bold", "faint");
  if (n >= 23 && n <= 29) return without(style, FLAGS[n - 20] ?? "");
  if (n === 39) return noFront;
  if (n === 49) return noBack;
  const colour = COLOURS[n % 10];
  if (colour === undefined) return style;
  if (n >= 30 && n <= 37) return { ...style, front: colour };
  if (n >= 40 && n <= 47) return { ...style, back: `bg-${colour}` };
  if (n >= 90 && n <= 97) return { ...style, front: `bright-${colour}` };
  if (n >= 100 && n <= 107) return { ...style, back: `bg-bright-${colour}` };
  return style;
}

function without(style: Style, ...names: string[]): Style {
  return { ...style, flags: new Set([...style.flags].filter((flag) => !names.includes(flag))) };
}

/** What follows 38 or 48: `5;n` or `2;r;g;b`, the latter as the nearest of the 256 colours. */
function extendedColour([kind, a = 0, b = 0, c = 0]: readonly number[]): [string | undefined, number] {
  if (kind === 5) return [indexed(a), 2];
  if (kind !== 2) return [undefined, 1];
  const [r, g, blue] = [a, b, c].map((v) => Math.round((Math.min(Math.max(v, 0), 255) / 255) * 5));
  return [indexed(16 + 36 * (r ?? 0) + 6 * (g ?? 0) + (blue ?? 0)), 4];
}

function indexed(n: number): string | undefined {
  if (!(n >= 0 && n <= 255)) return undefined;
  if (n < 16) return `${n < 8 ? "" : "bright-"}${COLOURS[n % 8]}`;
  return `256-${n}`;
}
