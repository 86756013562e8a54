// SPDX-License-Identifier: MIT
import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** A notebook with every kind of output; no part of the course. */
export const FIXTURE: string = fileURLToPath(new URL("fixtures/outputs.ipynb", import.meta.url));

/** The course's folder. */
export const ROOT: string = path.resolve(path.dirname(FIXTURE), "..", "..", "..");

/** The notebooks of the course. */
export const COURSE: readonly string[] = readdirSync(path.join(ROOT, "notebooks"))
  .filter((name) => name.endsWith(".ipynb"))
  .sort()
  .map((name) => path.join(ROOT, "notebooks", name));
