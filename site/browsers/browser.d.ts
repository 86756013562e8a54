// SPDX-License-Identifier: MIT

/** A browser that does what it is told, whatever its protocol. */
export interface DrivenBrowser {
  /** Engine and version. */
  readonly name: string;
  readonly open: (url: string) => Promise<void>;
  /**
   * Runs a function in the page that is open.
   *
   * @param functionDeclaration its text; it answers a promise of JSON
   * @returns what the JSON says
   */
  readonly run: (functionDeclaration: string, ...values: readonly string[]) => Promise<unknown>;
  readonly close: () => Promise<void>;
}
