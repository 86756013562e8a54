// SPDX-License-Identifier: MIT

/** Result registers of a command besides x0. A value that was not set is 0. */
export class RmiOutputs {
  x1 = 0;
  x2 = 0;
  x3 = 0;
  x4 = 0;

  clear(): void {
    this.x1 = 0;
    this.x2 = 0;
    this.x3 = 0;
    this.x4 = 0;
  }
}
