// SPDX-License-Identifier: MIT
import { slugOf } from "../build/markdown.ts";
import type { Page, PageTools } from "../build/page.ts";
import type { Repository } from "../build/repository.ts";
import { SourceError } from "../build/source-error.ts";
import { escapeHtml } from "../ipynb/index.ts";

const DATA = "docs/data/patch-map.json";

/** Lines of the patch that belong together, and where they lead. Files are below `lib/src` and `test`. */
interface PatchLines {
  /** First and last line of the hunk. */
  readonly at: readonly [number, number];
  readonly what: string;
  readonly model: string;
  readonly calls?: readonly string[];
  /** Notebook and cell. */
  readonly step: string;
  readonly test: string;
}

interface Hunk {
  readonly newStart: number;
  readonly added: readonly [number, number];
  readonly lines: readonly PatchLines[];
}

interface PatchMap {
  readonly patch: { readonly title: string; readonly added: number; readonly files: number };
  readonly files: readonly {
    readonly file: string;
    readonly added: number;
    readonly hunks: readonly Hunk[];
  }[];
  readonly beneath: readonly string[];
}

/** The patch line by line: what each does, where the model has it, where it is run, and which test would notice. */
export function patchMapPage(repository: Repository): Page {
  const map = JSON.parse(repository.read(DATA)) as PatchMap;
  return {
    path: "docs/patch-map.html",
    title: "Where each line of the patch lives",
    label: "Patch map",
    description: "The six files of the patch, hunk by hunk: each line with its model, its step and its test.",
    section: "Background",
    source: "docs/patch-map.md",
    render: (site) => `<article class="document patch-map">
<h1>Where each line of the patch lives</h1>
<p>The patch <cite>${escapeHtml(map.patch.title)}</cite> adds ${map.patch.added} lines in ${map.patch.files} files. The lines
themselves are not repeated here: they are named by file and by their number in the hunk, counted from 1 after the line that
begins with <code>@@</code>; below it stands the number in the file with the patch applied.</p>
${overview(map)}
${map.files.map((file) => fileSection(file, site)).join("\n")}
<h2 id="functions-that-the-lines-call">What lies beneath</h2>
<p>Functions that no line of the patch names, but that run when it does.</p>
<ul class="beneath">${map.beneath.map((target) => `<li>${symbolLink(target, site)}</li>`).join("")}</ul>
</article>`,
  };
}

function overview({ files }: PatchMap): string {
  const most = Math.max(...files.map(({ added }) => added));
  const rows = files.map(
    ({
      file,
      added,
    }) => `<tr><td><a href="#${slugOf(file)}"><code>${file}</code></a></td><td class="number">${added}</td>
<td aria-hidden="true"><meter class="patch-meter" min="0" max="${most}" value="${added}"></meter></td></tr>`,
  );
  return `<div class="table-scroll"><table><thead><tr><th scope="col">file</th><th scope="col">lines added</th><td></td></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}

function fileSection({ file, hunks }: PatchMap["files"][number], site: PageTools): string {
  const parts = hunks.map((hunk, i) => {
    const [first, last] = hunk.added;
    const count = last - first + 1;
    return `<h3 id="${slugOf(file)}-hunk-${i + 1}">Hunk ${i + 1}: ${count} ${count === 1 ? "line" : "lines"} from line ${hunk.newStart + first - 1}</h3>
<ol class="patch-lines" role="list">
${hunk.lines.map((lines) => lineItem(file, i + 1, hunk, lines, site)).join("\n")}
</ol>`;
  });
  return `<h2 id="${slugOf(file)}"><code>${file}</code></h2>\n${parts.join("\n")}`;
}

function lineItem(file: string, number: number, hunk: Hunk, lines: PatchLines, site: PageTools): string {
  const [first, last] = lines.at;
  const span = (from: number, to: number): string => (from === to ? `${from}` : `${from}-${to}`);
  const offset = hunk.newStart - 1;
  const id = `${slugOf(file)}-${number}-${first}`;
  const calls = lines.calls ?? [];
  const callList =
    calls.length === 0 ? "" : `, calls ${calls.map((call) => symbolLink(call, site)).join(", ")}`;
  return `<li id="${id}"><a class="patch-number" href="#${id}"><span class="hidden-text">${first === last ? "line" : "lines"} </span>${span(first, last)}<small>${span(first + offset, last + offset)}</small></a>
<div><p>${escapeHtml(lines.what)}</p>
<dl class="patch-links">
<div><dt>model</dt><dd>${symbolLink(lines.model, site)}${callList}</dd></div>
<div><dt>step</dt><dd>${stepLink(lines.step, site)}</dd></div>
<div><dt>test</dt><dd>${testLink(lines.test, site)}</dd></div>
</dl></div></li>`;
}

/** Line of a file, from 1, that a pattern fits; the build ends when there is none. */
function lineWith(site: PageTools, file: string, pattern: RegExp, what: string): number {
  const index = site
    .read(file)
    .split("\n")
    .findIndex((line) => pattern.test(line));
  if (index < 0) throw new SourceError(`${file} has no ${what}`, DATA, 1);
  return index + 1;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${"$"}{}()|[\]\\]/g, "\\$&");
}

function symbolLink(target: string, site: PageTools): string {
  const [path = "", name = ""] = target.split("#");
  const file = `lib/src/${path}`;
  const declared = new RegExp(
    `\\b(?:function\\*?|class|interface|type|const|let)\\s+${literal(name)}\\b|^\\s+(?:readonly |async |static )*\\*?${literal(name)}[(:?]`,
  );
  const line = lineWith(site, file, declared, `declaration of ${name}`);
  return `<a href="${site.href(`${file}#L${line}`)}"><code>${escapeHtml(name)}</code></a>`;
}

function stepLink(step: string, site: PageTools): string {
  const [notebook = "", cell = ""] = step.split("#");
  const number = notebook.slice(0, 2);
  return `<a href="${site.href(`notebooks/${notebook}.ipynb#cell-${cell}`)}">notebook ${number}, ${escapeHtml(cell.replaceAll("-", " "))}</a>`;
}

function testLink(test: string, site: PageTools): string {
  const at = test.indexOf("#");
  const file = `test/${test.slice(0, at)}`;
  const title = test.slice(at + 1);
  const line = lineWith(site, file, new RegExp(`["'\`]${literal(title)}["'\`]`), `test "${title}"`);
  return `<a href="${site.href(`${file}#L${line}`)}">${escapeHtml(title)}</a>`;
}
