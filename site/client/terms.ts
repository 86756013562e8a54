// SPDX-License-Identifier: MIT
import "./overlay-styles.ts";
import type { Definition } from "../build/terms.ts";
import { element } from "./dom.ts";

/**
 * Shows what a word means beside it, while the pointer rests on it or the keyboard's focus does. Escape takes it away;
 * the pointer may go into it. The word is a link, which leads to the glossary also where this does not run.
 */
const root = document.documentElement.dataset["root"] ?? "./";
const DELAY = 120;
const bubble = element("div", {
  id: "term-bubble",
  class: "term-bubble",
  role: "tooltip",
  popover: "manual",
});
let definitions: Promise<Record<string, Definition>> | undefined;
let shown: HTMLElement | undefined;
let waiting: ReturnType<typeof setTimeout> | undefined;

(document.querySelector("main") ?? document.body).append(bubble);
bubble.addEventListener("pointerenter", () => clearTimeout(waiting));
bubble.addEventListener("pointerleave", () => later(hide));
addEventListener("keydown", ({ key }) => {
  if (key === "Escape") hide();
});
addEventListener("scroll", hide, { passive: true });

/** Shows the definition of a marked word. */
export function showTerm(link: HTMLAnchorElement): void {
  link.addEventListener("pointerleave", () => later(hide), { once: true });
  link.addEventListener("blur", hide, { once: true });
  later(() => void show(link));
}

function later(act: () => void): void {
  clearTimeout(waiting);
  waiting = setTimeout(act, DELAY);
}

async function show(link: HTMLAnchorElement): Promise<void> {
  definitions ??= fetch(`${root}terms.json`).then((response) => response.json());
  const known = await definitions.catch(() => {
    definitions = undefined;
    return undefined;
  });
  const definition = known?.[decodeURIComponent(link.hash.slice(1))];
  const isWanted = link.matches(":hover") || document.activeElement === link;
  if (definition === undefined || !isWanted) return;
  hide();
  bubble.replaceChildren(element("strong", {}, definition.term), element("p", {}, definition.meaning));
  bubble.showPopover();
  place(link);
  link.setAttribute("aria-describedby", bubble.id);
  shown = link;
}

/** Below the word if there is room, else above it; never beside the window. */
function place(link: HTMLElement): void {
  const word = link.getClientRects()[0] ?? link.getBoundingClientRect();
  const { width, height } = bubble.getBoundingClientRect();
  const below = word.bottom + 6;
  const isBelow = below + height < innerHeight;
  bubble.style.top = `${isBelow ? below : Math.max(4, word.top - height - 6)}px`;
  bubble.style.left = `${Math.max(8, Math.min(word.left, innerWidth - width - 8))}px`;
}

function hide(): void {
  clearTimeout(waiting);
  shown?.removeAttribute("aria-describedby");
  shown = undefined;
  bubble.hidePopover();
}
