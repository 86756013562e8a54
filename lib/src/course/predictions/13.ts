// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 13. */
export const costPredictions: readonly Prediction[] = [
  {
    id: "13-page-513",
    question:
      "512 pages from a 2 MiB boundary cost 1029 firmware calls, from an empty realm with 40 IPA bits. How many more does the page after them cost?",
    answer: "5",
    why: "Its entry is refused once, since the next 2 MiB has no table; the table is delegated and created; and then its own two calls succeed: a refused one, two for the table, two for the page.",
    gaps: {
      "2": "That is a page whose table is there. The next 2 MiB needs a table of its own.",
      "4": "The refused call is a call, too: that is how the kernel finds out that a table is missing.",
      "7": "So much the very first page costs, which needs a table at level 2 as well.",
    },
  },
  {
    id: "13-twice",
    question:
      "512 pages are mapped, and the VMM maps the same range again. How many firmware calls does that cost?",
    answer: "512",
    why: "One refused RMI_GRANULE_DELEGATE for each page, which counts as a success. So it costs half as much as the first time and does nothing, besides leaking 512 references.",
    gaps: {
      "0": "Nobody keeps a note of what is mapped, outside of the firmware's tables. Each page is tried.",
      "1024": "The second call of each page is never made: the first was refused.",
      "1": "A refused delegation does not end the loop. It counts as done.",
    },
  },
  {
    id: "13-table-memory",
    question:
      "How many GiB of memory do the translation tables for 1 TiB of guest memory take, mapped page by page, rounded?",
    answer: "2",
    why: "One page of 4 KiB for each 2 MiB is a part of 512: 1 TiB / 512 = 2 GiB. The tables of level 2 add 4 MiB.",
    gaps: {
      "0": "A table of level 3 is small, but there are 524288 of them.",
      "1": "An entry has 8 bytes, and a table 512 of them: 4 KiB for each 2 MiB.",
      "4": "One table of 4 KiB for each 2 MiB; the levels above add next to nothing.",
    },
  },
  {
    id: "13-fold-saves",
    question:
      "512 pages are entered one by one, then their table is folded into a block of 2 MiB. Does that take fewer firmware calls than leaving them as pages?",
    answer: "no",
    why: "The pages had to be entered first. Folding adds two calls: the fold, and taking the table's page back. What it saves is that page, and a level of each walk.",
    gaps: {
      yes: "In the interface of RMM 1.0 a block is made from 512 pages that are there, not instead of them.",
    },
  },
];
