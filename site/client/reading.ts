// SPDX-License-Identifier: MIT
import { whenIdle } from "./dom.ts";

/** Marks, in the contents, the heading that is being read. */
export function markHeadings(): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>(".on-page a")];
  const byId = new Map(links.map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  // The box of a cell is known also while nobody is near it; a heading's own place would be laid out for the asking. So
  // a cell stands for its first heading.
  const cells = new Set<Element>();
  const headings = [...byId].flatMap(([id, link]) => {
    const heading = document.getElementById(id);
    if (heading === null) return [];
    const cell = heading.closest(".nb-cell");
    const box = cell === null || cells.has(cell) ? heading : cell;
    cells.add(box);
    return [{ link, box }];
  });
  const mark = (): void => {
    const read = headings.filter(({ box }) => box.getBoundingClientRect().top < innerHeight / 3).at(-1);
    for (const link of links) link.removeAttribute("aria-current");
    read?.link.setAttribute("aria-current", "location");
  };
  let waiting = false;
  addEventListener(
    "scroll",
    () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        mark();
      });
    },
    { passive: true },
  );
  addEventListener("load", () => whenIdle(mark));
}

/** What may scroll sideways. */
export const SCROLLERS = "pre.code, .table-scroll, .nb-output, .nb-twin pre";

/** Boxes that are measured between two looks at the clock. */
const AT_A_TIME = 8;

/**
 * Lets the keyboard reach what scrolls sideways; what fits is no stop on the way. Measuring lays out what was not yet,
 * so it is done bit by bit, when the page has nothing else to do.
 */
export function reachScrollers(root: ParentNode = document): void {
  const boxes = [...root.querySelectorAll<HTMLElement>(SCROLLERS)];
  whenIdle(function measure(hasTime): void {
    do {
      const some = boxes
        .splice(0, AT_A_TIME)
        .map((box) => ({ box, wide: box.scrollWidth > box.clientWidth }));
      for (const { box, wide } of some) makeReachable(box, wide);
    } while (boxes.length > 0 && hasTime());
    if (boxes.length > 0) whenIdle(measure);
  });
}

function makeReachable(box: HTMLElement, wide: boolean): void {
  if (wide) {
    box.tabIndex = 0;
    if (box.hasAttribute("role")) return;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Scrolls sideways");
  } else if (box.getAttribute("role") === "group") {
    box.removeAttribute("tabindex");
  }
}
