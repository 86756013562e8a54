// SPDX-License-Identifier: MIT
import { dmaText, holdersText } from "./observe.ts";
import { type Moment, type Played, resultText } from "./scenario.ts";

/** A moment of a scenario, and what it was like in each run that came to it. */
export interface MomentRow {
  readonly moment: string;
  /** One text for each run, in their order; empty where a run did not come to the moment. */
  readonly cells: readonly string[];
}

/**
 * Runs of one scenario side by side. Runs differ in their moments, since a remedy is used only where it is needed; the
 * rows hold them all in an order that fits every run.
 */
export function momentTable(runs: readonly Played[]): MomentRow[] {
  const order: string[] = [];
  const texts = runs.map(({ moments }) => new Map(moments.map((moment) => [nameOf(moment), textOf(moment)])));
  for (const names of texts.map((run) => [...run.keys()])) {
    let at = 0;
    for (const name of names) {
      const known = order.indexOf(name);
      if (known >= 0) at = known + 1;
      else order.splice(at++, 0, name);
    }
  }
  return order.map((moment) => ({ moment, cells: texts.map((run) => run.get(moment) ?? "") }));
}

function nameOf(moment: Moment): string {
  switch (moment.what) {
    case "move":
      return `VMM: ${moment.name}`;
    case "dma":
      return `${moment.seen.kind} DMA ${moment.when}`;
    case "holders":
      return `references ${moment.when}`;
    case "saw":
      return moment.about;
  }
}

function textOf(moment: Moment): string {
  switch (moment.what) {
    case "move":
      return resultText(moment.result);
    case "dma":
      return dmaText(moment.seen);
    case "holders":
      return holdersText(moment.holders);
    case "saw":
      return moment.text;
  }
}

/** A moment in one line. */
export function momentText(moment: Moment): string {
  return `${nameOf(moment)}: ${textOf(moment)}`;
}
