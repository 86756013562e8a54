// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 11. */
export const racePredictions: readonly Prediction[] = [
  {
    id: "11-free",
    question:
      "M has mapped a page that P has taken out of the file meanwhile. Is the frame free, so that somebody else could get it while the realm uses it?",
    answer: "no",
    why: "M's look-up has taken a reference, and the mapping owns it now. So it is no use after free. The host has lost the page all the same: it asked for it, was told 0, and did not get it.",
    gaps: {
      yes: "The hole drops the reference of the page cache. Look who holds another.",
    },
  },
  {
    id: "11-lock-enough",
    question:
      'Now the fault lock is held while the page is mapped, and nothing else is changed. Map against punch hole: "holds" or "broken"?',
    answer: "broken",
    why: "The page was looked up before the lock was taken. P runs to its end in between, and M maps, under the lock, a page that is not in the file any more.",
    gaps: {
      holds:
        "The lock orders M's mapping and P's unmapping. It says nothing about what M had looked up before.",
    },
  },
  {
    id: "11-fold-lock",
    question:
      'The same kernel, with the lock alone. Map against a fold, the race of the exercise: "holds" or "broken"?',
    answer: "holds",
    why: "M makes the table and uses it under one lock, and a fold takes the lock for writing. Nothing was looked up before.",
    gaps: {
      broken:
        "What could P change between M's look and M's use here? Table and entry come under the same lock.",
    },
  },
  {
    id: "11-attribute-enough",
    question:
      'The kernel looks at the attribute of each page and refuses what is shared. Map against a change to shared: "holds" or "broken"?',
    answer: "broken",
    why: "The attribute changes after the look and before the page is mapped. And when it is refused in time, the pages before it stay mapped, and the caller is told an errno.",
    gaps: {
      holds: "A look is right at the moment of the look. The page is mapped some steps later.",
    },
  },
  {
    id: "11-base",
    question:
      'Without the patch: a vCPU faults on a page while a hole is punched there, in the fault path that the loop was modelled on. "holds" or "broken"?',
    answer: "broken",
    why: "The fault path of this base has neither the lock nor the number. Version 12 of the series gave it both.",
    gaps: {
      holds: "The loop of the patch does what private_memslot_fault does. What one lacks, the other lacks.",
    },
  },
  {
    id: "11-srcu",
    question:
      "M maps 256 pages, as posted, and has just begun with the first one. Somebody deletes another slot. How many firmware calls does that wait for?",
    answer: "512",
    why: "The read section ends with the last page, and each page takes two calls. The deletion holds slots_lock while it waits, so everybody who needs that waits behind it.",
    gaps: {
      "0": "The slot is another one, but SRCU knows no slots: a writer waits for every reader.",
      "256": "Each page takes two calls: the delegation and the entry.",
      "2": "That would be so if the section were left after each page.",
    },
  },
];
