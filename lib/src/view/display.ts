// SPDX-License-Identifier: MIT
import { Displayable } from "../base/displayable.ts";

/**
 * A picture drawn from the state of the simulated machine. It does not follow the machine: it stays as it was drawn.
 */
export class Picture extends Displayable {
  declare readonly svg: string;
  readonly text: string;

  constructor(svg: string, text: string) {
    super(svg);
    this.text = text;
  }
}
