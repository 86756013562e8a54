// SPDX-License-Identifier: MIT
import { readProgress } from "../../lib/dist/course/progress.js";

/**
 * A certificate as a page to print, or the exercises that are still open.
 *
 * @param {object} request
 * @param {string} request.name  of the learner
 * @param {string} request.date  as it is to be printed
 * @param {string} request.progress  a text of exportProgress
 * @param {readonly string[]} [request.notebooks]  numbers: all exercises of these notebooks
 * @param {readonly string[]} [request.only]  ids: these exercises and no other; all of the course with neither
 * @param {readonly { readonly id: string, readonly title: string }[]} exercises  of the catalogue
 * @returns {{ page: string, problem?: undefined } | { problem: string }}
 */
export function certificate({ name, date, progress, notebooks, only }, exercises) {
  const kept = readProgress(progress).exercises;
  const empty = notebooks?.filter((number) => !exercises.some(({ id }) => id.startsWith(`${number}-`))) ?? [];
  if (empty.length > 0) return { problem: `There are no exercises in a notebook ${empty.join(", ")}.` };
  const unknown = only?.filter((wanted) => !exercises.some(({ id }) => id === wanted)) ?? [];
  if (unknown.length > 0) return { problem: `There is no exercise ${unknown.join(", ")}.` };
  const asked = exercises.filter(
    ({ id }) => (notebooks?.includes(id.slice(0, 2)) ?? true) && (only?.includes(id) ?? true),
  );
  if (asked.length === 0) return { problem: "None of these exercises is in one of these notebooks." };
  const open = asked.filter(({ id }) => kept.get(id)?.accepted !== true);
  if (open.length > 0) {
    const ids = open.map(({ id }) => `  ${id}`).join("\n");
    return { problem: `${open.length} of ${asked.length} exercises are not accepted yet:\n${ids}` };
  }
  return { page: page(name, date, asked) };
}

/** @param {string} name @param {string} date @param {readonly { readonly id: string, readonly title: string }[]} accepted */
function page(name, date, accepted) {
  const numbers = [...new Set(accepted.map(({ id }) => id.slice(0, 2)))].sort();
  const rows = numbers.map((number) => {
    const titles = accepted
      .filter(({ id }) => id.startsWith(`${number}-`))
      .map(({ title }) => escaped(title));
    return `<tr><th scope="row">${number}</th><td>${titles.join(" · ")}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Certificate of completion: ${escaped(name)}</title>
<style>
@page { size: A4; margin: 20mm; }
body { font: 12pt/1.5 Georgia, serif; color: #000; background: #fff; max-width: 42em; margin: 3em auto; padding: 0 1em; }
h1 { font-size: 22pt; font-weight: normal; text-align: center; }
.name { font-size: 26pt; text-align: center; border-bottom: 1px solid #000; }
table { border-collapse: collapse; font-size: 10pt; }
th, td { text-align: left; vertical-align: top; padding: 0.15em 1em 0.15em 0; }
footer { margin-top: 4em; display: flex; justify-content: space-between; }
.line { border-top: 1px solid #000; padding-top: 0.3em; min-width: 14em; }
</style>
</head>
<body>
<h1>The TSM map tutorial</h1>
<p class="name">${escaped(name)}</p>
<p>has worked with ${numbers.length} notebook${numbers.length === 1 ? "" : "s"} of the course on the patch “iommufd/vdevice: Add TSM map ioctl”. The answers to ${accepted.length} exercise${accepted.length === 1 ? "" : "s"} were accepted by the course’s own checks:</p>
<table>
${rows.join("\n")}
</table>
<footer><span class="line">${escaped(date)}</span><span class="line">Instructor</span></footer>
</body>
</html>
`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
