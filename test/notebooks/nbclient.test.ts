// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jupyterEnvironment } from "../../tools/jupyter-lab.mjs";
import { diffNotebooks } from "../../tools/notebook-diff.mjs";
import { ENVIRONMENT_LIMIT_MS, pythonWithJupyter } from "../start/environment.ts";
import { COURSE, FIXTURE, ROOT } from "./course.ts";

const SCRIPT = fileURLToPath(new URL("run_with_nbclient.py", import.meta.url));
const NOTEBOOKS = [FIXTURE, ...COURSE];

describe("in JupyterLab's own machinery", () => {
  let missing: string | undefined;
  let output: string;

  beforeAll(async () => {
    output = mkdtempSync(path.join(tmpdir(), "nbclient "));
    const environment = await pythonWithJupyter();
    if ("missing" in environment) {
      missing = environment.missing;
      return;
    }
    const env = jupyterEnvironment(ROOT, process.env, "no server");
    await promisify(execFile)(environment.python, [SCRIPT, output, ...NOTEBOOKS], { env });
  }, ENVIRONMENT_LIMIT_MS);
  afterAll(() => rmSync(output, { recursive: true, force: true }));

  it.for(NOTEBOOKS.map((file) => [path.relative(ROOT, file), file] as const))(
    "%s comes out, byte for byte, as it is committed",
    ([, file], { skip }) => {
      skip(missing !== undefined, missing);

      const committed = readFileSync(file, "utf8");
      const name = path.join(output, path.basename(file));
      if (existsSync(`${name}.error`)) throw new Error(readFileSync(`${name}.error`, "utf8"));
      const executed = readFileSync(name, "utf8");

      expect(diffNotebooks(committed, executed).join("\n")).toBe("");
    },
  );
});
