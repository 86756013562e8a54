// SPDX-License-Identifier: MIT
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../start/environment.ts";

const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");
const { scripts } = JSON.parse(read("package.json"));

/** The scripts that a file runs with npm, apart from `npm ci`. */
function scriptsIn(file: string): string[] {
  return [...read(file).matchAll(/"?npm"?,? "?(?:run )?([a-z:]+)/g)]
    .map(([, name]) => name ?? "")
    .filter((name) => name !== "ci");
}

describe("what makes an image of the course", () => {
  it.each(["Dockerfile", ".binder/postBuild"])("%s runs scripts that are there", (file) => {
    const named = scriptsIn(file);

    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it("has a Node that the course runs on", () => {
    const [, line] = /FROM node:(\d+)/.exec(read("Dockerfile")) ?? [];
    const [, ofBinder] = /nodejs=(\d+)/.exec(read(".binder/environment.yml")) ?? [];

    expect([line, ofBinder]).toEqual(["20", "20"]);
  });

  it("ends the preparation of the Docker image with an option that npm start has", () => {
    const options = [...read("Dockerfile").matchAll(/--(prepare-only|no-browser)/g)].map(
      ([option]) => option,
    );

    expect(options).toEqual(["--prepare-only", "--no-browser"]);
    expect(options.filter((option) => !read("tools/start/command.mjs").includes(`  ${option}`))).toEqual([]);
  });

  it("copies neither packages, environments nor a learner's work into the image", () => {
    expect(read(".dockerignore").split("\n")).toEqual(
      expect.arrayContaining(["**/node_modules", "**/.venv", "**/.cache", "work"]),
    );
  });

  it("names files that are there", () => {
    const [, requirements = ""] = /-r (\S+)/.exec(read(".binder/postBuild")) ?? [];
    const { build } = JSON.parse(read(".devcontainer/devcontainer.json"));

    expect(existsSync(path.join(ROOT, requirements))).toBe(true);
    expect(existsSync(path.join(ROOT, ".devcontainer", build.dockerfile))).toBe(true);
    expect(existsSync(path.join(ROOT, "kernel/kernels/tslab/kernel.json"))).toBe(true);
  });

  it
    .runIf(process.platform !== "win32")
    .each([".binder/postBuild", ".binder/start", "deploy/jupyterhub/user-server"])(
    "%s may be executed",
    (file) => {
      expect(() => accessSync(path.join(ROOT, file), constants.X_OK)).not.toThrow();
    },
  );
});
