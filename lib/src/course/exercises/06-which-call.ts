// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { errnoName } from "../../base/errno.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { showRtt } from "../../view/rtt.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { lateRealm, mapAt, pageFor, tablesOf } from "./map-ipa-labs.ts";
import { RAM } from "./map-labs.ts";

const ID = "06-which-call";

function check(answer: unknown): Problem | undefined {
  if (!Number.isInteger(answer) || (answer as number) < 0 || (answer as number) > 1000) {
    return {
      id: "no-number",
      message:
        "The answer is a number: 1 for the first firmware call of realm_map_ipa, 2 for the second, and so on.",
      came: String(answer),
    };
  }
  if (answer === 0) return untouched("No call is made to fail yet.");
  const { host, kvm } = lateRealm();
  const pfn = pageFor(kvm, RAM);
  const before = tablesOf(host);
  host.kernel.faults.arm("rmi", answer as number);
  const result = mapAt(kvm, RAM, pfn);
  const { fired } = host.kernel.faults;
  host.kernel.faults.disarm();
  const made = tablesOf(host) - before;
  const mapped = mappedPages(host, RAM, RAM + PAGE_SIZE).length === 1;
  if (made === 1 && !mapped) return undefined;
  const facts = {
    call: `realm_map_ipa of ${hex(RAM)}, call ${answer} refused`,
    expected: "nothing mapped, one table more than before",
    came: `${errnoName(result)}, ${mapped ? "mapped" : "nothing mapped"}, tables more than before: ${made}`,
    picture: showRtt(host),
  };
  if (!fired) {
    return {
      id: "never-fails",
      message: "There are not that many calls, so none of them was refused.",
      ...facts,
    };
  }
  if (made === 2) {
    return {
      id: "both-tables",
      message: "Both tables had been made by then, and only the page was missing.",
      ...facts,
    };
  }
  if (answer === 1) {
    return {
      id: "counts-as-success",
      message: "This refusal ends the function at once, with 0, before anything is made.",
      ...facts,
    };
  }
  return { id: "no-table", message: "By then no table had been made yet.", ...facts };
}

function code(nth: number): string {
  return `const nth = ${nth};\ncheck("${ID}", nth);`;
}

/** A table left behind. */
export const whichCall: Exercise = {
  id: ID,
  title: "One table is left",
  task: "In a realm without tables for the address, exactly one firmware call of realm_map_ipa is refused. Which one has to be refused so that nothing is mapped, and exactly one new table stays? There is more than one right answer.",
  starter: code(0),
  check,
  hints: [
    "Number the calls in the timeline of the first page, from 1. Which of them makes a table?",
    "The tables that were made before the refused call stay. Between the first RMI_RTT_CREATE and the end of the second there is more than one call.",
    "One of 4, 5, 6 and 7. For two of them exactly one table was made before.",
  ],
  wrongAnswers: [
    { problem: "counts-as-success", code: code(1) },
    { problem: "no-table", code: code(4) },
    { problem: "both-tables", code: code(7) },
    { problem: "never-fails", code: code(8) },
  ],
  solution: {
    code: code(5),
    reasons:
      "Call 4 makes the table of level 2. Call 5 delegates the page for the next one and call 6 makes it. When either is refused, the page for that table comes back, the data page comes back, and the table of level 2 stays: the undo is about the page alone.",
  },
};
