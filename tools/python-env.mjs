// SPDX-License-Identifier: MIT
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * The Python side of the course: an environment of its own in `.venv`, with exactly what requirements.txt names.
 *
 * @typedef {{ command: string[] }} Python  how to start it
 * @typedef {(line: string) => void} Say  tells a person how far we are
 */

const OLDEST_PYTHON = [3, 10];
const WINDOWS = process.platform === "win32";
/** How often to look whether another process has finished making the environment. */
const LOOK_AGAIN_MS = 500;

const PROBE = `
import sys
print("%d.%d.%d" % sys.version_info[:3])
try:
    import ensurepip, venv
    print("venv")
except ImportError:
    print("no venv")
`;

const HOW_TO_INSTALL = `
  Debian, Ubuntu:  sudo apt install python3 python3-venv
  Fedora:          sudo dnf install python3
  macOS:           brew install python, or the installer from https://www.python.org/downloads/
  Windows:         winget install Python.Python.3.13, or the same installer

Then run the command again.`;

/**
 * A Python that can make environments, or what a person should do about it.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {(Python & { problem?: undefined }) | { problem: string }}
 */
export function findPython(env) {
  const needed = `Python ${OLDEST_PYTHON.join(".")} or newer is needed for JupyterLab`;
  const candidates = [
    ...(env["PYTHON"] ? [[env["PYTHON"]]] : []),
    ["python3"],
    ["python"],
    ...(WINDOWS ? [["py", "-3"]] : []),
  ];
  let problem = `${needed}, and no Python was found.`;
  for (const command of candidates) {
    const [program = "", ...first] = command;
    const { status, stdout } = spawnSync(program, [...first, "-c", PROBE], { env, encoding: "utf8" });
    const [version, venv] = status === 0 ? stdout.split(/\r?\n/) : [];
    if (version === undefined) continue;
    if (!isRecent(version)) problem = `${needed}, and ${command.join(" ")} is ${version}.`;
    else if (venv !== "venv")
      problem = `Python ${version} is here, but without its venv module, which JupyterLab's own environment is made with.`;
    else return { command };
  }
  return { problem: `${problem}\n${HOW_TO_INSTALL}` };
}

/** @param {string} version */
function isRecent(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_PYTHON;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/**
 * The Python of the course's environment, when that is complete and of today's requirements.txt.
 *
 * @param {string} root  the course's folder
 * @returns {string | undefined}
 */
export function readyEnvironment(root) {
  const python = environmentPython(root);
  const made = existsSync(markFile(root)) ? readFileSync(markFile(root), "utf8") : "";
  return made === requirementsHash(root) && existsSync(python) ? python : undefined;
}

/**
 * Makes the course's environment, or brings it up to date. When another process is at it, waits for that.
 *
 * @param {string} root
 * @param {Python} python
 * @param {Say} say
 * @returns {Promise<string>}  the Python of the environment
 */
export async function makeEnvironment(root, python, say) {
  const unlock = await lock(path.join(root, ".cache", "venv.lock"), say);
  try {
    const ready = readyEnvironment(root);
    if (ready) return ready;
    const folder = path.join(root, ".venv");
    const inside = environmentPython(root);
    // Whatever is left of an environment whose Python no longer starts is of no use to anybody.
    const works = spawnSync(inside, ["-c", ""]).status === 0;
    say("making a Python environment in .venv");
    await run([...python.command, "-m", "venv", ...(works ? [] : ["--clear"]), folder], () => {});
    await run(
      [
        inside,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        "--require-hashes",
      ].concat(["-r", path.join(root, "requirements.txt")]),
      pipProgress(say),
    );
    writeFileSync(markFile(root), requirementsHash(root));
    return inside;
  } finally {
    unlock();
  }
}

/** @param {string} root */
function environmentPython(root) {
  return path.join(root, ".venv", WINDOWS ? "Scripts" : "bin", WINDOWS ? "python.exe" : "python");
}

/**
 * Where a finished environment says which requirements it was made from.
 *
 * @param {string} root
 */
function markFile(root) {
  return path.join(root, ".venv", "requirements.sha256");
}

/** @param {string} root */
function requirementsHash(root) {
  return createHash("sha256")
    .update(readFileSync(path.join(root, "requirements.txt")))
    .digest("hex");
}

/**
 * Makes a few lines of progress of the hundreds that pip prints.
 *
 * @param {Say} say
 * @returns {(line: string) => void}
 */
function pipProgress(say) {
  let collected = 0;
  return (line) => {
    if (line.startsWith("Collecting ") && ++collected % 20 === 0) say(`${collected} packages found`);
    if (line.startsWith("Installing collected packages")) say(`installing ${collected} packages`);
  };
}

/**
 * Runs a command and hands on the lines that it prints. When it fails, throws its last lines.
 *
 * @param {string[]} command
 * @param {(line: string) => void} onLine
 * @returns {Promise<void>}
 */
async function run([program = "", ...parameters], onLine) {
  const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"] });
  /** @type {string[]} */
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      onLine(line);
    });
  }
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) {
    const said = lines.slice(-15).map((line) => `  ${line}`);
    throw new Error(`${[program, ...parameters].join(" ")} failed. The last it said:\n${said.join("\n")}`);
  }
}

/**
 * Takes a lock that other processes respect; one that its owner left behind when it died is taken over.
 *
 * @param {string} file
 * @param {Say} say
 * @returns {Promise<() => void>}  gives it back
 */
async function lock(file, say) {
  mkdirSync(path.dirname(file), { recursive: true });
  for (let told = false; ; told = true) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const owner = Number(existsSync(file) ? readFileSync(file, "utf8") : "");
    // A lock that still names nobody at the second look is what a full disk left.
    if (owner > 0 ? !isRunning(owner) : told) rmSync(file, { force: true });
    if (!told && owner > 0 && isRunning(owner))
      say(`waiting for process ${owner}, which is making the environment (if it is not, delete ${file})`);
    await sleep(LOOK_AGAIN_MS);
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
