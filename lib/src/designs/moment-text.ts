// SPDX-License-Identifier: MIT
import { holdersText } from "./observe.ts";
import { type Moment, resultText } from "./scenario.ts";

/** A moment of a scenario in one line. */
export function momentText(moment: Moment): string {
  switch (moment.what) {
    case "move":
      return `VMM: ${moment.name}: ${resultText(moment.result)}`;
    case "dma": {
      const { kind, outcome, frame } = moment.seen;
      return `${kind} DMA ${moment.when}: ${outcome}${frame === undefined ? "" : ` in ${frame}`}`;
    }
    case "holders":
      return `page 0 ${moment.when}: ${holdersText(moment.holders)}`;
    case "saw":
      return moment.text;
  }
}
