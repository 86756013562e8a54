// SPDX-License-Identifier: MIT
// npm run scale:site [-- --seconds N] [FOLDER]: how many requests a second plain file servers answer for the built site, on the
// loopback interface. Needs the site built (npm run site:build); takes python3 and nginx when they are there.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseCommandLine } from "./command-line.mjs";
import { load } from "./scale/load.mjs";

/** @typedef {{ title: string, url: string, stop: () => Promise<void> | void }} Server */

const MOST_SECONDS = 60;
const START_LIMIT_MS = 10_000;
/** What a reader asks for first: a page and what it loads. */
const FIRST =
  /^(?:index\.html|notebooks\/00-.*\.html|assets\/(?:colours|main).*\.css|assets\/main.*\.js|icon\.svg)$/;

let site = fileURLToPath(new URL("../site/dist", import.meta.url));
process.exitCode = await main();

/** @returns {Promise<number>} the exit code */
async function main() {
  const command = parseCommandLine(
    process.argv.slice(2),
    { seconds: { type: "string" } },
    { operands: true },
  );
  const seconds = Number((command.problem === undefined ? command.values.seconds : undefined) ?? 10);
  if (command.problem !== undefined || !(seconds > 0 && seconds <= MOST_SECONDS)) {
    console.error(command.problem ?? `--seconds takes a number up to ${MOST_SECONDS}.`);
    return 1;
  }
  const [folder] = command.operands;
  if (folder !== undefined) site = path.resolve(folder);
  if (!existsSync(path.join(site, "index.html"))) {
    console.error(`There is no built site in ${site}: run npm run site:build first.`);
    return 1;
  }
  const files = readdirSync(site, { recursive: true, encoding: "utf8" }).filter((name) =>
    FIRST.test(name.split(path.sep).join("/")),
  );
  console.log(
    `${cpus().length} cores (${cpus()[0]?.model.trim()}), shared with the load generator; ${files.length} files`,
  );
  console.log(
    "\n| server | connections | requests a second | median | 99 of 100 within | failed | load before |",
  );
  console.log("|---|---|---|---|---|---|---|");
  for (const start of [startNginx, startOurs, startPython]) {
    const server = await start();
    if (server === undefined) continue;
    const before = (loadavg()[0] ?? 0).toFixed(1);
    const result = await load(server.url, files, { seconds, connections: 32 });
    const cells = [
      server.title,
      "32",
      Math.round(result.perSecond).toLocaleString("en-US"),
      `${result.medianMs.toFixed(1)} ms`,
      `${result.slowMs.toFixed(1)} ms`,
      result.failed,
      before,
    ];
    console.log(`| ${cells.join(" | ")} |`);
    await server.stop();
  }
  return 0;
}

/** @returns {Promise<Server>} the server of this course, in a process of its own */
async function startOurs() {
  const port = await freePort();
  const serve = new URL("../site/serve.mjs", import.meta.url).href;
  const code = `import(${JSON.stringify(serve)}).then((m) => m.serveFolder(${JSON.stringify(site)}, { port: ${port} }))`;
  return started("site/serve.mjs", port, process.execPath, ["-e", code]);
}

/** @returns {Promise<Server | undefined>} */
async function startPython() {
  if (spawnSync("python3", ["--version"]).status !== 0) return undefined;
  const port = await freePort();
  const parameters = ["-m", "http.server", String(port), "--bind", "127.0.0.1", "--directory", site];
  return started("python3 -m http.server", port, "python3", parameters);
}

/** @returns {Promise<Server | undefined>} */
async function startNginx() {
  const { status, stderr } = spawnSync("nginx", ["-v"], { encoding: "utf8" });
  if (status !== 0) return undefined;
  const [version = "nginx"] = /nginx\/[\d.]+/.exec(stderr) ?? [];
  const port = await freePort();
  const folder = mkdtempSync(path.join(tmpdir(), "nginx-"));
  const configuration = `
    daemon off; pid ${folder}/pid; error_log stderr crit; worker_processes 1;
    events {}
    http {
      types { text/html html; text/css css; text/javascript js; image/svg+xml svg; }
      access_log off; client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
      uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
      server { listen 127.0.0.1:${port}; root ${site}; }
    }`;
  writeFileSync(path.join(folder, "nginx.conf"), configuration);
  if (process.getuid?.() === 0) writeFileSync(path.join(folder, "nginx.conf"), `user root;${configuration}`);
  const server = await started(version, port, "nginx", ["-c", path.join(folder, "nginx.conf")]);
  return {
    ...server,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Starts a server and waits until it answers.
 *
 * @param {string} title
 * @param {number} port
 * @param {string} program
 * @param {string[]} parameters
 * @returns {Promise<Server>}
 */
async function started(title, port, program, parameters) {
  const child = spawn(program, parameters, { stdio: ["ignore", "ignore", "ignore"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = `http://127.0.0.1:${port}/`;
  for (
    const limit = Date.now() + START_LIMIT_MS;
    Date.now() < limit && child.exitCode === null;
    await sleep(100)
  ) {
    const response = await fetch(url, { method: "GET" }).catch(() => undefined);
    await response?.arrayBuffer();
    if (!response?.ok) continue;
    return {
      title,
      url,
      stop: async () => {
        child.kill();
        await ended;
      },
    };
  }
  child.kill();
  throw new Error(`${title} does not answer`);
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
