// SPDX-License-Identifier: MIT
/**
 * Shows that the tests of the firmware notice a change: small errors are put into lib/src/rmm one at a time, and each
 * must make a test fail.
 *
 *   npm run mutate                    a sample of 200 changes, chosen by seed 1
 *   npm run mutate -- --all           every one (takes about an hour)
 *   npm run mutate -- --sample 50 --seed 7
 *
 * Exit status 1 if fewer than 90 of 100 are noticed.
 */

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { mutantsOf } from "./mutate/mutants.mjs";

const WORKERS = 2;
const TIMEOUT_MS = 90_000;
const GOAL = 0.9;
const root = fileURLToPath(new URL("..", import.meta.url));
const places = path.join(root, ".cache", "mutate");

// Layouts and numbers of the interface are data, and a listener's view of the firmware is not its behaviour.
const LEFT_OUT = /(fid|limits|command|audit|outputs)\.ts$/;

/** What the tests of the firmware need. */
const COPIED = [
  ...["base", "hw", "rmm"].map((floor) => `lib/src/${floor}`),
  ...["rmm", "rmm-vectors.ts", "simulator.ts"].map((name) => `test/conformance/${name}`),
  "test/rmm",
  "tools/replay",
  "tsconfig.base.json",
];

const CONFIG = `export default {
  test: { include: ["test/**/*.test.ts"], exclude: ["**/fuzz.test.ts", "**/reference.test.ts"], testTimeout: 20000, pool: "threads" },
};
`;

const args = process.argv.slice(2);
const option = (/** @type {string} */ name, /** @type {number} */ otherwise) => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(args[at + 1]);
};

const files = readdirSync(path.join(root, "lib/src/rmm"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !LEFT_OUT.test(file))
  .map((file) => path.join("lib/src/rmm", file))
  .sort();
const all = files.flatMap((file) => mutantsOf(file, readFileSync(path.join(root, file), "utf8")));
const chosen = args.includes("--all") ? all : sample(all, option("sample", 200), option("seed", 1));

console.log(`${all.length} possible changes in ${files.length} files; trying ${chosen.length}`);
rmSync(places, { recursive: true, force: true });
const queue = [...chosen];
/** @type {import("./mutate/mutants.mjs").Mutant[]} */
const survivors = [];
let tried = 0;
await Promise.all(Array.from({ length: WORKERS }, (_, number) => work(number)));
rmSync(places, { recursive: true, force: true });

const killed = chosen.length - survivors.length;
console.log(
  `${killed} of ${chosen.length} changes noticed: ${((100 * killed) / chosen.length).toFixed(1)} %`,
);
process.exitCode = killed / chosen.length >= GOAL ? 0 : 1;

/**
 * Tries one change after another on a copy of the sources and tests.
 *
 * @param {number} number
 */
async function work(number) {
  const place = path.join(places, String(number));
  for (const part of COPIED) {
    mkdirSync(path.dirname(path.join(place, part)), { recursive: true });
    cpSync(path.join(root, part), path.join(place, part), { recursive: true });
  }
  writeFileSync(path.join(place, "package.json"), '{ "type": "module" }\n');
  writeFileSync(path.join(place, "vitest.config.ts"), CONFIG);
  for (const file of readdirSync(path.join(place, "lib/src"), { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".ts")) transpile(place, file);
  }
  if (!(await testsPass(place))) {
    console.error("The tests do not pass without a change.");
    process.exit(2);
  }
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const target = path.join(place, mutant.file);
    const original = readFileSync(target, "utf8");
    writeFileSync(target, original.slice(0, mutant.start) + mutant.replacement + original.slice(mutant.end));
    const below = path.relative("lib/src", mutant.file);
    transpile(place, below);
    const noticed = !(await testsPass(place));
    writeFileSync(target, original);
    transpile(place, below);
    if (!noticed) {
      survivors.push(mutant);
      const { file, line, original: text, replacement } = mutant;
      console.log(`not noticed: ${file}:${line}  ${oneLine(text)}  ->  ${oneLine(replacement)}`);
    }
    tried++;
    if (tried % 20 === 0) console.log(`${tried} tried, ${tried - survivors.length} noticed`);
  }
}

/**
 * Whether nothing notices the change: first the recordings, which are quick and notice most, then the tests.
 *
 * @param {string} place
 */
async function testsPass(place) {
  const build = path.join(place, "build");
  const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
  return (
    (await passes(place, [path.join(root, "tools/mutate/recordings.mjs"), build])) &&
    (await passes(place, [vitest, "run", "--bail=1", "--no-file-parallelism"]))
  );
}

/**
 * @param {string} cwd
 * @param {readonly string[]} command
 */
function passes(cwd, command) {
  const child = spawn(process.execPath, command, { cwd, stdio: "ignore", timeout: TIMEOUT_MS });
  return new Promise((resolve) => {
    child.on("exit", (code) => resolve(code === 0));
  });
}

/**
 * Writes the JavaScript of one source file.
 *
 * @param {string} place
 * @param {string} file below lib/src
 */
function transpile(place, file) {
  const text = readFileSync(path.join(place, "lib/src", file), "utf8");
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const target = path.join(place, "build", file.replace(/\.ts$/, ".js"));
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, outputText.replaceAll(/(from ".*)\.ts";/g, '$1.js";'));
}

/**
 * Some of a list, the same for the same seed.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {number} count
 * @param {number} seed
 */
function sample(list, count, seed) {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  const rest = [...list];
  const taken = [];
  while (taken.length < count && rest.length > 0) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    taken.push(...rest.splice(Math.floor((state / 2 ** 32) * rest.length), 1));
  }
  return taken;
}

/** @param {string} text */
function oneLine(text) {
  const flat = text.replaceAll(/\s+/g, " ");
  return flat.length > 60 ? `${flat.slice(0, 57)}...` : flat;
}
