// SPDX-License-Identifier: MIT
import { whenNear } from "./dom.ts";
import { NotebookPage } from "./notebook-page.ts";

const article = document.querySelector<HTMLElement>(".notebook[data-notebook]");
if (article) {
  new NotebookPage(article);
  openRecorded(article);
}

/** What was recorded and is large comes when it is unfolded or near, or when the address asks for it. */
function openRecorded(article: HTMLElement): void {
  const load = () => import("./recorded.ts");
  article.addEventListener(
    "toggle",
    ({ target }) => void load().then(({ unfold }) => unfold(target as HTMLElement)),
    true,
  );
  for (const place of article.querySelectorAll<HTMLElement>("[data-later]")) {
    whenNear(place, () => void load().then(({ bring }) => bring(place)));
  }
  const asked = (): void => {
    if (location.hash.startsWith("#step=")) void load().then(({ goToStep }) => goToStep(article));
  };
  addEventListener("hashchange", asked);
  asked();
}
