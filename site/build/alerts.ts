// SPDX-License-Identifier: MIT
import type { MarkdownIt, Token } from "markdown-it";

const MARK = /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?:\n|$)/;

/** The opening of a box that stands out from the text. */
export function boxOpening(kind: string): string {
  const title = kind.charAt(0).toUpperCase() + kind.slice(1);
  return `<div class="box box-${kind}" role="note" aria-label="${title}">\n<p class="box-title" aria-hidden="true">${title}</p>\n`;
}

/** Quotes that begin with `[!NOTE]` and the like become boxes. Where they are not known, they stay quotes. */
export function alerts(md: MarkdownIt): void {
  md.core.ruler.after("block", "alerts", (state) => {
    const open: (Token | undefined)[] = [];
    state.tokens.forEach((token, i) => {
      if (token.type === "blockquote_open") {
        const text = state.tokens[i + 2];
        const kind = text?.type === "inline" ? MARK.exec(text.content) : null;
        if (kind && text) {
          token.type = "alert_open";
          token.info = (kind[1] ?? "").toLowerCase();
          text.content = text.content.slice(kind[0].length);
        }
        open.push(kind ? token : undefined);
      } else if (token.type === "blockquote_close" && open.pop()) {
        token.type = "alert_close";
      }
    });
  });
  md.renderer.rules["alert_open"] = (tokens, i) => boxOpening(tokens[i]?.info ?? "note");
  md.renderer.rules["alert_close"] = () => "</div>\n";
}
