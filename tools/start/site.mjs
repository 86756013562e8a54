// SPDX-License-Identifier: MIT
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

/** The course without Python: its site, in which every notebook runs in the browser. */

/**
 * What keeps the site from being built.
 *
 * @param {string} root
 * @returns {string | undefined}
 */
export function siteProblem(root) {
  const needed = ["site/build.mjs", "node_modules/vite", "node_modules/markdown-it"];
  const missing = needed.find((file) => !existsSync(path.join(root, file)));
  return (
    missing &&
    `The course cannot be served as a site either, because ${missing} is missing: run npm ci first.`
  );
}

/**
 * Builds the site and serves it to this machine until somebody ends us.
 *
 * @param {string} root
 * @param {{ port: number, browser: boolean }} options
 * @returns {Promise<number>}  the exit code
 */
export async function runSite(root, { port, browser }) {
  const { status } = spawnSync(process.execPath, [path.join(root, "site", "build.mjs")], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) {
    console.error("The site does not build; the lines above say why.");
    return 1;
  }
  const { serveFolder } = await import("../../site/serve.mjs");
  const server = await serveFolder(path.join(root, "site", "dist"), { port });
  console.log(`\nThe course is at ${server.url}\nCtrl-C here ends it.\n`);
  if (browser) openBrowser(server.url);
  await new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, resolve);
  });
  await server.close();
  return 0;
}

/**
 * Opens a page in the system's browser. Without one, the address is on the screen all the same.
 *
 * @param {string} url
 */
function openBrowser(url) {
  const [program = "", ...parameters] = { darwin: ["open"], win32: ["cmd", "/c", "start", ""] }[
    /** @type {string} */ (process.platform)
  ] ?? ["xdg-open"];
  const child = spawn(program, [...parameters, url], { stdio: "ignore", detached: true });
  child.once("error", () => {});
  child.unref();
}
