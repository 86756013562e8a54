// SPDX-License-Identifier: MIT
import { button, element } from "./dom.ts";
import type { CellEdit, NotebookStore } from "./store.ts";

/** Offers the learner's version of a cell and the course's new one. Loaded when there are two. */
export function versionsNotice(
  cell: number,
  newVersion: Node,
  keep: () => void,
  take: () => void,
): HTMLElement {
  const notice = element("div", { class: "cell-notice", role: "note" });
  const choice = (text: string, act: () => void): HTMLElement =>
    button(text, `in cell ${cell}`, () => {
      notice.remove();
      act();
    });
  notice.append(
    element(
      "p",
      {},
      "The course has changed this cell since you did. Below is your version; here is the new one:",
    ),
    newVersion,
    choice("Keep mine", keep),
    choice("Take the new one", take),
  );
  return notice;
}

/** Shows what the learner wrote in a cell that the notebook no longer has. */
export function orphanNotice(
  orphan: CellEdit & { readonly cell: string },
  store: NotebookStore,
): HTMLElement {
  const details = element("details", { class: "cell-notice" });
  details.append(
    element("summary", {}, `You wrote something in a cell that is gone (${orphan.cell})`),
    element("pre", { class: "code" }, element("code", {}, orphan.text)),
    button("Forget it", `(${orphan.cell})`, () => {
      store.keep(orphan.cell, undefined);
      details.remove();
    }),
  );
  return details;
}
