// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { withoutOutputs } from "./notebook-format.mjs";

/**
 * The learner's copies of the notebooks. A file that is there is never written to again: it is the learner's.
 *
 * `.shipped.json` beside the copies says from which version of a notebook the newest copy was made. When the notebook
 * has changed since, the new version is put beside the old copy under a name of its own. A learner who deletes a copy
 * gets a fresh one.
 *
 * @typedef {Record<string, string>} Shipped  name of a notebook -> hash of the version its newest copy was made from
 */

const MANIFEST = ".shipped.json";

/**
 * Brings the copies up to date.
 *
 * @param {string} from  the folder of the notebooks
 * @param {string} to  the folder of the copies
 * @returns {{ first: string | undefined, news: string[] }}  the copy to begin with, and a sentence for each copy
 *   beside which a newer version was put
 */
export function updateCopies(from, to) {
  const names = existsSync(from) ? readdirSync(from).filter((name) => name.endsWith(".ipynb")) : [];
  names.sort();
  mkdirSync(to, { recursive: true });
  const shipped = readManifest(to);
  const news = names.flatMap((name) => {
    const text = readFileSync(path.join(from, name), "utf8");
    const version = createHash("sha256").update(text).digest("hex");
    const sentence = updateCopy(to, name, copyOf(name, text), shipped[name] === version);
    shipped[name] = version;
    return sentence ?? [];
  });
  writeWhole(path.join(to, MANIFEST), `${JSON.stringify(shipped, null, 2)}\n`);
  return { first: names[0], news };
}

/**
 * @param {string} name
 * @param {string} text  of the notebook
 */
function copyOf(name, text) {
  try {
    return withoutOutputs(text);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new Error(
      `notebooks/${name} is damaged (${message}): bring it back with git checkout -- notebooks/${name}, or get the course anew; your copies are as you left them.`,
    );
  }
}

/**
 * @param {string} to
 * @param {string} name
 * @param {string} text
 * @param {boolean} isKnown  whether a copy of this very version was made before
 * @returns {string | undefined}
 */
function updateCopy(to, name, text, isKnown) {
  const copy = path.join(to, name);
  if (!existsSync(copy)) {
    writeWhole(copy, text);
    return undefined;
  }
  if (isKnown || readFileSync(copy, "utf8") === text) return undefined;
  const fresh = freeName(to, name);
  writeWhole(path.join(to, fresh), text);
  return `${name} has changed since your copy was made: the new version is beside it as "${fresh}", and your copy is as you left it.`;
}

/**
 * Writes a file wholly or not at all: half a copy, left by a full disk, would count as the learner's for good.
 *
 * @param {string} file
 * @param {string} text
 */
function writeWhole(file, text) {
  const unfinished = `${file}.unfinished`;
  try {
    writeFileSync(unfinished, text);
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/**
 * @param {string} folder
 * @param {string} name
 */
function freeName(folder, name) {
  const stem = name.replace(/\.ipynb$/, "");
  for (let number = 2; ; number++) {
    const candidate = `${stem} (new ${number}).ipynb`;
    if (!existsSync(path.join(folder, candidate))) return candidate;
  }
}

/**
 * @param {string} folder
 * @returns {Shipped}  empty when it was lost or spoiled: at worst a learner gets one copy too many
 */
function readManifest(folder) {
  const file = path.join(folder, MANIFEST);
  if (!existsSync(file)) return {};
  try {
    return Object(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return {};
  }
}
