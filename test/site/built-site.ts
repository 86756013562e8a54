// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { build } from "vite";

const root = path.resolve(import.meta.dirname, "../..");
const builds = path.join(root, ".cache/site");
const lock = path.join(root, ".cache/site.lock");
const SOURCES = ["site", "lib/src", "notebooks", "docs", "CONTRIBUTING.md", "package-lock.json"];

/** Builds of earlier sources that are kept: somebody may still be looking at them. */
const KEPT = 3;

/**
 * The folder of the built site, which bears the name of the sources that it is made of. Several test files run at once:
 * the first one builds, the others wait; nobody builds again what has not changed, or takes away what others look at.
 */
export async function builtSite(): Promise<string> {
  mkdirSync(path.dirname(lock), { recursive: true });
  while (!taken()) await pause(200);
  try {
    const folder = path.join(builds, stateOfSources());
    if (existsSync(path.join(folder, "sw.js"))) return folder;
    await build({
      configFile: path.join(root, "site/vite.config.ts"),
      logLevel: "error",
      build: { outDir: folder },
    });
    forgetOldest();
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
  return createHash("sha256").update(times.sort().join("\n")).digest("hex").slice(0, 12);
}

function forgetOldest(): void {
  const age = (name: string): number => statSync(path.join(builds, name)).mtimeMs;
  const newestFirst = readdirSync(builds).sort((one, other) => age(other) - age(one));
  for (const name of newestFirst.slice(KEPT)) rmSync(path.join(builds, name), { recursive: true });
}
