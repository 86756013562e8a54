// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 05. */
export const tablePredictions: readonly Prediction[] = [
  {
    id: "05-fresh-entry",
    question:
      "The realm is new, its root tables are at level 2. READ_ENTRY is asked for level 3. Which level does it answer: 2, 3, or an error?",
    answer: "2",
    why: "A walk follows tables until there is none. READ_ENTRY reports where it ended, and says so in x1; it is no error that this is above the level that was asked for.",
    gaps: {
      "3": "There is no table of level 3 yet, so there is no entry to report. What covers the address is an entry of level 2.",
      error: "The walk always ends somewhere. The answer to READ_ENTRY is that place, whatever it is.",
    },
  },
  {
    id: "05-create-twice",
    question:
      "The table of level 3 exists, and RTT_CREATE for level 3 is called again at the same address. The answer is ERROR_RTT; with which index: 2 or 3?",
    answer: "2",
    why: "RTT_CREATE works on the parent's entry: it walks to level - 1 and wants something other than a table there. The index is the level of the entry that was not right, and that is 2.",
    gaps: {
      "3": "That is the level that was asked for. The entry in the way is the parent's, one level up. Kernel code has been written with this guess in it.",
    },
  },
  {
    id: "05-top",
    question:
      "Nothing is mapped in the first pages; the first page that is mapped below this table is at 0x5000. DATA_DESTROY at 0x1000 fails with ERROR_RTT, index 3. What is top, in x2: 0x1000, 0x2000 or 0x5000?",
    answer: "0x5000",
    why: "top tells how far the host may go on without missing anything: past all entries of this table that hold nothing, to the first that holds something. A host that unmaps a large range skips there in one step.",
    gaps: {
      "0x1000": "That would be the answer at an entry that holds something, and here none does.",
      "0x2000":
        "The next page would be right, too, but slow: the RMM looks further, to the end of the table if it has to.",
    },
  },
  {
    id: "05-unknown-ripas",
    question: "The address was EMPTY. After DATA_CREATE_UNKNOWN its RIPAS is: EMPTY, RAM or DESTROYED?",
    answer: "empty",
    why: "DATA_CREATE_UNKNOWN changes what the host says about the address (HIPAS), not what the realm says (RIPAS). The page is there, and the realm does not reach it.",
    gaps: {
      ram: "That is what DATA_CREATE does, before the realm runs. With UNKNOWN the host would otherwise decide what the realm believes to have.",
      destroyed: "Nothing was taken away here.",
    },
  },
  {
    id: "05-destroy-ripas",
    question: "The address was RAM with a page. After DATA_DESTROY its RIPAS is: EMPTY, RAM or DESTROYED?",
    answer: "destroyed",
    why: "The realm had RAM there with content of its own, and the content is gone. DESTROYED keeps the host from putting a fresh page there unnoticed: the realm has to agree first.",
    gaps: {
      ram: "Then the host could put a page of zeros in place of the realm's data, and the realm would go on with it.",
      empty: "EMPTY stays EMPTY. RAM that is taken away becomes DESTROYED.",
    },
  },
  {
    id: "05-fold-count",
    question:
      "The root refers to two tables, so its reference count is 2. One of them, with 512 pages, is folded into a block. What is the root's count now: 1, 2 or 513?",
    answer: "2",
    why: "The root has as many entries that hold something as before: one was a table and is a block now. The count is one per entry, however much memory the entry stands for.",
    gaps: {
      "1": "The table is gone, but its place in the root is not free: the block stands there.",
      "513": "512 was the count of the table that is gone. A count is by entries of one table, not by pages.",
    },
  },
];
