// SPDX-License-Identifier: MIT

/** Marks, in the contents, the heading that is being read. */
export function markHeadings(): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>(".on-page a")];
  const byId = new Map(links.map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const headings = [...byId.keys()].flatMap((id) => document.getElementById(id) ?? []);
  const mark = (): void => {
    const read = headings.filter((heading) => heading.getBoundingClientRect().top < innerHeight / 3).at(-1);
    for (const link of links) link.removeAttribute("aria-current");
    byId.get(read?.id ?? "")?.setAttribute("aria-current", "location");
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
  mark();
}

const SCROLLERS = "pre.code, .table-scroll, .nb-output, .nb-twin pre";

/** Lets the keyboard reach what scrolls sideways; what fits is no stop on the way. */
export function reachScrollers(root: ParentNode = document): void {
  for (const box of root.querySelectorAll<HTMLElement>(SCROLLERS)) {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
      if (!box.hasAttribute("role")) {
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", "Scrolls sideways");
      }
    } else if (box.getAttribute("role") === "group") {
      box.removeAttribute("tabindex");
    }
  }
}
