// SPDX-License-Identifier: MIT
import type { MarkdownIt, StateCore } from "markdown-it";
import container from "markdown-it-container";
import { boxOpening } from "./alerts.ts";
import type { DocumentEnv } from "./markdown.ts";
import { SourceError } from "./source-error.ts";

const BOXES = ["note", "tip", "important", "warning", "caution"];

/**
 * `::: note` to `:::` in documents makes the same boxes as quotes do. Any other name is an error: a mistyped one would
 * otherwise be read as text.
 */
export function directives(md: MarkdownIt): void {
  for (const name of BOXES) {
    md.use(container, name, {
      render: (tokens, i) => (tokens[i]?.nesting === 1 ? boxOpening(name) : "</div>\n"),
    });
  }
  md.core.ruler.push("unknown-directives", (state) => refuseUnknown(state));
}

function refuseUnknown(state: StateCore): void {
  const env = state.env as Partial<DocumentEnv>;
  for (const token of state.tokens) {
    if (token.type !== "inline") continue;
    const name = /^:::+\s*([^\n]*)/m.exec(token.content);
    if (name === null) continue;
    const line = (token.map?.[0] ?? 0) + token.content.slice(0, name.index).split("\n").length;
    const message = name[1]
      ? `there is no directive "${name[1].trim()}"; there are ${BOXES.join(", ")}`
      : "this ::: closes nothing";
    throw new SourceError(message, env.file ?? "text", env.fileLine?.(line) ?? line);
  }
}
