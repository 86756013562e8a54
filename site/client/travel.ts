// SPDX-License-Identifier: MIT
import { start } from "virtual:travel";

/** Lets the recorded runs below an element move, by the same script that does so in Jupyter. */
export function startTravels(root: ParentNode): void {
  for (const script of root.querySelectorAll<HTMLElement>("script[data-record]")) {
    start(JSON.parse(script.textContent ?? ""), script.dataset["record"] ?? "");
  }
}
