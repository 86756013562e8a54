// SPDX-License-Identifier: MIT

/** Thrown inside a run by a function of the kernel that is no kernel function. The message says what it did. */
export class NotAKernelFunction extends Error {
  override readonly name: string = "NotAKernelFunction";
}
