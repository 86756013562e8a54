// SPDX-License-Identifier: MIT

/** Something wrong in a source of the site. The build stops and names the place. */
export class SourceError extends Error {
  override readonly name: string = "SourceError";

  /**
   * @param message one sentence
   * @param file from the repository's root
   * @param line from 1
   */
  constructor(message: string, file: string, line: number) {
    super(`${file}:${line}: ${message}`);
  }
}
