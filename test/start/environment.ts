// SPDX-License-Identifier: MIT
import { fileURLToPath } from "node:url";
import { findPython, makeEnvironment, readyEnvironment } from "../../tools/python-env.mjs";

/** The folder of the course. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

/** Making the environment downloads JupyterLab; a slow network is no failure. */
export const ENVIRONMENT_LIMIT_MS = 600_000;

/**
 * The Python that has JupyterLab and nbclient, made when it is not there yet.
 *
 * Without Python the tests that need it cannot run. On a person's machine they are skipped, and say so; in CI that is a
 * failure, because nobody would read it.
 */
export async function pythonWithJupyter(): Promise<{ python: string } | { missing: string }> {
  const ready = readyEnvironment(ROOT);
  if (ready) return { python: ready };
  const found = findPython(process.env);
  if (found.problem === undefined) return { python: await makeEnvironment(ROOT, found, console.log) };
  if (process.env["CI"]) throw new Error(`CI must have Python: ${found.problem}`);
  console.warn(`\nSKIPPED, and not tested: everything that needs JupyterLab.\n${found.problem}\n`);
  return { missing: found.problem.split("\n")[0] ?? "" };
}
