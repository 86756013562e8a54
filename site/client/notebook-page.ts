// SPDX-License-Identifier: MIT
import { announce, button, element, whenNear } from "./dom.ts";
import { LiveCell } from "./live-cell.ts";
import type { Runner } from "./runner.ts";
import { NotebookStore } from "./store.ts";

/** A notebook whose cells can be run, all in one worker. What runs them is loaded by the first Run. */
export class NotebookPage {
  readonly cells: readonly LiveCell[];
  readonly store: NotebookStore;
  readonly #problem = element("p", { class: "notebook-problem", role: "status" });
  #runner: Promise<Runner> | undefined;
  #running: Runner | undefined;

  constructor(article: HTMLElement) {
    this.store = new NotebookStore(localStorage, article.dataset["notebook"] ?? "");
    const bar = article.querySelector(".notebook-bar") ?? article;
    const hosts = [...article.querySelectorAll<HTMLElement>("live-cell")];
    this.cells = hosts.map((host, i) => new LiveCell(host, i + 1, this));
    bar.append(
      button("Run all", "cells", () => void this.runAll()),
      button("Start over", "with a fresh machine", () => this.#startOver()),
      button("Export", "what you wrote and reached", () => {
        void import("./progress-file.ts").then(({ downloadProgress }) => downloadProgress());
      }),
      button("Import", "exported progress", () => {
        void import("./progress-file.ts").then(({ askForProgress }) =>
          askForProgress((sentence) => {
            this.#problem.textContent = sentence;
          }),
        );
      }),
    );
    bar.after(this.#problem);
    // Who points at a cell, or walks into it, may run it: what runs cells is fetched meanwhile.
    const warm = (event: Event): void => {
      if (!(event.target as Element).closest("live-cell")) return;
      article.removeEventListener("pointerover", warm);
      article.removeEventListener("focusin", warm);
      void this.#load().then((runner) => runner.warm());
    };
    article.addEventListener("pointerover", warm);
    article.addEventListener("focusin", warm);
    this.#showOrphans();
    this.showProblem();
    const exercise = article.querySelector(".exercise-bar");
    const addExercises = (): void =>
      void import("./exercises.ts").then(({ addExercises }) => addExercises(article, this));
    if (exercise) whenNear(exercise, addExercises);
  }

  /** Runs the earlier cells that have not run yet, and then this one. */
  async run(cell: LiveCell): Promise<void> {
    await (await this.#load()).run(cell);
  }

  /** Runs everything from the beginning up to a cell, on a fresh machine. */
  async runTo(cell: LiveCell): Promise<void> {
    const runner = await this.#load();
    runner.forget();
    await runner.run(cell);
  }

  async runAll(): Promise<void> {
    const last = this.cells.at(-1);
    if (last) await this.runTo(last);
  }

  /** Runs code that is in no cell, for its output. */
  async ask(source: string, box: HTMLElement): Promise<void> {
    await (await this.#load()).ask(source, box);
  }

  /** Ends the running cell, and with it the machine that the cells had built up. */
  stop(): void {
    this.#running?.stop();
  }

  /** The cell that comes some places after another. */
  neighbour(cell: LiveCell, step: number): LiveCell | undefined {
    return this.cells[this.cells.indexOf(cell) + step];
  }

  /** The code of all cells up to and with one. */
  textsUpTo(cell: LiveCell): string[] {
    return this.cells.slice(0, this.cells.indexOf(cell) + 1).map(({ text }) => text);
  }

  /** Tells the learner when the browser cannot keep what they write. */
  showProblem(): void {
    const { problem } = this.store;
    if (this.#problem.textContent !== (problem ?? "")) this.#problem.textContent = problem ?? "";
  }

  #startOver(): void {
    this.stop();
    this.#running?.forget();
    announce("The next Run begins with a fresh machine.");
  }

  #load(): Promise<Runner> {
    this.#runner ??= import("./runner.ts").then(({ Runner }) => {
      this.#running = new Runner(this.cells, (exercise) => this.store.accept(exercise));
      return this.#running;
    });
    return this.#runner;
  }

  /** What the learner wrote in cells that the notebook no longer has. */
  #showOrphans(): void {
    const orphans = this.store.orphans(new Set(this.cells.map(({ id }) => id)));
    if (orphans.length === 0) return;
    void import("./notices.ts").then(({ orphanNotice }) => {
      for (const orphan of orphans) this.#problem.after(orphanNotice(orphan, this.store));
    });
  }
}
