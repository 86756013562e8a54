// SPDX-License-Identifier: MIT
import href from "../style/overlay.css?url";
import { element } from "./dom.ts";

// The styles of what opens over a page. A script that imports this waits until they are there, or have failed to come.
const link = element("link", { rel: "stylesheet", href });
const settled = new Promise((resolve) => {
  link.addEventListener("load", resolve);
  link.addEventListener("error", resolve);
});
document.head.append(link);
await settled;
