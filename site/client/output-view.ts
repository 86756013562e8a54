// SPDX-License-Identifier: MIT
import type { Output } from "../ipynb/notebook.ts";
import { preferredMime, renderOutput } from "../ipynb/outputs.ts";
import { htmlInPage, pictureInPage } from "../runtime/picture.ts";
import "./picture-styles.ts";
import { reachScrollers } from "./reading.ts";

/** A recorded run that does not move yet. */
const UNSTARTED = "[data-tsm-travel]:not([data-ready])";

type RenderMarkdown = (text: string) => string;

/** Shows outputs as they come, in the form that recorded ones have. */
export class OutputView {
  readonly #elements = new WeakMap<Output, Element>();
  #markdown: RenderMarkdown | undefined;

  /**
   * Makes elements of outputs that are new or have changed.
   *
   * @returns puts them in their places: at the end of a box, or where they were
   */
  async prepare(outputs: readonly Output[]): Promise<(box: HTMLElement) => void> {
    if (outputs.some((output) => "data" in output && preferredMime(output.data) === "text/markdown")) {
      this.#markdown ??= await loadMarkdown();
    }
    const markdown = this.#markdown ?? (() => "");
    return (box) => {
      for (const output of new Set(outputs)) {
        const template = document.createElement("template");
        template.innerHTML = renderOutput(output, { markdown, svg: pictureInPage, html: htmlInPage });
        const made = template.content.firstElementChild;
        if (made === null) continue;
        const old = this.#elements.get(output);
        if (old?.isConnected) old.replaceWith(made);
        else box.append(made);
        this.#elements.set(output, made);
      }
      if (box.querySelector(UNSTARTED))
        void import("./travel.ts").then(({ startTravels }) => startTravels(box));
      reachScrollers(box);
    };
  }
}

async function loadMarkdown(): Promise<RenderMarkdown> {
  const { default: createMarkdownIt } = await import("markdown-it");
  const md = createMarkdownIt();
  return (text) => md.render(text);
}
