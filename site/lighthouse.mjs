// SPDX-License-Identifier: MIT
// npm run site:lighthouse: what Lighthouse says of the front page and of a notebook. Run npm run site:build first.
// Lighthouse is fetched when it is asked for; version 13 needs a newer Node than the course does.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromiumPath } from "./chromium.mjs";
import { serveFolder } from "./serve.mjs";

const LIGHTHOUSE = "lighthouse@12.8.2";
const PAGES = ["index.html", "notebooks/00-one-ioctl.html"];

const dist = path.join(path.dirname(fileURLToPath(import.meta.url)), "dist");
const folder = mkdtempSync(path.join(os.tmpdir(), "lighthouse-"));
const server = await serveFolder(dist);
let isPerfect = true;
try {
  for (const page of PAGES) {
    const report = path.join(folder, "report.json");
    const run = await start([server.url + page, "--quiet", "--output=json", `--output-path=${report}`]);
    if (run !== 0) throw new Error(`${LIGHTHOUSE} ended with ${run}`);
    const { categories, audits } = JSON.parse(readFileSync(report, "utf8"));
    const scores = Object.values(categories).map(({ title, score }) => `${title} ${Math.round(score * 100)}`);
    console.log(`${page}: ${scores.join(", ")}`);
    for (const { auditRefs } of Object.values(categories)) {
      for (const { id, weight } of auditRefs) {
        const { score, title, displayValue = "" } = audits[id];
        if (weight > 0 && score !== null && score < 1) console.log(`  ${title} ${displayValue}`);
      }
    }
    isPerfect &&= Object.values(categories).every(({ score }) => score === 1);
  }
} finally {
  await server.close();
  rmSync(folder, { recursive: true });
}
process.exitCode = isPerfect ? 0 : 1;

/**
 * Runs Lighthouse; the server in this process goes on answering.
 *
 * @param {readonly string[]} options
 * @returns {Promise<number | null>} its exit status
 */
function start(options) {
  const chrome = "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage";
  const run = spawn("npx", ["--yes", LIGHTHOUSE, ...options, chrome], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, CHROME_PATH: chromiumPath() },
  });
  return new Promise((resolve) => run.on("exit", resolve));
}
