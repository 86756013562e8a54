// SPDX-License-Identifier: MIT
import { announce, button, element } from "./dom.ts";
import "./picture-styles.ts";
import { reachScrollers } from "./reading.ts";
import { startTravels } from "./travel.ts";

/** Puts the words of an unfolded picture in the place of the link to them. */
export async function unfold(details: HTMLElement): Promise<void> {
  const link = details.querySelector<HTMLAnchorElement>(":scope > a");
  if (link === null) return;
  const words = await textOf(link.href);
  if (words === undefined) return; // The link is still there.
  link.replaceWith(element("pre", {}, words));
  reachScrollers(details);
}

/**
 * Goes to a step of a recorded run: `#step=CELL:NUMBER`. What cannot be found is said, and the page stays as it is.
 */
export async function goToStep(article: HTMLElement): Promise<void> {
  const [, cell = "", number = ""] = /^#step=([\w-]+):(\d+)$/.exec(location.hash) ?? [];
  const output = cell === "" ? null : document.getElementById(`cell-${cell}`);
  const later = output?.querySelector<HTMLElement>("[data-later]");
  if (later) await bring(later);
  const slider = output?.querySelector<HTMLInputElement>('[data-part="slider"]');
  if (!slider || Number(number) > Number(slider.max)) {
    const what = slider
      ? `The run has only ${slider.max} steps`
      : "There is no such recorded run on this page";
    sayAtTop(article, `${what}: the link "${location.hash}" leads nowhere. What you wrote is as it was.`);
    return;
  }
  slider.value = number;
  slider.dispatchEvent(new Event("input"));
  slider.closest("[data-tsm-travel]")?.scrollIntoView({ block: "start" });
  slider.focus({ preventScroll: true });
}

/** Puts a large output in the place of its text. */
export async function bring(place: HTMLElement): Promise<void> {
  const address = place.dataset["later"];
  if (address === undefined || !place.isConnected) return;
  const html = await textOf(address);
  const box = place.parentElement;
  if (html === undefined || box === null || !place.isConnected) return; // Its text is still there.
  const template = document.createElement("template");
  template.innerHTML = html;
  place.replaceWith(template.content);
  startTravels(box);
  for (const travel of box.querySelectorAll<HTMLElement>("[data-tsm-travel]")) addLink(travel);
  reachScrollers(box);
}

/** A button that puts the address of the shown step into the address bar, and on the clipboard if that is allowed. */
function addLink(travel: HTMLElement): void {
  const cell = travel.closest(".nb-cell")?.id.replace(/^cell-/, "");
  const slider = travel.querySelector<HTMLInputElement>('[data-part="slider"]');
  if (cell === undefined || slider === null) return;
  const link = button("Link to this step", "", () => {
    history.replaceState(null, "", `#step=${cell}:${slider.value}`);
    const copied = navigator.clipboard?.writeText(location.href) ?? Promise.reject(new Error("no clipboard"));
    copied.then(
      () => announce("The link to this step is copied."),
      () => announce("The link to this step is in the address bar."),
    );
  });
  slider.previousElementSibling?.append(link);
}

function sayAtTop(article: HTMLElement, sentence: string): void {
  const notice = element("p", { class: "notebook-problem", role: "status" }, sentence);
  article.querySelector(".notebook-bar")?.after(notice);
  notice.scrollIntoView({ block: "center" });
}

async function textOf(address: string): Promise<string | undefined> {
  try {
    const response = await fetch(address);
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}
