// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseNotebook, toText } from "../notebook-format.mjs";
import { SERVE, SITE, startPage } from "./start-page.mjs";

/**
 * What is in the bundle, by path.
 *
 * @param {string} root  the course's folder
 * @param {string} site  the folder of the built site
 * @returns {Map<string, Buffer>}
 */
export function bundleContents(root, site) {
  const read = (/** @type {string} */ file) => readFileSync(path.join(root, file));
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  for (const entry of readdirSync(site, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    files.set(`${SITE}/${path.relative(site, file).split(path.sep).join("/")}`, readFileSync(file));
  }
  const names = readdirSync(path.join(root, "notebooks")).filter((name) => name.endsWith(".ipynb"));
  for (const name of names) files.set(`notebooks/${name}`, read(`notebooks/${name}`));
  const notebooks = names
    .sort()
    .map((file) => ({ file, title: titleOf(files.get(`notebooks/${file}`)) ?? file }));
  files.set("index.html", Buffer.from(startPage(notebooks)));
  files.set("serve.mjs", Buffer.from(SERVE));
  files.set("serve-folder.mjs", read("site/serve.mjs"));
  files.set("LICENSE", read("LICENSE"));
  return files;
}

/** @param {Buffer | undefined} notebook */
function titleOf(notebook) {
  const { cells } = parseNotebook(String(notebook));
  const text = cells.map(({ source }) => toText(source)).find((source) => source.startsWith("# "));
  return text?.split("\n")[0]?.slice(2);
}
