// SPDX-License-Identifier: MIT
// npm run site: builds the site and serves it to this machine.
//   npm run site -- --port 8080
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { serveFolder } from "./serve.mjs";

const DEFAULT_PORT = 4173;

const site = path.dirname(fileURLToPath(import.meta.url));
const options = { port: { type: /** @type {const} */ ("string"), default: String(DEFAULT_PORT) } };

const port = readPort();
const build = spawnSync(process.execPath, [path.join(site, "build.mjs")], { stdio: "inherit" });
if (build.status !== 0) process.exit(build.status ?? 1);

try {
  const server = await serveFolder(path.join(site, "dist"), { port });
  console.log(`\nThe site is at ${server.url}\nStop it with Ctrl+C.`);
} catch (error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  console.error(
    code === "EADDRINUSE" ? `Port ${port} is taken: choose another one with -- --port NUMBER.` : message,
  );
  process.exit(1);
}

function readPort() {
  try {
    const number = Number(parseArgs({ options }).values.port);
    if (Number.isInteger(number) && number >= 0 && number < 65_536) return number;
    throw new Error("the port is a number below 65536");
  } catch (error) {
    console.error(`npm run site -- --port NUMBER: ${/** @type {Error} */ (error).message}`);
    process.exit(2);
  }
}
