// SPDX-License-Identifier: MIT

/** What the recorded cases have in common. */
export interface KernelCase {
  readonly id: string;
  readonly area: string;
  readonly setup: string;
  readonly action: string;
  readonly expected: string;
  readonly kernel: string;
}

/** One check for each case, by its id. It gets the case, for those whose numbers are in its text. */
export type Checks = Readonly<Record<string, (testCase: KernelCase) => void>>;
