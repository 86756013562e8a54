// SPDX-License-Identifier: MIT
import { element } from "./dom.ts";

/** Adds the search to the head of the page. It opens by its button, by `/`, and by Ctrl+K; the rest is loaded then. */
export function startSearch(tools: HTMLElement): void {
  const open = (): void => void import("./search.ts").then(({ openSearch }) => openSearch());
  const button = element("button", { type: "button", "aria-keyshortcuts": "/ Control+K" }, "Search");
  button.append(" ", element("kbd", { class: "wide", "aria-hidden": "true" }, "/"));
  button.addEventListener("click", open);
  tools.append(button);
  addEventListener("keydown", (event) => {
    const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
    const isControlK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    if (isControlK || (isSlash && !isWriting(event))) {
      event.preventDefault();
      open();
    }
  });
}

/** Whether the key goes into a text; editors stand in shadow roots. */
function isWriting(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  return (
    target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"))
  );
}
