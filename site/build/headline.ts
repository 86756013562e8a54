// SPDX-License-Identifier: MIT

/** The title of a Markdown text, without its marks. */
export function titleIn(markdown: string): string | undefined {
  return /^# (.+)$/m.exec(markdown)?.[1]?.replace(/[`*]/g, "");
}

/** The first sentence of running text. */
export function firstSentence(markdown: string): string {
  const paragraph = markdown.split(/\n\s*\n/).find((block) => /^[\p{L}*_`"]/u.test(block.trim())) ?? "";
  const plain = paragraph
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[`*_]/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return /^.*?[.?!](?=\s|$)/.exec(plain)?.[0] ?? plain;
}
