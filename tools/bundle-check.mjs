// SPDX-License-Identifier: MIT
// npm run bundle:check: opens the bundle as a person without a network does. Linux only: it enters a network namespace
// that has nothing but the loopback interface.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { launchChromium } from "../site/chromium.mjs";
import { parseNotebook } from "./notebook-format.mjs";

const ADDRESS = "http://127.0.0.1:8000/";
/** An address of no machine of ours: with a network it is slow to fail, without one it is refused at once. */
const ELSEWHERE = "http://192.0.2.1/";
/** The servers that the start page names. */
const SERVERS = [
  ["python3", "-m", "http.server", "8000", "--bind", "127.0.0.1"],
  [process.execPath, "serve.mjs"],
];
const RUN_LIMIT_MS = 180_000;

const [inside] = process.argv.slice(2);
process.exitCode = inside === undefined ? unpackAndEnter() : await openWith(inside);

/** @returns {number} the exit code */
function unpackAndEnter() {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const file = path.join(root, "dist", `tsm-map-tutorial-${version}.zip`);
  if (!existsSync(file)) {
    console.error("There is no bundle: run npm run bundle first.");
    return 1;
  }
  const folder = mkdtempSync(path.join(tmpdir(), "a bundle "));
  try {
    const unpacked = spawnSync("python3", ["-m", "zipfile", "-e", file, folder], { stdio: "inherit" });
    if (unpacked.status !== 0) return 1;
    const command = 'ip link set lo up && exec "$0" "$@"';
    const namespace = ["--map-root-user", "--net", "sh", "-c", command];
    const here = fileURLToPath(import.meta.url);
    const { status } = spawnSync("unshare", [...namespace, process.execPath, here, folder], {
      stdio: "inherit",
    });
    return status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder  of the unpacked bundle
 * @returns {Promise<number>}  the exit code
 */
async function openWith(folder) {
  const refused = await fetch(ELSEWHERE).then(
    () => "an answer",
    ({ cause }) => cause?.code,
  );
  if (refused !== "ENETUNREACH") {
    console.error(`There is a network here (${refused}): nothing was checked.`);
    return 1;
  }
  const [first = ""] = readdirSync(path.join(folder, "notebooks")).sort();
  const notebook = parseNotebook(readFileSync(path.join(folder, "notebooks", first), "utf8"));
  const cells = notebook.cells.filter(({ cell_type }) => cell_type === "code").length;
  let bad = 0;
  for (const [program = "", ...parameters] of SERVERS) {
    const server = spawn(program, parameters, { cwd: folder, stdio: "ignore" });
    try {
      const problems = await readerProblems(cells);
      console.log(
        `${path.basename(program)}: ${problems.length === 0 ? `all ${cells} cells of notebook 00 ran` : problems.join("; ")}`,
      );
      bad += problems.length;
    } finally {
      server.kill();
      await new Promise((resolve) => (server.exitCode === null ? server.once("exit", resolve) : resolve(0)));
    }
  }
  return bad === 0 ? 0 : 1;
}

/**
 * @param {number} cells  of code, in notebook 00
 * @returns {Promise<string[]>}  what went wrong for a reader who runs it
 */
async function readerProblems(cells) {
  while (!(await fetch(ADDRESS).catch(() => undefined))) await sleep(100);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    /** @type {string[]} */
    const problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("requestfailed", (request) => problems.push(`${request.url()} failed`));
    page.on("request", (request) => {
      if (!request.url().startsWith(ADDRESS) && !/^(?:data|blob):/.test(request.url()))
        problems.push(`a request to ${request.url()}`);
    });
    await page.goto(ADDRESS);
    await page.getByRole("link", { name: /One ioctl/ }).click();
    await page.getByRole("button", { name: "Run all" }).click();
    const last = page.locator("body > [role=status]", { hasText: /^Cell \d+ (?:ran|failed|was)/ });
    await last.waitFor({ state: "attached", timeout: RUN_LIMIT_MS });
    const said = await last.textContent();
    if (said !== `Cell ${cells} ran.`) problems.push(`${cells} cells, and the page said "${said}"`);
    return problems;
  } finally {
    await browser.close();
  }
}
