// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { tsmMap } from "../../user/vmm-device.ts";
import { openGmems } from "../../view/find.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { tablePicture } from "../../view/table.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { RAM, realmWithRam } from "./map-labs.ts";

const ID = "07-who-holds";
const HOLDERS = ["page cache", "mapping", "nobody"] as const;
const MOMENTS = [
  ["first", "after the first call"],
  ["second", "after the second call for the same page"],
  ["punched", "after a hole was punched there"],
] as const;

type Counts = readonly [cache: number, mapping: number, nobody: number];

/** Who holds the references on the first page of a realm at each moment, counted on a machine. */
function measured(): Map<string, Counts> {
  const { vmm, device } = realmWithRam(1);
  const { host } = vmm;
  const inode = openGmems(host)[0]?.gmem.inode;
  const counts = new Map<string, Counts>();
  tsmMap(vmm, device, RAM, RAM + PAGE_SIZE);
  const page = inode?.pageAt(0);
  const note = (moment: string): void => {
    if (inode === undefined || page === undefined) return;
    const cache = inode.pageAt(0) === page ? 1 : 0;
    const mapping = mappedPages(host, RAM, RAM + PAGE_SIZE).length;
    counts.set(moment, [cache, mapping, host.kernel.pages.page_count(page) - cache - mapping]);
  };
  note("first");
  tsmMap(vmm, device, RAM, RAM + PAGE_SIZE);
  note("second");
  for (const memory of vmm.memory) vmm.punchHole(memory, 0, PAGE_SIZE);
  note("punched");
  return counts;
}

function misconception(moment: string, given: readonly unknown[]): [id: string, message: string] {
  const [cache, mapping, nobody] = given;
  if (moment === "first" && cache === 0) {
    return [
      "forgot-cache",
      "The page cache of the guest_memfd holds a reference, too: that is why a page outlives its mapping.",
    ];
  }
  if (moment === "first" && nobody !== 0) {
    return [
      "nobody-at-first",
      "The reference that kvm_gmem_get_pfn took is not dropped on success, but it is not lost either: the mapping owns it, and unmapping drops it.",
    ];
  }
  if (moment === "second" && mapping === 2) {
    return [
      "two-mappings",
      "There is still one entry in the tables, and unmapping it drops one reference. The second one has no owner.",
    ];
  }
  if (moment === "second" && nobody === 0) {
    return [
      "no-second",
      "The second call returned 0, and on success put_page is not called: its reference stays.",
    ];
  }
  if (moment === "punched" && nobody === 0) {
    return [
      "hole-frees-all",
      "The hole drops what the page cache held, and the unmapping it causes drops what the mapping held. Both are one reference.",
    ];
  }
  return ["other-counts", "The counts are others."];
}

function check(answer: unknown): Problem | undefined {
  const given = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  const rows = MOMENTS.map(([moment]) => given[moment]);
  if (!rows.every((row): row is unknown[] => Array.isArray(row) && row.length === HOLDERS.length)) {
    return {
      id: "no-rows",
      message: "The answer is an object with the lists first, second and punched, of three numbers each.",
    };
  }
  if (rows.every((row) => row.every((entry) => entry === "?")))
    return untouched("Put a number in place of each question mark.");
  const counts = measured();
  for (const [index, [moment, words]] of MOMENTS.entries()) {
    const row = rows[index] as unknown[];
    const expected = counts.get(moment) as Counts;
    if (expected.every((count, i) => row[i] === count)) continue;
    const [id, message] = misconception(moment, row);
    return {
      id,
      message,
      call: `references ${words}: ${HOLDERS.join(", ")}`,
      expected: expected.join(", "),
      came: row.join(", "),
      picture: told(counts, moment),
    };
  }
  return undefined;
}

/** The moments up to the one that was answered wrongly. */
function told(counts: ReadonlyMap<string, Counts>, last: string): ReturnType<typeof tablePicture> {
  const until = MOMENTS.findIndex(([moment]) => moment === last) + 1;
  return tablePicture({
    title: `References on the page at ${hex(RAM)}`,
    head: ["moment", ...HOLDERS],
    rows: MOMENTS.slice(0, until).map(([moment, words]) => [
      words,
      ...(counts.get(moment) ?? []).map(String),
    ]),
  });
}

function code(first: string, second: string, punched: string): string {
  return [
    "// references held by: the page cache, the mapping, nobody who would drop it",
    "const holders = {",
    `  first: [${first}],`,
    `  second: [${second}],`,
    `  punched: [${punched}],`,
    "};",
    `check("${ID}", holders);`,
  ].join("\n");
}

/** The books of one page. */
export const whoHolds: Exercise = {
  id: ID,
  title: "Who holds the page?",
  task: "One page, three moments: after TSM_MAP, after TSM_MAP of the same page again, and after a hole was punched into the guest_memfd there. For each: how many references does the page cache hold, how many the mapping, and how many nobody who would ever drop them?",
  starter: code('"?", "?", "?"', '"?", "?", "?"', '"?", "?", "?"'),
  check,
  hints: [
    "Draw showGuestMemfd after each step, as above: its third column is the sum.",
    "The page cache holds one reference on each page that it has. An entry in the tables owns one, however often it was asked for. What is left belongs to nobody.",
    "first: [1, ?, 0], second: [1, 1, ?], punched: [0, 0, ?]",
  ],
  wrongAnswers: [
    { problem: "forgot-cache", code: code("0, 1, 0", "0, 1, 1", "0, 0, 1") },
    { problem: "nobody-at-first", code: code("1, 0, 1", "1, 0, 2", "0, 0, 2") },
    { problem: "two-mappings", code: code("1, 1, 0", "1, 2, 0", "0, 0, 0") },
    { problem: "no-second", code: code("1, 1, 0", "1, 1, 0", "0, 0, 0") },
    { problem: "hole-frees-all", code: code("1, 1, 0", "1, 1, 1", "0, 0, 0") },
  ],
  solution: {
    code: code("1, 1, 0", "1, 1, 1", "0, 0, 1"),
    reasons:
      "Each call takes a reference by kvm_gmem_get_pfn and keeps it when realm_map_ipa returns 0. The second call mapped nothing, because RMI_GRANULE_DELEGATE was refused and that counts as success; its reference stays when the hole takes the page out of the cache and out of the tables. The page is lost until the machine restarts.",
  },
};
