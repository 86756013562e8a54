// SPDX-License-Identifier: MIT

import { element } from "./dom.ts";

const KEY = "tsm-map:theme";
const NAMES = ["system", "light", "dark"] as const;

/** Adds the button that goes from the system's colours to light to dark. */
export function startTheme(tools: HTMLElement): void {
  const root = document.documentElement;
  const button = document.createElement("button");
  button.type = "button";
  const show = (): void => {
    button.replaceChildren(element("span", { class: "wide" }, "Theme: "), root.dataset["theme"] ?? "system");
  };
  button.onclick = () => {
    const now = NAMES.indexOf(root.dataset["theme"] as (typeof NAMES)[number]);
    const next = NAMES[(Math.max(now, 0) + 1) % NAMES.length] ?? "system";
    root.dataset["theme"] = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    show();
  };
  show();
  tools.append(button);
}
