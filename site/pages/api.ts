// SPDX-License-Identifier: MIT
import path from "node:path";
import { type Declaration, declarationsOf, exportedNames } from "../build/declarations.ts";
import type { Page, PageTools } from "../build/page.ts";
import type { Repository } from "../build/repository.ts";
import { escapeHtml } from "../ipynb/index.ts";

/** The parts of the library, from the ground up, by the folders below `lib/src`. */
const PARTS: readonly (readonly [name: string, title: string, what: string, ...folders: string[]])[] = [
  ["base", "Base", "Addresses, errnos, struct layouts, tasks and the trace.", "base"],
  ["hardware", "Hardware", "What a device and a processor show of themselves.", "hw"],
  ["firmware", "Firmware", "Function ids, statuses and parameters of the RMM.", "rmm"],
  [
    "kernel",
    "Kernel",
    "The functions and constants of KVM, iommufd and VFIO that a notebook calls.",
    "kernel",
  ],
  ["machine", "Machine", "Switching a host on, and what runs on it: VMM, guest, driver.", "boot.ts", "user"],
  ["designs", "Designs", "The designs of the review, and the scenarios that judge them.", "designs"],
  ["exploring", "Exploring", "Races, schedules, rules, and the search through them.", "explore"],
  ["pictures", "Pictures", "Everything that draws the state of a machine.", "view"],
  ["course", "Course", "Exercises, predictions, problems and the glossary.", "course"],
];

const KINDS: readonly (readonly [Declaration["kind"], string])[] = [
  ["function", "Functions"],
  ["class", "Classes"],
  ["interface", "Interfaces"],
  ["type", "Types"],
  ["constant", "Constants"],
];

/** A page for each part of the library with all that a notebook may import, from its doc comments. */
export function apiPages(repository: Repository): Page[] {
  const all = exportedDeclarations(repository, "index.ts");
  return PARTS.map(([name, title, what, ...folders]) => {
    const here = all.filter(({ file }) =>
      folders.some((folder) => file === `lib/src/${folder}` || file.startsWith(`lib/src/${folder}/`)),
    );
    return {
      path: `docs/api/${name}.html`,
      title: `API: ${title}`,
      description: what,
      section: "Reference",
      source: "site/pages/api.ts",
      render: (site) => partHtml(title, what, here, site),
    };
  });
}

/** What a file below `lib/src` exports of others, and what those export of others in turn. */
export function exportedDeclarations(repository: Repository, index: string): Declaration[] {
  return [...exportedNames(repository.read(`lib/src/${index}`))].flatMap(([from, names]) => {
    const file = path.posix.join(path.posix.dirname(index), from);
    const own = declarationsOf(`lib/src/${file}`, repository.read(`lib/src/${file}`));
    const all = [...own, ...exportedDeclarations(repository, file)];
    return names === undefined ? all : all.filter(({ name }) => names.has(name));
  });
}

function partHtml(title: string, what: string, here: readonly Declaration[], site: PageTools): string {
  const groups = KINDS.flatMap(([kind, heading]) => {
    const some = here.filter((one) => one.kind === kind).sort((a, b) => (a.name < b.name ? -1 : 1));
    if (some.length === 0) return [];
    const body = kind === "constant" ? constants(some, site) : some.map((one) => entry(one, site)).join("\n");
    return [`<h2 id="${heading.toLowerCase()}">${heading}</h2>\n${body}`];
  });
  return `<article class="document api">
<h1>API: ${title}</h1>
<p>${what} ${here.length} names, all of them exported by <code>tsm-map-sim</code>. A name with underscores or in capitals is
the kernel's or the firmware's own. What is here is made from the doc comments.</p>
${groups.join("\n")}
</article>`;
}

function entry(one: Declaration, site: PageTools): string {
  return `<div class="api-entry">
<h3 id="${one.name}"><a class="anchor" href="#${one.name}"><code>${one.name}</code></a></h3>
${site.code(one.signature, "ts")}
${comment(one, site)}
<p class="api-source"><a href="${site.href(`${one.file}#L${one.line}`)}">${one.file}</a></p>
</div>`;
}

const TAG_NAMES: Readonly<Record<string, string>> = {
  returns: "Returns",
  throws: "Throws",
  default: "Default",
  kernel: "In the kernel",
  rmm: "In the RMM",
  spec: "Specification",
  remarks: "Remarks",
};

function comment({ doc, file, line }: Declaration, site: PageTools): string {
  const parts = [site.markdown(doc.text, file, line)];
  const parameters = doc.tags.filter(({ tag, text }) => tag === "param" && text !== "");
  if (parameters.length > 0) {
    const items = parameters.map(
      ({ name, text }) =>
        `<dt><code>${escapeHtml(name)}</code></dt><dd>${inline(text.replace(/^\s*-\s*/, ""), file, line, site)}</dd>`,
    );
    parts.push(`<dl class="api-facts">${items.join("")}</dl>`);
  }
  const facts = doc.tags.filter(({ tag }) => TAG_NAMES[tag] !== undefined);
  if (facts.length > 0) {
    const items = facts.map(
      ({ tag, text }) => `<dt>${TAG_NAMES[tag]}</dt><dd>${inline(text, file, line, site)}</dd>`,
    );
    parts.push(`<dl class="api-facts">${items.join("")}</dl>`);
  }
  for (const { text } of doc.tags.filter(({ tag }) => tag === "example")) {
    const fenced = text.includes("```") ? text : `\`\`\`ts\n${text}\n\`\`\``;
    parts.push(`<p class="api-example">Example</p>${site.markdown(fenced, file, line)}`);
  }
  return parts.join("\n");
}

/** Text of a tag, which is a line or two: without the paragraph around it. */
function inline(text: string, file: string, line: number, site: PageTools): string {
  return site.markdown(text, file, line).replace(/^<p>([\s\S]*?)<\/p>\s*$/, "$1");
}

function constants(some: readonly Declaration[], site: PageTools): string {
  const rows = some.map(
    ({
      name,
      file,
      line,
      value,
      doc,
    }) => `<tr id="${name}"><td><a href="${site.href(`${file}#L${line}`)}"><code>${name}</code></a></td>
<td>${value === undefined ? "" : `<code>${escapeHtml(value)}</code>`}</td><td>${inline(doc.text, file, line, site)}</td></tr>`,
  );
  return `<div class="table-scroll"><table><thead><tr><th scope="col">name</th><th scope="col">value</th><th scope="col">what it is</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}
