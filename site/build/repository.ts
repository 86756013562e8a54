// SPDX-License-Identifier: MIT
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** The files that the site is made from. All paths are from the repository's root, with `/`. */
export interface Repository {
  read(file: string): string;
  isFile(file: string): boolean;
  /** Files of a folder whose names have an ending, sorted; not those of folders within. */
  list(folder: string, ending: string): string[];
}

/** The files below a folder of this machine. */
export function repositoryAt(root: string): Repository {
  const real = (file: string): string => path.join(root, file);
  return {
    read: (file) => readFileSync(real(file), "utf8"),
    isFile: (file) => !file.startsWith("..") && existsSync(real(file)) && statSync(real(file)).isFile(),
    list: (folder, ending) =>
      existsSync(real(folder))
        ? readdirSync(real(folder))
            .filter((name) => name.endsWith(ending))
            .sort()
            .map((name) => `${folder}/${name}`)
        : [],
  };
}
