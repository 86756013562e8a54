// SPDX-License-Identifier: MIT
import { bundledLanguages, createHighlighter, type ThemedToken } from "shiki";
import { escapeHtml } from "../ipynb/index.ts";

const LIGHT = "github-light-high-contrast";
const DARK = "github-dark-high-contrast";
/** What the light theme gives to numbers, and to names of values where they are declared. */
const VALUE = "#023b95";
const LANGUAGES = [
  "ts",
  "js",
  "c",
  "sh",
  "json",
  "diff",
  "python",
  "yaml",
  "html",
  "css",
  "markdown",
] as const;
const ALIASES: Readonly<Record<string, string>> = {
  typescript: "ts",
  javascript: "js",
  bash: "sh",
  md: "markdown",
};

/** Colours code at build time, with classes in place of inline styles: less to send, and nothing to allow. */
export interface Highlighter {
  /**
   * Code as a `<pre>`.
   *
   * @param language as after the ticks of a fenced block; an unknown one leaves the code without colours
   * @param numbered gives each line the id `L1`, `L2` and so on
   */
  highlight(code: string, language: string, numbered?: boolean): string;
  /** Rules for all classes used so far. */
  css(): string;
}

let grammars: ReturnType<typeof createHighlighter> | undefined;

/** Loads the grammars and both themes, once. */
export async function createHighlight(): Promise<Highlighter> {
  grammars ??= createHighlighter({
    themes: [LIGHT, DARK],
    langs: LANGUAGES.filter((l) => l in bundledLanguages),
  });
  const shiki = await grammars;
  const classes = new Map<string, string>();

  function classFor(light: string, dark: string): string {
    const rule = `color:light-dark(${light},${dark})`;
    const known = classes.get(rule) ?? `t${classes.size}`;
    classes.set(rule, known);
    return known;
  }

  function span(token: ThemedToken, [plainLight, plainDark]: readonly [string, string]): string {
    const { light = plainLight, dark = plainDark } = colours(token);
    const text = escapeHtml(token.content);
    // Operators and names of values need no colour of their own; without it, code is calmer and its page lighter.
    const isName = light === VALUE && /^[A-Za-z_$][\w$]*\s*$/.test(token.content);
    const plain = (light === plainLight && dark === plainDark) || isName || /^[^\w"'`]+$/.test(token.content);
    return plain || token.content.trim() === "" ? text : `<i class="${classFor(light, dark)}">${text}</i>`;
  }

  const plain = [shiki.getTheme(LIGHT).fg.toLowerCase(), shiki.getTheme(DARK).fg.toLowerCase()] as const;
  return {
    highlight(code, language, numbered = false) {
      const name = ALIASES[language] ?? language;
      const known = (LANGUAGES as readonly string[]).includes(name);
      const text = code.replace(/\n$/, "");
      const lines = known
        ? shiki
            .codeToTokens(text, {
              lang: name as "ts",
              themes: { light: LIGHT, dark: DARK },
              defaultColor: false,
            })
            .tokens.map((line) =>
              merged(line)
                .map((token) => span(token, plain))
                .join(""),
            )
        : text.split("\n").map(escapeHtml);
      const body = numbered
        ? lines.map((line, i) => `<span class="line" id="L${i + 1}">${line}</span>`).join("\n")
        : lines.join("\n");
      return `<pre class="code"><code>${body}</code></pre>`;
    },
    css: () => [...classes].map(([rule, name]) => `.${name}{${rule}}`).join("\n"),
  };
}

function colours(token: ThemedToken): { light?: string; dark?: string } {
  const style = typeof token.htmlStyle === "object" ? token.htmlStyle : {};
  const light = style["--shiki-light"]?.toLowerCase();
  const dark = style["--shiki-dark"]?.toLowerCase();
  return { ...(light !== undefined && { light }), ...(dark !== undefined && { dark }) };
}

/** Neighbours of one colour as one token; blanks take the colour of what precedes them. */
function merged(line: readonly ThemedToken[]): ThemedToken[] {
  const out: ThemedToken[] = [];
  for (const token of line) {
    const last = out.at(-1);
    const same = last && JSON.stringify(colours(last)) === JSON.stringify(colours(token));
    if (last && (same || token.content.trim() === ""))
      out[out.length - 1] = { ...last, content: last.content + token.content };
    else out.push(token);
  }
  return out;
}
