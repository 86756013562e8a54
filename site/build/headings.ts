// SPDX-License-Identifier: MIT

/** A heading of a finished page. */
export interface Heading {
  readonly level: number;
  readonly id: string;
  /** HTML of its text, without links. */
  readonly html: string;
}

/** The headings that have an id, in order. */
export function headingsOf(html: string): Heading[] {
  return [...html.matchAll(/<h([1-6])\b[^>]*\sid="([^"]+)"[^>]*>([\s\S]*?)<\/h\1>/g)].map(
    ([, level, id, inner]) => ({
      level: Number(level),
      id: id ?? "",
      html: (inner ?? "").replace(/<\/?(?:a|span)\b[^>]*>/g, "").trim(),
    }),
  );
}
