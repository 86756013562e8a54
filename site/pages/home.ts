// SPDX-License-Identifier: MIT
import { SITE_TITLE } from "../build/layout.ts";
import type { Page, PageTools } from "../build/page.ts";
import type { Repository } from "../build/repository.ts";
import { escapeHtml } from "../ipynb/index.ts";
import { type NotebookEntry, notebookList } from "./notebook-list.ts";
import { recordedStory } from "./story.ts";

const FILE = "site/pages/home.ts";
const BEGIN = "notebooks/00-one-ioctl.ipynb";

/** The front page: the story in one cell, and the way through the course. */
export async function homePage(repository: Repository): Promise<Page> {
  const story = await recordedStory(repository);
  const notebooks = notebookList(repository);
  return {
    path: "index.html",
    title: SITE_TITLE,
    label: "Home",
    description:
      "A guided, executable course on one kernel patch: how a device gets to the private memory of a realm.",
    section: "Course",
    source: FILE,
    scripts: ["notebook"],
    render: (site) => `<article class="home">
<h1>One ioctl lets a device into memory that the host cannot read</h1>
<p class="lead">A patch for Linux, posted in 2025 and disputed. Here you run it, read it and break it. The machine is
simulated; the system calls, the firmware calls and the bytes between them are the real ones.</p>
<div class="notebook home-story" data-notebook="home"><div class="notebook-bar"></div>
${site.notebook(FILE, story)}</div>
<p class="home-begin"><a class="button" href="${site.href(BEGIN)}">Begin with notebook 00</a>
<span>Nothing to install. Change the cell above, or run it as it is: <kbd>Shift</kbd> <kbd>Enter</kbd>.</span></p>
<h2 id="what">What it is about</h2>
<p>A confidential virtual machine keeps its memory from its host. A device that is passed through to it must still reach
that memory by DMA, and a device cannot fault, wait and try again: every page has to be mapped before. The patch
<cite>[RFC PATCH v1 10/38] iommufd/vdevice: Add TSM map ioctl</cite> let the virtual machine monitor ask for that. The
reviewers disputed who should own the mapping.</p>
<p>You walk the call from its 32 bytes down to the translation tables, then break it: with odd ranges, with memory that is
taken away in between, with two callers at once. In the end you judge the designs that were proposed in its place.</p>
<h2 id="notebooks">The way through</h2>
<p class="path-sum">${notebooks.length} notebooks, ${hours(notebooks)} in all. Each begins with a question, and every cell of
it can be changed and run on its page.</p>
<div class="progress-sum" data-progress-sum></div>
<ol class="path" role="list">
${notebooks.map((notebook) => entry(notebook, site)).join("\n")}
</ol>
<h2 id="other-ways">Other ways in</h2>
<ul class="ways" role="list">
${ways(site)}
</ul>
</article>`,
  };
}

function hours(notebooks: readonly NotebookEntry[]): string {
  const minutes = notebooks.reduce((sum, one) => sum + one.minutes, 0);
  return `about ${Math.round(minutes / 60)} hours`;
}

function entry(notebook: NotebookEntry, site: PageTools): string {
  const { file, number, name, question, minutes, exercises, predictions } = notebook;
  return `<li data-exercises="${exercises.join(" ")}" data-predictions="${predictions.join(" ")}">
<a href="${site.href(file)}"><span class="path-number">${number}</span> ${escapeHtml(name)}</a>
<div class="path-question">${site.markdown(question, file)}</div>
<p class="path-facts">${minutes} min · ${exercises.length} exercises · ${predictions.length} predictions<span class="path-progress"></span></p>
</li>`;
}

const WAYS: readonly (readonly [file: string, name: string, what: string])[] = [
  [
    "docs/patch-map.md",
    "The patch, line by line",
    "each of its 104 lines: what it does, where the model has it, which test would notice",
  ],
  ["docs/reference/findings.md", "What a review finds", "each finding settled by a run"],
  [
    "docs/reference/errno.md",
    "Why did I get this errno?",
    "every answer of the calls on the path, with the condition behind it",
  ],
  ["docs/reference/designs.md", "The designs in its place", "the same scenarios played on all of them"],
  ["docs/fidelity.md", "What is exact and what is not", "the limits of the model, one by one"],
];

function ways(site: PageTools): string {
  return WAYS.map(
    ([file, name, what]) => `<li><a href="${site.href(file)}">${name}</a><p>${what}</p></li>`,
  ).join("\n");
}
