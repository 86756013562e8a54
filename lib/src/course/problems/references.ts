// SPDX-License-Identifier: MIT
import type { Random } from "../../base/random.ts";
import type { DrillLevel, DrillPlan } from "./drill.ts";

/** What can happen to a page of a guest_memfd. */
export type PageOperation = "allocate" | "look up" | "put" | "map" | "hole";

const SENTENCE: Readonly<Record<PageOperation, string>> = {
  allocate: "The VMM has the page allocated, with fallocate.",
  "look up": "Somebody in the kernel looks the page up, with kvm_gmem_get_pfn, and keeps the reference.",
  put: "One of those who looked it up gives the reference back, with put_page.",
  map: "TSM_MAP is called for this page.",
  hole: "The VMM punches a hole for this page.",
};

/** Who holds how many references on a frame. */
interface Books {
  readonly cache: number;
  readonly callers: number;
  readonly mapping: number;
  /** References that nobody will ever drop. */
  readonly lost: number;
}

const total = ({ cache, callers, mapping, lost }: Books): number => cache + callers + mapping + lost;

/** The books after an operation, and what it did. */
function after(books: Books, operation: PageOperation): readonly [books: Books, step: string] {
  switch (operation) {
    case "allocate":
      return books.cache === 1
        ? [books, "The page is in the page cache already: nothing changes."]
        : [{ ...books, cache: 1 }, "The page cache takes its reference; fallocate keeps none."];
    case "look up":
      return [
        { ...books, cache: 1, callers: books.callers + 1 },
        books.cache === 1
          ? "The look-up takes a reference for its caller."
          : "The look-up allocates the page: one reference for the page cache, one for the caller.",
      ];
    case "put":
      return [{ ...books, callers: books.callers - 1 }, "A caller's reference goes."];
    case "map":
      return books.mapping === 0
        ? [
            { ...books, cache: 1, mapping: 1 },
            `The reference of the look-up goes over to the mapping${books.cache === 1 ? "" : ", and the page cache has its own"}.`,
          ]
        : [
            { ...books, lost: books.lost + 1 },
            "The page is mapped already, which counts as success: the reference of this look-up is nobody's.",
          ];
    case "hole":
      return [
        { ...books, cache: 0, mapping: 0 },
        "The mapping and the page cache drop theirs; what callers hold, and what nobody holds, stays.",
      ];
  }
}

/** A sequence in which only those give back who hold something, and a hole comes last. */
function operationsOf(random: Random, level: DrillLevel): PageOperation[] {
  const choices: readonly PageOperation[] =
    level === 1 ? ["allocate", "look up", "put"] : ["look up", "put", "map", "map"];
  const operations: PageOperation[] = [random.below(2) === 0 ? "allocate" : "look up"];
  const count = (operation: PageOperation): number => operations.filter((one) => one === operation).length;
  while (operations.length < 3 + level) {
    const next = choices[random.below(choices.length)] as PageOperation;
    if (next === "put" && count("put") >= count("look up")) continue;
    if (next === "map" && level === 2 && count("map") === 1) continue;
    operations.push(next);
  }
  if (level === 3 && count("map") < 2) operations.push("map", "map");
  if (level > 1 && random.below(2) === 0) operations.push("hole");
  return operations;
}

/** Reference counts of a page: what each operation adds or drops, and what is lost. */
export function references(random: Random, level: DrillLevel): DrillPlan {
  const operations = operationsOf(random, level);
  let books: Books = { cache: 0, callers: 0, mapping: 0, lost: 0 };
  const steps = operations.map((operation) => {
    const [next, step] = after(books, operation);
    books = next;
    return `${step} Now ${total(books)}.`;
  });
  return {
    title: "The references on a page of a guest_memfd",
    question: [
      "A realm's slot has one page, which nobody has touched yet. These calls follow each other, and succeed:",
      ...operations.map((operation, i) => `  ${i + 1}. ${SENTENCE[operation]}`),
      "How many references are there at the end on the frame that was first allocated?",
    ],
    parts: [
      {
        name: "references",
        answer: String(total(books)),
        rule: "Count one for the page cache while the page is in the file, one for each caller that has not given it back, one for the mapping, and one for each TSM_MAP that found the page mapped.",
      },
      {
        name: "how many of them nobody will ever drop",
        answer: String(books.lost),
        rule: "Page cache, callers and mapping drop theirs one day. A TSM_MAP that finds the page mapped leaves one that belongs to none of these.",
      },
    ],
    steps,
  };
}
