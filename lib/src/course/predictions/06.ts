// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 06. */
export const mapIpaPredictions: readonly Prediction[] = [
  {
    id: "06-first-page",
    question:
      "In a realm with 48-bit addresses, whose root tables are at level 0, no table below the root exists. How many firmware calls does the first page take?",
    answer: "9",
    why: "Delegate and a refused create, then two calls for each of the three tables, and the create that succeeds: 1 + 1 + 6 + 1.",
    gaps: {
      "7": "That is with the root at level 1 and two tables below it. Here there are three.",
      "8": "The refused create is a call, too.",
      "3": "Each missing table takes a delegate and a create.",
    },
  },
  {
    id: "06-refused",
    question:
      "The very first call is refused: the firmware will not take the page that is to be mapped. What does realm_map_ipa return?",
    answer: "0",
    why: "Any refusal to delegate ends the function with 0: it takes it that another CPU has got hold of the page and is mapping it.",
    gaps: {
      "-ENXIO": "So every other refusal is answered. This one is taken for a sign that the work is done.",
      "-EFAULT": "That is for a mapping without write permission.",
    },
  },
  {
    id: "06-last-call",
    question:
      "The seventh and last call is refused: both tables were made, and the page does not get in. How many new tables are there when realm_map_ipa has returned -ENXIO?",
    answer: "2",
    why: "The undo gives the data page back. Tables stay: they belong to the realm now, and the next page in the same 2 MiB needs them anyway.",
    gaps: {
      "0": "No call that destroys or folds a table is in the undo.",
      "1": "Both were made before the refused call, and neither is touched afterwards.",
    },
  },
  {
    id: "06-alias",
    question:
      "A page is mapped at the shared alias, in the upper half of the addresses. In which space is it afterwards: Realm or Non-secure?",
    answer: "non-secure",
    why: "A page of the upper half stays the host's: nothing is delegated but the pages for tables. That is what makes it shared.",
    gaps: { realm: "Then the host could not reach it, and it would be shared with nobody." },
  },
  {
    id: "06-race",
    question:
      "Two CPUs map two neighbouring pages, and both find that the same two tables are missing. Both make them. How many tables are there afterwards?",
    answer: "2",
    why: "The second RMI_RTT_CREATE for the same place is refused with RMI_ERROR_RTT and the index of the level above: there is a table already. The loser gives its page back and goes on.",
    gaps: {
      "4": "A place in the tree has one table. The firmware refuses the second.",
      "3": "Both levels are contested, and each has one winner.",
    },
  },
];
