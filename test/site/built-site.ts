// SPDX-License-Identifier: MIT
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { build } from "vite";

const root = path.resolve(import.meta.dirname, "../..");
const folder = path.join(root, ".cache/site");
const lock = path.join(root, ".cache/site.lock");
const stamp = path.join(root, ".cache/site.stamp");
const SOURCES = ["site", "lib/src", "notebooks", "docs", "CONTRIBUTING.md", "package-lock.json"];

/**
 * The folder of the built site. Several test files run at once: the first one builds, the others wait, and nobody
 * builds again what has not changed.
 */
export async function builtSite(): Promise<string> {
  mkdirSync(path.dirname(lock), { recursive: true });
  while (!taken()) await pause(200);
  try {
    const state = stateOfSources();
    if (readStamp() === state) return folder;
    await build({
      configFile: path.join(root, "site/vite.config.ts"),
      logLevel: "error",
      build: { outDir: folder },
    });
    writeFileSync(stamp, state);
    return folder;
  } finally {
    rmSync(lock, { recursive: true });
  }
}

/** Takes the lock, unless a living process has it. */
function taken(): boolean {
  try {
    mkdirSync(lock);
    writeFileSync(path.join(lock, "pid"), String(process.pid));
    return true;
  } catch {
    if (!isOwned()) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function isOwned(): boolean {
  try {
    const pid = Number(readFileSync(path.join(lock, "pid"), "utf8"));
    if (pid === 0) return true; // About to be written.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another process may just have made the folder and not yet written its number.
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

/** Changes when a source of the site does. */
function stateOfSources(): string {
  const times = SOURCES.flatMap((source) => {
    const at = path.join(root, source);
    const below = statSync(at).isDirectory() ? readdirSync(at, { recursive: true, encoding: "utf8" }) : [""];
    return below
      .filter((name) => !/^(?:dist|node_modules)(?:[/\\]|$)/.test(name))
      .map((name) => `${name} ${statSync(path.join(at, name)).mtimeMs}`);
  });
  return times.sort().join("\n");
}

function readStamp(): string | undefined {
  try {
    return readFileSync(stamp, "utf8");
  } catch {
    return undefined;
  }
}
