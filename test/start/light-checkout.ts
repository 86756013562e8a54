// SPDX-License-Identifier: MIT
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { ROOT } from "./environment.ts";

const FIXTURE = path.join(ROOT, "test", "notebooks", "fixtures", "outputs.ipynb");

/** Builds the library without looking at it: one write, as the real one makes many. */
const COMPILER = `
const { mkdirSync, writeFileSync } = require("node:fs");
try {
  mkdirSync("lib/dist", { recursive: true });
  writeFileSync("lib/dist/index.js", "");
} catch (error) {
  console.log("error TS5033: Could not write file: " + error.message);
  process.exit(1);
}
`;

/**
 * A checkout of the course in which the command is real, and the packages and JupyterLab are stand-ins: a start takes a
 * moment. It is gone when the test ends.
 */
export class LightCheckout {
  readonly root: string;
  /** The only folder on the PATH. */
  readonly bin: string;

  constructor() {
    this.root = path.join(realpathSync(mkdtempSync(path.join(tmpdir(), "a learner "))), "course");
    onTestFinished(() => rmSync(path.dirname(this.root), { recursive: true, force: true }));
    for (const name of ["package.json", "requirements.txt", "kernel", "tools"]) {
      cpSync(path.join(ROOT, name), path.join(this.root, name), { recursive: true });
    }
    const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
    for (const name of ["typescript", "tslab", "zeromq"]) {
      this.write(`node_modules/${name}/package.json`, JSON.stringify({ version: dependencies[name] }));
    }
    this.write("node_modules/typescript/bin/tsc", COMPILER);
    this.write("node_modules/.package-lock.json", "{}");
    this.write("node_modules/tsm-map-sim/package.json", "{}");
    this.write("notebooks/00-first.ipynb", readFileSync(FIXTURE, "utf8"));
    mkdirSync(path.join(this.root, "lib"));
    this.bin = path.join(path.dirname(this.root), "bin");
    mkdirSync(this.bin);
    this.install("jupyter-lab", "echo 4.6.6");
  }

  /** Puts a program, a shell script, on the PATH. */
  install(name: string, script: string): void {
    writeFileSync(path.join(this.bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(this.bin, name), 0o755);
  }

  /** Writes a file of the checkout; the path has slashes. */
  write(file: string, text: string): void {
    const whole = path.join(this.root, file);
    mkdirSync(path.dirname(whole), { recursive: true });
    writeFileSync(whole, text);
  }

  /** Takes a file over from the real course. */
  copy(file: string): void {
    this.write(file, readFileSync(path.join(ROOT, file), "utf8"));
  }

  read(file: string): string {
    return readFileSync(path.join(this.root, file), "utf8");
  }

  remove(file: string): void {
    rmSync(path.join(this.root, file), { recursive: true });
  }

  /** The environment of a process in the checkout; `standIn` is a file of this folder that is loaded first. */
  env(more: NodeJS.ProcessEnv = {}, standIn?: string): NodeJS.ProcessEnv {
    const options = standIn && `--require "${path.join(ROOT, "test", "start", standIn)}"`;
    return { PATH: this.bin, HOME: this.root, ...more, ...(options && { NODE_OPTIONS: options }) };
  }

  /** Runs `npm start` with one option to its end. */
  start(option: string, env: NodeJS.ProcessEnv = this.env()): SpawnSyncReturns<string> {
    const script = path.join(this.root, "tools", "start.mjs");
    return spawnSync(process.execPath, [script, option], { env, encoding: "utf8" });
  }

  /** Runs `npm start -- --prepare-only` to its end. */
  prepare(more: NodeJS.ProcessEnv = {}, standIn?: string): SpawnSyncReturns<string> {
    return this.start("--prepare-only", this.env(more, standIn));
  }

  /** The same, with a disk that refuses every write below a folder. */
  prepareOnDiskThat(code: "ENOSPC" | "EACCES" | "EROFS", below = ""): SpawnSyncReturns<string> {
    const folder = path.join(this.root, below);
    return this.prepare({ REFUSE_WITH: code, REFUSE_BELOW: folder }, "refusing-disk.cjs");
  }
}
