// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { type Holders, holdersOf, holdersOfFrame, holdersText } from "../../designs/observe.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { settingOf } from "./design-labs.ts";

const ID = "12-who-holds";

const ROWS = [
  ["A", "design A, after start-up"],
  ["C", "design C, after start-up"],
  ["D1", "design D1, after start-up"],
  ["D2", "design D2, after start-up"],
  ["hole", "design D1, the old page after a hole"],
] as const;
type RowId = (typeof ROWS)[number][0];

/** Who holds the first page of the guest_memfd, found on a machine of its own for each row. */
function measured(row: RowId): Holders | undefined {
  const on = settingOf(row === "hole" ? "D1" : row);
  on.startUp();
  if (row !== "hole") return holdersOf(on, 0);
  const frame = on.inode.pageAt(0);
  on.vmm.punchHole(on.memory, 0, PAGE_SIZE);
  return holdersOfFrame(on, 0, frame);
}

function parts(text: unknown): string[] {
  return String(text)
    .toLowerCase()
    .split(",")
    .map((part) => part.trim())
    .sort();
}

/** What people think who answer so. */
function misconception(row: RowId, given: readonly string[]): [id: string, message: string] {
  if (row === "A" && given.includes("iommu"))
    return [
      "iommufd-passes-on",
      "In A the call goes through iommufd, but iommufd keeps nothing of it: it finds the VM, and KVM does the rest.",
    ];
  if (row === "A" && !given.includes("stage 2"))
    return [
      "mapping-holds-nothing",
      "The loop of the patch keeps the reference that it took for the look-up: it belongs to the entry in the realm's tables, which is stage 2.",
    ];
  if (row === "C" && !given.includes("stage 2"))
    return [
      "pinned-is-not-unmapped",
      "A pinned guest_memfd allocates its pages at once, and KVM also enters the private ones by itself when a device is bound.",
    ];
  if (row === "D1" && given.includes("stage 2"))
    return [
      "stage-2-by-itself",
      "In the D designs the VMM maps the file for the device, and nobody maps it for the realm: stage 2 gets the page when the guest touches it.",
    ];
  if (row === "D2" && given.includes("iommu"))
    return [
      "address-is-no-reference",
      "In D2 iommufd keeps the address of the page in its table. An address is not a reference: nothing is counted.",
    ];
  if (row === "hole" && given.includes("page cache"))
    return ["hole-takes-the-cache", "The hole takes the page out of the page cache; that is what a hole is."];
  return ["other-holders", "The holders are others."];
}

function check(answer: unknown): Problem | undefined {
  const given = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  if (!ROWS.every(([row]) => typeof given[row] === "string"))
    return {
      id: "no-rows",
      message: "The answer is an object with a text for each of A, C, D1, D2 and hole.",
    };
  if (ROWS.every(([row]) => given[row] === "?"))
    return untouched("Put the holders in place of each question mark.");
  for (const [row, words] of ROWS) {
    const expected = holdersText(measured(row));
    const guess = parts(given[row]);
    if (guess.join() === parts(expected).join()) continue;
    const [id, message] = misconception(row, guess);
    return { id, message, call: words, expected, came: String(given[row]) };
  }
  return undefined;
}

function code(a: string, c: string, d1: string, d2: string, hole: string): string {
  return [
    '// any of "page cache", "stage 2", "IOMMU", with commas between them',
    "const holders = {",
    `  A: "${a}",`,
    `  C: "${c}",`,
    `  D1: "${d1}",`,
    `  D2: "${d2}",`,
    `  hole: "${hole}", // D1: the old page, after a hole was punched there`,
    "};",
    `check("${ID}", holders);`,
  ].join("\n");
}

const BOTH = "page cache, stage 2";

/** The question behind the dispute: who has a reference. */
export const designHolders: Exercise = {
  id: ID,
  title: "Who holds page 0?",
  task: "Page 0 is private, and the design has done all that it does at the start; the guest has not touched the page yet. Who has a reference on it in A, C, D1 and D2? And in D1, who holds the old page after a hole was punched there?",
  starter: code("?", "?", "?", "?", "?"),
  check,
  hints: [
    "Set each design up as above, call startUp(), and ask holdersText(holdersOf(on, 0)).",
    "The page cache holds what is in the file. Stage 2 holds what KVM has entered in the realm's tables. The IOMMU holds what iommufd has pinned; an address that it remembers counts for nothing.",
    'A: "page cache, ...", C: as A, D1: "page cache, ...", D2: one holder, hole: one holder',
  ],
  wrongAnswers: [
    {
      problem: "iommufd-passes-on",
      code: code("page cache, IOMMU", BOTH, "page cache, IOMMU", "page cache", "IOMMU"),
    },
    {
      problem: "mapping-holds-nothing",
      code: code("page cache", BOTH, "page cache, IOMMU", "page cache", "IOMMU"),
    },
    {
      problem: "pinned-is-not-unmapped",
      code: code(BOTH, "page cache", "page cache, IOMMU", "page cache", "IOMMU"),
    },
    {
      problem: "stage-2-by-itself",
      code: code(BOTH, BOTH, "page cache, stage 2, IOMMU", "page cache", "IOMMU"),
    },
    {
      problem: "address-is-no-reference",
      code: code(BOTH, BOTH, "page cache, IOMMU", "page cache, IOMMU", "IOMMU"),
    },
    {
      problem: "hole-takes-the-cache",
      code: code(BOTH, BOTH, "page cache, IOMMU", "page cache", "page cache, IOMMU"),
    },
  ],
  solution: {
    code: code(BOTH, BOTH, "page cache, IOMMU", "page cache", "IOMMU"),
    reasons:
      "In A and C the entry in the realm's tables owns a reference, so the page lives as long as a trusted device can reach it, and KVM takes the entry away before it drops the reference. In D1 the pin keeps the page alive but not in the file: after the hole, device and guest have different pages. In D2 only the file holds the page, and whoever takes it out of the file frees it under the device.",
  },
};
