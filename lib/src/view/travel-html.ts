// SPDX-License-Identifier: MIT
import { decodeParts, type TravelRecord, type TravelStep } from "./travel-record.ts";
import { TRAVEL_SCRIPT } from "./travel-script.ts";

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

/** A number that depends on each character of a text (FNV-1a, 32 bits). */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** JSON that can stand in a script element: no tag begins in it. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/</g, "\\u003c");
}

function button(part: string, name: string): string {
  return `<button type="button" data-part="${part}">${name}</button>`;
}

function options(record: TravelRecord): string {
  return record.steps
    .flatMap(({ checkpoint }, i) =>
      checkpoint === undefined ? [] : [`<option value="${i}">${i}: ${escaped(checkpoint)}</option>`],
    )
    .join("");
}

/** Buttons, slider and the line that is read out. Hidden until the script runs. */
function controls(record: TravelRecord): string {
  const last = record.steps.length - 1;
  const marks = options(record);
  const goto = `<label${marks === "" ? " hidden" : ""}>Go to checkpoint <select data-part="goto"><option value="">choose</option>${marks}</select></label>`;
  return [
    '<div data-part="controls" hidden>',
    `<div>${button("first", "First")} ${button("back", "Back")} ${button("next", "Next")} ${button("last", "Last")} ${goto}</div>`,
    `<input type="range" data-part="slider" min="0" max="${last}" value="${last}" step="1" aria-label="Step" style="width:100%;max-width:40em">`,
    '<p data-part="now" aria-live="polite" style="font-family:monospace;min-height:2.6em;margin:.4em 0"></p>',
    "</div>",
  ].join("");
}

function views(record: TravelRecord, step: TravelStep): string {
  return record.views
    .map((name, i) => {
      const svg = decodeParts(record.parts, step.svg[name] ?? "").join("");
      const text = decodeParts(record.parts, step.text[name] ?? "").join("\n");
      return [
        `<section aria-label="${escaped(name)}">`,
        `<div data-part="svg-${i}">${svg}</div>`,
        `<details><summary>${escaped(name)} as text</summary>`,
        `<pre data-part="text-${i}">${escaped(text)}</pre></details>`,
        "</section>",
      ].join("");
    })
    .join("");
}

function changes(record: TravelRecord): string {
  return [
    '<details open data-part="what"><summary>What changed</summary>',
    '<label>compared with <select data-part="compare"><option value="before">the step before</option>',
    `<option value="0">the start</option>${options(record)}</select></label>`,
    '<pre data-part="changes"></pre></details>',
  ].join("");
}

/** All steps as a table: what remains where scripts are off, and what a search finds. */
function table(record: TravelRecord, changed: readonly string[]): string {
  const rows = record.steps.map(
    ({ label, actor, checkpoint, depth }, i) =>
      `<tr><th scope="row">${i}</th><td>${escaped(actor)}</td><td style="text-align:left;padding-left:${0.5 + depth}em">${escaped(label)}${
        checkpoint === undefined ? "" : ` [${escaped(checkpoint)}]`
      }</td><td style="text-align:left;white-space:pre-line">${escaped(changed[i] ?? "")}</td></tr>`,
  );
  const head = ["step", "who", "what happened", "what changed"]
    .map((name) => `<th scope="col">${name}</th>`)
    .join("");
  return `<details><summary>All ${record.steps.length} steps as a table</summary><table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></details>`;
}

/**
 * A recorded run as a piece of a page: pictures with buttons, slider and arrow keys. It is complete in itself, and any
 * number of them can stand in one page. Without scripts the pictures show the end, and a table tells all steps.
 *
 * @param changed what changed at each step, in words
 */
export function travelHtml(record: TravelRecord, changed: readonly string[]): string {
  const last = record.steps.at(-1) as TravelStep;
  const json = scriptJson(record);
  const id = hashOf(json);
  // JupyterLab takes arrow keys for itself unless an element says that it wants them.
  return [
    `<div data-tsm-travel="${id}" data-lm-suppress-shortcuts="true" role="group" aria-label="${escaped(record.title)}">`,
    `<p><strong>${escaped(record.title)}</strong></p>`,
    record.cut === undefined ? "" : `<p>${escaped(record.cut)}</p>`,
    controls(record),
    views(record, last),
    changes(record),
    table(record, changed),
    `<script>${TRAVEL_SCRIPT}(${json},"${id}")</script>`,
    "</div>",
  ].join("\n");
}
