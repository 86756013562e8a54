// SPDX-License-Identifier: MIT
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { countedCalls } from "./cost-labs.ts";

const ID = "13-bill";
const IPA_BITS = 40;
const PAGES = 1300;

function bill(): { delegates: number; creates: number; tables: number } {
  const counts = countedCalls(IPA_BITS, PAGES);
  return {
    delegates: counts.get("RMI_GRANULE_DELEGATE") ?? 0,
    creates: counts.get("RMI_DATA_CREATE_UNKNOWN") ?? 0,
    tables: counts.get("RMI_RTT_CREATE") ?? 0,
  };
}

function check(answer: unknown): Problem | undefined {
  const { pages, tables, refused } = (answer ?? {}) as Record<string, unknown>;
  if ([pages, tables, refused].some((one) => typeof one !== "number")) {
    return {
      id: "no-numbers",
      message: "The answer is an object with three numbers: { pages, tables, refused }.",
      came: typeof answer,
    };
  }
  if (pages === 0 && tables === 0 && refused === 0) return untouched("The three numbers are still 0.");
  const real = bill();
  const facts = {
    call: `DELEGATE ${real.delegates}, DATA_CREATE_UNKNOWN ${real.creates}, RTT_CREATE ${real.tables}`,
    came: `pages ${pages}, tables ${tables}, refused ${refused}`,
  };
  if (tables !== real.tables) {
    return {
      id: "tables",
      message: "Each table is created by one RMI_RTT_CREATE, and none was refused.",
      ...facts,
    };
  }
  if (pages === real.delegates) {
    return {
      id: "tables-are-delegated-too",
      message: "Tables are made of pages that were delegated, too. These are not pages of the guest.",
      ...facts,
    };
  }
  if (pages === real.creates) {
    return {
      id: "refused-are-counted",
      message: "A page is entered once, but some were tried twice: the first time the table was missing.",
      ...facts,
    };
  }
  if (pages !== real.delegates - real.tables) {
    return {
      id: "pages",
      message: "Each page of the guest is delegated once, and so is each table; nothing else is.",
      ...facts,
    };
  }
  if (refused !== real.creates - pages) {
    return {
      id: "refused",
      message: "Each page needs one RMI_DATA_CREATE_UNKNOWN that succeeds. All others of them were refused.",
      ...facts,
    };
  }
  return undefined;
}

function code(pages: number, tables: number, refused: number): string {
  return `const bill = { pages: ${pages}, tables: ${tables}, refused: ${refused} };\ncheck("${ID}", bill);`;
}

/** From the counts back to the range. */
export const readTheBill: Exercise = {
  id: ID,
  title: "Read the bill",
  task: "A range was mapped from an empty realm, from a 1 GiB boundary, nothing went wrong: RMI_GRANULE_DELEGATE 1304 times, RMI_DATA_CREATE_UNKNOWN 1303 times, RMI_RTT_CREATE 4 times. How many pages of the guest, how many tables, and how many calls that were refused?",
  starter: code(0, 0, 0),
  check,
  hints: [
    "Ask for each of the three commands what it is called for: pages of the guest, tables, or both.",
    "A table is delegated and created. A page is delegated and entered. A page whose table is missing is entered twice, the first time in vain.",
    "tables = RTT_CREATE; pages = DELEGATE - tables; refused = DATA_CREATE_UNKNOWN - pages",
  ],
  wrongAnswers: [
    { problem: "tables-are-delegated-too", code: code(1304, 4, 0) },
    { problem: "refused-are-counted", code: code(1303, 4, 0) },
    { problem: "tables", code: code(1300, 3, 3) },
    { problem: "refused", code: code(1300, 4, 4) },
    { problem: "pages", code: code(1296, 4, 7) },
  ],
  solution: {
    code: code(1300, 4, 3),
    reasons:
      "1304 granules were handed over, 4 of them for tables: 1300 pages. 1303 tries to enter them, so 3 were refused: one for each 2 MiB whose table was missing. The table at level 2 was noticed together with the first of them, and cost no refusal of its own.",
  },
};
