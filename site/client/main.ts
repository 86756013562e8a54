// SPDX-License-Identifier: MIT
import "../style/base.css";
import "../style/text.css";
import "../style/notebook.css";
import "../style/print.css";
import { whenUsable } from "./dom.ts";
import { placePictures } from "./pictures.ts";
import { PROGRESS_CHANGED, PROGRESS_KEY } from "./progress-names.ts";
import { markHeadings, reachScrollers } from "./reading.ts";
import { startSearch } from "./search-button.ts";
import { startTheme } from "./theme.ts";

const tools = document.getElementById("head-tools");
if (tools) {
  startSearch(tools);
  startTheme(tools);
}
placePictures();
markHeadings();
if (document.querySelector("[data-exercises], .notebook-tasks")) whenThereIsProgress(showProgress);
const explain = ({ target }: Event): void => {
  const word = target instanceof Element ? target.closest<HTMLAnchorElement>("a.term") : null;
  if (word) void import("./terms.ts").then(({ showTerm }) => showTerm(word));
};
addEventListener("pointerover", explain);
addEventListener("focusin", explain);
const contents = document.getElementById("contents");
contents?.addEventListener("click", ({ target }) => {
  // On a phone the contents lie over the page that the link leads to.
  if (target instanceof HTMLAnchorElement && contents.matches(":popover-open")) contents.hidePopover();
});
// This lays out what nobody has come near yet.
whenUsable(reachScrollers);
addEventListener("resize", () => reachScrollers());

function showProgress(): void {
  void import("./progress-view.ts").then(({ showProgress }) => showProgress());
}

/** The front page tells of progress always, a notebook's page once there is some: until then it stays light. */
function whenThereIsProgress(act: () => void): void {
  const isAsked = document.querySelector("[data-progress-sum]") !== null;
  if (isAsked || hasProgress()) act();
  else document.addEventListener(PROGRESS_CHANGED, act, { once: true });
}

function hasProgress(): boolean {
  try {
    return localStorage.getItem(PROGRESS_KEY) !== null;
  } catch {
    return false;
  }
}

// The whole site is kept for offline use, after this page is there.
if ("serviceWorker" in navigator) {
  const root = document.documentElement.dataset["root"] ?? "./";
  addEventListener("load", () => {
    navigator.serviceWorker.register(`${root}sw.js`).catch(() => {
      // A browser that refuses, as some do in private windows, reads the site online.
    });
  });
}
