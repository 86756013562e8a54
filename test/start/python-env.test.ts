// SPDX-License-Identifier: MIT
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findPython } from "../../tools/python-env.mjs";

const ON_UNIX = process.platform !== "win32"; // the stand-ins are shell scripts

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "a path "));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Puts a stand-in on the PATH that answers as a Python of this version does. */
function install(name: string, version: string, venv: "venv" | "no venv"): void {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\necho ${version}\necho ${venv}\n`);
  chmodSync(file, 0o755);
}

function found(): string {
  const python = findPython({ PATH: folder });
  return python.problem === undefined ? python.command.join(" ") : (python.problem.split("\n")[0] ?? "");
}

describe.runIf(ON_UNIX)("looking for Python", () => {
  it("says what to install when there is none", () => {
    expect(findPython({ PATH: folder })).toMatchInlineSnapshot(`
      {
        "problem": "Python 3.10 or newer is needed for JupyterLab, and no Python was found.

        Debian, Ubuntu:  sudo apt install python3 python3-venv
        Fedora:          sudo dnf install python3
        macOS:           brew install python, or the installer from https://www.python.org/downloads/
        Windows:         winget install Python.Python.3.13, or the same installer

      Then run the command again.",
      }
    `);
  });

  it.each([
    ["python3", "3.10.0"],
    ["python", "3.14.1"],
    ["python3", "4.0.0"],
  ])("takes %s %s", (name, version) => {
    install(name, version, "venv");

    expect(found()).toBe(name);
  });

  it("takes a newer python when python3 is too old", () => {
    install("python3", "3.9.6", "venv");
    install("python", "3.12.1", "venv");

    expect(found()).toBe("python");
  });

  it("says which one is too old", () => {
    install("python3", "3.9.6", "venv");

    expect(found()).toBe("Python 3.10 or newer is needed for JupyterLab, and python3 is 3.9.6.");
  });

  it("says when the venv module is missing, as on a fresh Debian", () => {
    install("python3", "3.11.2", "no venv");

    expect(found()).toBe(
      "Python 3.11.2 is here, but without its venv module, which JupyterLab's own environment is made with.",
    );
  });

  it("takes the one that PYTHON names first", () => {
    install("python3", "3.12.0", "venv");
    install("mine", "3.13.0", "venv");
    const mine = path.join(folder, "mine");

    expect(findPython({ PATH: folder, PYTHON: mine })).toEqual({ command: [mine] });
  });
});
