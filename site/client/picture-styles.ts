// SPDX-License-Identifier: MIT
import { element } from "./dom.ts";

// The colours of pictures within a page. A notebook's page has none at first: its recorded pictures are files.
const root = document.documentElement.dataset["root"] ?? "./";
const href = `${root}assets/pictures.css`;
if (!document.querySelector('link[href$="assets/pictures.css"]')) {
  document.head.append(element("link", { rel: "stylesheet", href }));
}
