// SPDX-License-Identifier: MIT
import { readProgress } from "../../lib/src/course/progress.ts";
import { storedProgress } from "./course-progress.ts";
import { button, element } from "./dom.ts";
import { PROGRESS_CHANGED } from "./progress-names.ts";

/** Shows how far the learner got, beside each notebook of the path and in sum. Loaded where there is a place for it. */
export function showProgress(): void {
  const sum = document.querySelector<HTMLElement>("[data-progress-sum]");
  const text = element("p", {});
  const problem = element("p", { class: "progress-problem", role: "status" });
  if (sum) sum.append(text, ...tools(problem), problem);
  const update = (): void => {
    const { done, guessed, unreadable } = reached();
    problem.textContent = unreadable
      ? "The stored progress cannot be read. It stays as it is until an exercise is run, and is set aside then."
      : "";
    let [all, solved] = [0, 0];
    for (const place of document.querySelectorAll<HTMLElement>("[data-exercises]")) {
      const exercises = idsIn(place.dataset["exercises"]);
      const predictions = idsIn(place.dataset["predictions"]);
      const count = among(exercises, done);
      all += exercises.length;
      solved += count;
      show(place, count, exercises.length, among(predictions, guessed));
    }
    const here = document.querySelector<HTMLElement>(".notebook-tasks");
    if (here) {
      const [exercises, predictions] = [idsTagged("exercise:"), idsTagged("predict:")];
      show(here, among(exercises, done), exercises.length, among(predictions, guessed));
    }
    text.textContent =
      solved === 0
        ? `None of the ${all} exercises is solved yet. What you reach is kept in this browser.`
        : `${solved} of ${all} exercises solved.`;
  };
  update();
  document.addEventListener(PROGRESS_CHANGED, update);
  addEventListener("storage", update);
}

function show(place: HTMLElement, count: number, of: number, guesses: number): void {
  const shown = place.querySelector(".path-progress");
  if (shown === null) return;
  const isAll = count === of && of > 0;
  const words =
    count === 0 && guesses === 0 ? "" : isAll ? "✓ all solved" : `${count} solved, ${guesses} guessed`;
  // Nothing is read out twice.
  if (shown.textContent === words) return;
  shown.replaceChildren(isAll ? element("span", { class: "done" }, words) : words);
}

function among(ids: readonly string[], some: ReadonlySet<string>): number {
  return ids.filter((id) => some.has(id)).length;
}

/** What stands behind a word in the tags of this notebook's cells. */
function idsTagged(word: string): string[] {
  return [...document.querySelectorAll<HTMLElement>(".nb-cell[data-tags]")]
    .flatMap(({ dataset }) => idsIn(dataset["tags"]))
    .flatMap((tag) => (tag.startsWith(word) ? tag.slice(word.length) : []));
}

function idsIn(list: string | undefined): string[] {
  return (list ?? "").split(" ").filter((id) => id !== "");
}

function reached(): { done: ReadonlySet<string>; guessed: ReadonlySet<string>; unreadable: boolean } {
  const stored = storedProgress();
  if (stored === undefined) return { done: new Set(), guessed: new Set(), unreadable: false };
  try {
    const { exercises, predictions } = readProgress(stored);
    const done = [...exercises].filter(([, { accepted }]) => accepted).map(([id]) => id);
    return { done: new Set(done), guessed: new Set(predictions.keys()), unreadable: false };
  } catch {
    return { done: new Set(), guessed: new Set(), unreadable: true };
  }
}

function tools(problem: HTMLElement): HTMLElement[] {
  const file = () => import("./progress-file.ts");
  return [
    button("Export", "what you wrote and reached", () => void file().then((one) => one.downloadProgress())),
    button("Import", "exported progress", () => {
      void file().then((one) =>
        one.askForProgress((sentence) => {
          problem.textContent = sentence;
        }),
      );
    }),
    button("Begin afresh", "", () => {
      const isMeant = confirm(
        "Begin the course afresh? What you wrote and reached is set aside in this browser.",
      );
      if (isMeant)
        void file().then((one) => {
          one.resetProgress(localStorage);
          location.reload();
        });
    }),
  ];
}
