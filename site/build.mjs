// SPDX-License-Identifier: MIT
// npm run site:build: writes the whole site to site/dist.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const site = path.dirname(fileURLToPath(import.meta.url));

try {
  await build({ configFile: path.join(site, "vite.config.ts"), logLevel: "warn" });
  console.log("The site is in site/dist.");
} catch (error) {
  console.error(sentence(error));
  process.exit(1);
}

/**
 * What is wrong with a source of the site, without the stack of the bundler; of anything else, all there is.
 *
 * @param {unknown} error
 */
function sentence(error) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const found = /^.*?SourceError: (.*)$/m.exec(text);
  return found ? `The site cannot be built:\n  ${found[1]}` : text;
}
