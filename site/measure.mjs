// SPDX-License-Identifier: MIT
// npm run site:measure: how long a notebook's page takes until it can be used, and until its first cell has run, on a
// processor slowed down four times. Builds nothing: run npm run site:build first.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { launchChromium } from "./chromium.mjs";
import { serveFolder } from "./serve.mjs";

const SLOWED = 4;
const RUNS = 5;
const PAGES = ["notebooks/00-one-ioctl.html", "notebooks/07-kvm-map-private-memory.html"];

const dist = path.join(path.dirname(fileURLToPath(import.meta.url)), "dist");
const server = await serveFolder(dist);
const browser = await launchChromium();
try {
  console.log(`Median of ${RUNS} visits, milliseconds, processor slowed ${SLOWED} times`);
  console.log("page                                       interactive  first Run  second Run");
  for (const page of PAGES) {
    /** @type {Visit[]} */
    const visits = [];
    for (let i = 0; i < RUNS; i++) visits.push(await visit(page));
    const cells = ["interactive", "firstRun", "secondRun"].map((name) =>
      String(Math.round(median(visits.map((one) => one[/** @type {keyof Visit} */ (name)])))),
    );
    console.log(page.padEnd(43) + cells.map((cell, i) => cell.padStart([11, 11, 12][i] ?? 0)).join(""));
  }
} finally {
  await browser.close();
  await server.close();
}

/**
 * @typedef {{ interactive: number, firstRun: number, secondRun: number }} Visit
 * @param {string} address
 * @returns {Promise<Visit>}
 */
async function visit(address) {
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWED });
  await page.goto(server.url + address, { waitUntil: "load" });
  // Interactive: the last button of the last cell is there, and the main thread has come to rest.
  const interactive = await page.evaluate(async () => {
    while (!document.querySelector("live-cell .cell-bar button")) await new Promise(requestAnimationFrame);
    await new Promise((resolve) => requestIdleCallback(resolve));
    return performance.now();
  });
  const run = () =>
    page.evaluate(async () => {
      const cell = /** @type {HTMLElement} */ (document.querySelector("live-cell"));
      const button = /** @type {HTMLElement} */ (cell.querySelector("button.primary"));
      // A reader's pointer is over the cell before it presses the button.
      button.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
      await new Promise((resolve) => setTimeout(resolve, 100));
      const from = performance.now();
      button.click();
      const said = () => document.querySelector("body > [role=status]")?.textContent ?? "";
      while (!/ ran\.$/.test(said())) await new Promise((resolve) => setTimeout(resolve, 2));
      const took = performance.now() - from;
      const region = document.querySelector("body > [role=status]");
      if (region) region.textContent = "";
      return took;
    });
  const [firstRun, secondRun] = [await run(), await run()];
  await context.close();
  return { interactive, firstRun, secondRun };
}

/** @param {number[]} numbers */
function median(numbers) {
  return numbers.sort((one, other) => one - other)[numbers.length >> 1] ?? 0;
}
