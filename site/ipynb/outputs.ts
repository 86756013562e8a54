// SPDX-License-Identifier: MIT
import { ansiToHtml } from "./ansi.ts";
import { escapeHtml } from "./escape.ts";
import { type MimeBundle, type Output, textOf } from "./notebook.ts";

/** How outputs become HTML. */
export interface OutputOptions {
  /** Makes HTML of `text/markdown`. */
  readonly markdown: (text: string) => string;
  /**
   * Has the last word on an SVG document, for example to take out a style sheet that the page's security policy
   * would refuse.
   *
   * @default the document as it is
   */
  readonly svg?: (svg: string) => string;
  /**
   * Where the words of a picture stand.
   *
   * @default below it, folded
   */
  readonly twin?: (words: string, svg: string) => string;
  /**
   * Has the last word on `text/html`; `plain` is the same output as text, if it has one.
   *
   * @default the HTML as it is
   */
  readonly html?: (html: string, plain: string | undefined) => string;
}

/** The types that can be shown, best first. */
const PREFERENCE = [
  "text/html",
  "image/svg+xml",
  "image/png",
  "image/jpeg",
  "text/markdown",
  "text/latex",
  "application/json",
  "text/plain",
] as const;

type ShownMime = (typeof PREFERENCE)[number];

/** Which of the types that an output comes in is shown. */
export function preferredMime(data: MimeBundle): ShownMime | undefined {
  return PREFERENCE.find((mime) => data[mime] !== undefined);
}

/** All outputs of a cell, one element each. */
export function renderOutputs(outputs: readonly Output[], options: OutputOptions): string {
  return outputs.map((output) => renderOutput(output, options)).join("\n");
}

/** One output as one element of class `nb-output`. */
export function renderOutput(output: Output, options: OutputOptions): string {
  switch (output.output_type) {
    case "stream": {
      const label = output.name === "stderr" ? `${hidden("Standard error: ")}` : "";
      return pre(`nb-${escapeHtml(output.name)}`, ansiToHtml(textOf(output.text)), label);
    }
    case "error": {
      const text =
        output.traceback.length > 0 ? output.traceback.join("\n") : `${output.ename}: ${output.evalue}`;
      return pre("nb-error", ansiToHtml(text), hidden("Error: "));
    }
    default:
      return renderData(output.data, output.metadata ?? {}, options);
  }
}

function renderData(
  data: MimeBundle,
  metadata: Readonly<Record<string, unknown>>,
  options: OutputOptions,
): string {
  const mime = preferredMime(data);
  if (mime === undefined) {
    return block(
      "nb-unknown",
      `<p>This output comes as ${Object.keys(data).join(", ")}, which cannot be shown here.</p>`,
    );
  }
  const text = asText(data[mime]);
  const plain = data["text/plain"] === undefined ? undefined : asText(data["text/plain"]);
  switch (mime) {
    case "text/html":
      return block("nb-html", (options.html ?? ((html) => html))(text, plain));
    case "image/svg+xml": {
      const bare = bareSvg(text);
      const picture = (options.svg ?? ((svg) => svg))(bare);
      return block("nb-svg", plain === undefined ? picture : picture + (options.twin ?? twin)(plain, bare));
    }
    case "image/png":
    case "image/jpeg":
      return block("nb-image", image(mime, text, metadata, plain));
    case "text/markdown":
      return block("nb-markdown-output", options.markdown(text));
    case "text/latex":
      return pre("nb-latex", escapeHtml(text));
    case "application/json":
      return pre("nb-json", escapeHtml(JSON.stringify(data[mime], null, 2)));
    default:
      return pre("nb-plain", ansiToHtml(text));
  }
}

function block(name: string, html: string): string {
  return `<div class="nb-output ${name}">${html}</div>`;
}

function pre(name: string, html: string, label = ""): string {
  return `<div class="nb-output ${name}">${label}<pre>${html.startsWith("\n") ? "\n" : ""}${html}</pre></div>`;
}

function hidden(text: string): string {
  return `<span class="nb-hidden">${text}</span>`;
}

function asText(value: unknown): string {
  return Array.isArray(value) ? value.join("") : String(value);
}

/** An SVG document without what may stand before its root only in a file. */
function bareSvg(svg: string): string {
  return svg.replace(/^\s*<\?xml[^>]*\?>/, "").replace(/^\s*<!DOCTYPE[^>]*>/i, "");
}

/** The same in words, for whom the picture is of no use. */
function twin(words: string): string {
  return `<details class="nb-twin"><summary>Picture as text</summary><pre>${ansiToHtml(words)}</pre></details>`;
}

function image(
  mime: string,
  base64: string,
  metadata: Readonly<Record<string, unknown>>,
  plain: string | undefined,
): string {
  const own = metadata[mime];
  const { alt, width, height } = (typeof own === "object" && own !== null ? own : {}) as Record<
    string,
    unknown
  >;
  const size = [
    ["width", width],
    ["height", height],
  ].flatMap(([name, value]) => (typeof value === "number" ? [` ${name}="${value}"`] : []));
  const words = typeof alt === "string" ? alt : (plain ?? "");
  return `<img alt="${escapeHtml(words)}"${size.join("")} src="data:${mime};base64,${base64.replace(/\s/g, "")}">`;
}
