// SPDX-License-Identifier: MIT

import { Displayable, type MimeBundle } from "../base/displayable.ts";
import { variantText } from "../kernel/variants/sources.ts";
import { type DiffLine, lineDiff } from "./line-diff.ts";

/** A comparison of two texts, to look at: signs in the first column, which a colour repeats where there is one. */
export class TextDiff extends Displayable {
  readonly text: string;
  readonly html: string;

  constructor(title: string, lines: readonly DiffLine[]) {
    super();
    this.text = [title, ...lines.map(({ sign, line }) => `${sign} ${line}`.trimEnd())].join("\n");
    this.html = `<figure style="margin:0"><figcaption>${escaped(title)}</figcaption><pre>${lines.map(lineHtml).join("\n")}</pre></figure>`;
  }

  override bundle(): MimeBundle {
    return { "text/html": this.html, "text/plain": this.text };
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

function lineHtml({ sign, line }: DiffLine): string {
  const text = escaped(`${sign} ${line}`);
  if (sign === "+") return `<ins style="text-decoration:none;font-weight:bold">${text}</ins>`;
  return sign === "-" ? `<del>${text}</del>` : text;
}

/**
 * What one kernel variant changes of another: the two texts of `kvm_map_private_memory` compared line by line. Lines of
 * the second one alone begin with "+", lines of the first one alone with "-".
 *
 * @example
 * ```ts
 * showVariantDiff("rfc-v1", "rfc-v1+fault-lock");
 * ```
 */
export function showVariantDiff(before: string, after: string): TextDiff {
  return new TextDiff(`From ${before} to ${after}`, lineDiff(textOf(before), textOf(after)));
}

/** The text of `kvm_map_private_memory` in a variant. Throws a RangeError with the known names. */
export function textOf(variant: string): string {
  const text = variantText[variant];
  if (text === undefined) {
    throw new RangeError(
      `there is no text of a kernel "${variant}"; there is of ${Object.keys(variantText).join(", ")}`,
    );
  }
  return text;
}
