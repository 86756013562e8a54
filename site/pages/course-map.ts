// SPDX-License-Identifier: MIT
import { GLOSSARY } from "../../lib/src/course/glossary/glossary.ts";
import { INTRODUCED } from "../../lib/src/course/glossary/introduced.ts";
import { arrow, BODY_TOP, box, card, label, line, MARGIN } from "../../lib/src/view/svg.ts";
import { slugOf } from "../build/markdown.ts";
import type { Page, PageTools } from "../build/page.ts";
import type { Repository } from "../build/repository.ts";
import { escapeHtml } from "../ipynb/index.ts";
import { type NotebookEntry, notebookList } from "./notebook-list.ts";

const WIDTH = 236;
const HEIGHT = 58;
const GAP_X = 16;
const GAP_Y = 48;
const STROKE = "#57606a";
/** Room for arrows at the left edge. */
const LANES = 40;

/** Which notebook builds on which, and which words each of them brings: drawn from the notebooks and the glossary. */
export function courseMapPage(repository: Repository): Page {
  const notebooks = notebookList(repository);
  return {
    path: "map.html",
    title: "Map of the course",
    description: "Which notebook builds on which, and where each concept is introduced.",
    section: "Course",
    source: "site/pages/course-map.ts",
    render: (site) => `<article class="document">
<h1>Map of the course</h1>
<p>An arrow leads from a notebook to one that builds on it. The list below says the same in words, and names the concepts
that each notebook introduces.</p>
<div class="map-scroll" role="group" aria-label="Map, scrolls sideways" tabindex="0">${site.picture(drawing(notebooks))}</div>
<h2 id="concepts">Concepts, notebook by notebook</h2>
<ol class="map-terms" role="list">
${notebooks.map((one) => entry(one, notebooks, site)).join("\n")}
</ol>
</article>`,
  };
}

/** Terms that a notebook introduces, in the order of its cells' names in the glossary. */
function termsOf({ file }: NotebookEntry): string[] {
  const name = file.replace(/^notebooks\/|\.ipynb$/g, "");
  return GLOSSARY.map(({ term }) => term).filter((term) => INTRODUCED[term]?.startsWith(`${name}#`));
}

function entry(notebook: NotebookEntry, all: readonly NotebookEntry[], site: PageTools): string {
  const links = notebook.after.flatMap((file) => {
    const before = all.find((one) => one.file === file);
    return before ? [`<a href="${site.href(file)}">${before.number}</a>`] : [];
  });
  const terms = termsOf(notebook).map(
    (term) => `<a href="${site.href(`docs/glossary.md#${slugOf(term)}`)}">${escapeHtml(term)}</a>`,
  );
  return `<li><a href="${site.href(notebook.file)}"><strong>${notebook.number} ${escapeHtml(notebook.name)}</strong></a>
<p>${links.length === 0 ? "Builds on nothing." : `Builds on ${links.join(", ")}.`}</p>
${terms.length === 0 ? "" : `<p>${terms.join(" · ")}</p>`}</li>`;
}

interface Placed {
  readonly notebook: NotebookEntry;
  readonly row: number;
  x: number;
  readonly y: number;
}

function drawing(notebooks: readonly NotebookEntry[]): string {
  const placed = placedIn(notebooks);
  const nodes = [...placed.values()];
  const width = Math.max(...nodes.map(({ x }) => x)) + WIDTH + MARGIN;
  const height = Math.max(...nodes.map(({ y }) => y)) + HEIGHT + MARGIN;
  let lanes = 0;
  const arrows = nodes.flatMap((node) =>
    direct(node.notebook, notebooks).flatMap((file) => {
      const from = placed.get(file);
      if (from === undefined) return [];
      const isNear = node.row === from.row + 1;
      return [isNear ? straight(from, node) : around(from, node, MARGIN + 8 * lanes++)];
    }),
  );
  const boxes = nodes.map(({ notebook, x, y }) => {
    const title = `${notebook.number} ${notebook.name}`;
    const count = termsOf(notebook).length;
    return (
      box(x, y, WIDTH, HEIGHT, { rx: 6, fill: "#dbe9ff" }) +
      label(x + 10, y + 24, title.length > 29 ? `${title.slice(0, 28)}…` : title, {
        size: 12.5,
        bold: true,
        mono: false,
      }) +
      label(x + 10, y + 44, `${notebook.minutes} min, ${count} new ${count === 1 ? "word" : "words"}`, {
        size: 11,
        mono: false,
      })
    );
  });
  const words = nodes
    .map(
      ({ notebook: { number, after } }) =>
        `${number} after ${after.map((file) => file.slice(10, 12)).join(", ") || "nothing"}`,
    )
    .join("; ");
  return card("Which notebook builds on which", words, width, height, arrows.join("") + boxes.join(""));
}

function straight(from: Placed, to: Placed): string {
  return arrow([from.x + WIDTH / 2, from.y + HEIGHT], [to.x + WIDTH / 2, to.y], { stroke: STROKE });
}

/** Past the boxes of the rows between, in a lane at the left edge. */
function around(from: Placed, to: Placed, lane: number): string {
  const [start, end] = [from.x + 30, to.x + 30];
  const [out, back] = [from.y + HEIGHT + 10, to.y - 18];
  const style = { stroke: STROKE, "stroke-width": 1.5 };
  return [
    line(start, from.y + HEIGHT, start, out, style),
    line(start, out, lane, out, style),
    line(lane, out, lane, back, style),
    line(lane, back, end, back, style),
    arrow([end, back], [end, to.y], { stroke: STROKE }),
  ].join("");
}

/** A row below the last one that a notebook builds on; within a row, near what it builds on. */
function placedIn(notebooks: readonly NotebookEntry[]): Map<string, Placed> {
  const placed = new Map<string, Placed>();
  const rows: Placed[][] = [];
  for (const notebook of notebooks) {
    const row = Math.max(-1, ...notebook.after.map((file) => placed.get(file)?.row ?? -1)) + 1;
    const node = { notebook, row, x: 0, y: BODY_TOP + row * (HEIGHT + GAP_Y) };
    placed.set(notebook.file, node);
    rows[row] = [...(rows[row] ?? []), node];
  }
  const widest = Math.max(...rows.map((row) => row.length));
  for (const row of rows) {
    const start = MARGIN + LANES + ((widest - row.length) * (WIDTH + GAP_X)) / 2;
    for (const [i, node] of row.entries()) node.x = start + i * (WIDTH + GAP_X);
  }
  return placed;
}

/** What a notebook builds on, without what the others of the list build on already. */
function direct({ after }: NotebookEntry, notebooks: readonly NotebookEntry[]): readonly string[] {
  const below = (file: string): string[] => {
    const found = notebooks.find((one) => one.file === file);
    return (found?.after ?? []).flatMap((before) => [before, ...below(before)]);
  };
  return after.filter((file) => !after.some((other) => other !== file && below(other).includes(file)));
}
