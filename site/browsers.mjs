// SPDX-License-Identifier: MIT
// npm run site:browsers: the site in Firefox and in WebKit. Every notebook is run and its outputs are compared with the
// recorded ones; the story, the stop button, an exercise, the search and a race are tried. Run npm run site:build first.
//   npm run site:browsers             all notebooks
//   npm run site:browsers -- 00 07    some of them
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";
import { FIREFOX, startFirefox } from "./browsers/firefox.mjs";
import * as inPage from "./browsers/in-page.mjs";
import { startWebKit, WEBKIT } from "./browsers/webkit.mjs";
import { serveFolder } from "./serve.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { parseNotebook } = await typescript("site/ipynb/index.ts");
const { outputsOfRuns } = await typescript("test/site/runs.ts");
const { firstDifference, plainOutput } = await typescript("test/site/differences.ts");
const wanted = process.argv.slice(2);
const notebooks = readdirSync(path.join(root, "notebooks")).filter(
  (name) => name.endsWith(".ipynb") && (wanted.length === 0 || wanted.includes(name.slice(0, 2))),
);

let isGood = true;
const server = await serveFolder(path.join(root, "site/dist"));
for (const { file, needs, start } of [
  { ...FIREFOX, start: startFirefox },
  { ...WEBKIT, start: startWebKit },
]) {
  if (!existsSync(file)) {
    console.log(`${path.basename(file)} is not on this machine and was not tried: ${needs}`);
    isGood = false;
    continue;
  }
  const browser = await start();
  console.log(browser.name);
  try {
    await visit(browser);
  } finally {
    await browser.close();
  }
}
await server.close();
process.exitCode = isGood ? 0 : 1;

/** @param {import("./browsers/browser.d.ts").DrivenBrowser} browser */
async function visit(browser) {
  for (const name of notebooks) {
    await open(browser, `notebooks/${name.replace(/\.ipynb$/, ".html")}`);
    const { said, heard } = /** @type {any} */ (await browser.run(String(inPage.runAll)));
    const problems = /ran\.$/.test(said) ? differences(name, heard) : [said];
    tell(`notebook ${name.slice(0, 2)}, every cell`, problems);
  }
  await open(browser, "index.html");
  const { recorded, now } = /** @type {any} */ (await browser.run(String(inPage.runStory)));
  tell("the story of the front page", firstDifference("output", recorded, now));
  await open(browser, "notebooks/00-one-ioctl.html");
  expect("an endless loop is stopped", await browser.run(String(inPage.stopLoop)), /^(?:stopped|reset)$/);
  await open(browser, "notebooks/00-one-ioctl.html");
  expect("an exercise is judged", await browser.run(String(inPage.checkExercise)), /not yet/);
  await open(browser, "docs/fidelity.html");
  expect("the search finds a function", await browser.run(String(inPage.search)), /kvm_gmem_get_pfn/);
  await open(browser, "races.html");
  expect("a race is played", await browser.run(String(inPage.playRace)), /^2$/);
}

/** Opens a page and waits for its scripts. @param {import("./browsers/browser.d.ts").DrivenBrowser} browser @param {string} address */
async function open(browser, address) {
  await browser.open(server.url + address);
  await browser.run(String(inPage.ready));
}

/** @param {string} name @param {any} heard @returns {string[]} */
function differences(name, heard) {
  const ran = outputsOfRuns(heard);
  const { cells } = parseNotebook(readFileSync(path.join(root, "notebooks", name), "utf8"));
  return cells.flatMap((/** @type {any} */ cell) =>
    cell.kind !== "code" || cell.source.trim() === ""
      ? []
      : firstDifference(cell.id, cell.outputs.map(plainOutput), ran.get(String(cell.executionCount))),
  );
}

/** @param {string} what @param {unknown} came @param {RegExp} expected */
function expect(what, came, expected) {
  tell(what, expected.test(String(came)) ? [] : [`${expected} expected, ${String(came).slice(0, 200)} came`]);
}

/** @param {string} what @param {readonly string[]} problems */
function tell(what, problems) {
  console.log(`  ${problems.length === 0 ? "good" : "BAD "}  ${what}`);
  for (const problem of problems) console.log(`        ${problem}`);
  isGood &&= problems.length === 0;
}

/** A module in TypeScript. @param {string} file @returns {Promise<any>} */
async function typescript(file) {
  return (await runnerImport(path.join(root, file), { configFile: false, root })).module;
}
