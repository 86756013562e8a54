// SPDX-License-Identifier: MIT
import { races } from "../../lib/src/explore/races/catalogue.ts";
import { variants } from "../../lib/src/kernel/variant.ts";
import type { Page } from "../build/page.ts";
import { escapeHtml } from "../ipynb/index.ts";

/** The page on which the reader is the scheduler. */
export const racesPage: Page = {
  path: "races.html",
  title: "Play the races",
  description: "You are the scheduler: say who goes next, and break a rule of the kernel.",
  section: "Course",
  source: "site/pages/races.ts",
  scripts: ["race"],
  render: (site) => `<article class="document races">
<h1>Play the races</h1>
<p>The ioctl does not run alone. While it maps a page, somebody else may punch a hole into the file, convert the page, or
close the VM. <strong>You are the scheduler</strong>: say who goes next, up to the next lock, unlock, firmware call or read
of something shared. You win when a rule is broken at the end.</p>
<div id="race-game" class="race-game">
<div class="race-choice">
<label for="race-race">Race</label>
<select id="race-race" autocomplete="off">${races.map(({ id, title }) => `<option value="${id}">${escapeHtml(title)}</option>`).join("")}</select>
<label for="race-kernel">Kernel</label>
<select id="race-kernel" autocomplete="off">${variants.map(({ name }) => `<option value="${escapeHtml(name)}">${escapeHtml(kernelLabel(name))}</option>`).join("")}</select>
</div>
<noscript><p>The game needs scripts. <a href="${site.href("docs/reference/verdicts.md")}">The verdicts</a> have the shortest
schedule that breaks a rule for each race and kernel.</p></noscript>
</div>
<h2 id="keys">Keys</h2>
<p>While the focus is in the game, an actor's letter lets it go, <kbd>Backspace</kbd> takes a turn back, and <kbd>?</kbd>
gives a hint. The address of the page always names the state that you see, so it can be shared and kept.</p>
<h2 id="all-races">All races</h2>
<dl class="race-list">
${races.map(({ id, title, question }) => `<dt id="race-${id}"><a href="#race=${id}">${escapeHtml(title)}</a></dt><dd>${escapeHtml(question)}</dd>`).join("\n")}
</dl>
<p>Which kernel loses which race, and by which shortest schedule, stands in <a href="${site.href("docs/reference/verdicts.md")}">the
verdicts</a>.</p>
</article>`,
};

function kernelLabel(name: string): string {
  const [base = "", ...repairs] = name.split("+");
  if (repairs.length === 0) return `${base}: the patch as posted`;
  return `${base} with ${repairs.map((repair) => repair.replaceAll("-", " ")).join(" and ")}`;
}
