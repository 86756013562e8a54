// SPDX-License-Identifier: MIT
import { plural } from "../../base/plural.ts";
import type { Host } from "../../boot.ts";
import { RMI_RTT_READ_ENTRY } from "../../rmm/fid.ts";
import { GRANULE } from "../../rmm/granules.ts";
import { rmiResultName } from "../../rmm/status.ts";
import { Vmm } from "../../user/vmm.ts";
import { type Exercise, labOf, type Problem, untouched } from "../exercise.ts";
import { firmwareCalls, rdOf, realmMachine } from "./firmware-labs.ts";

const ID = "05-fold";
const IPA = 0x20_0000n;
/** Room for 512 pages from page 512 on, and some to spare. */
const PAGES = 1088;
const CHILDREN = 512;

/** Pages that are DELEGATED: handed over, and used for nothing. */
function idlePages(host: Host): number {
  let idle = 0;
  host.rmm.state.granules.forEachInUse((_, state) => {
    if (state === GRANULE.DELEGATED) idle++;
  });
  return idle;
}

function check(answer: unknown): Problem | undefined {
  const lab = labOf(answer, ID);
  if ("message" in lab) return lab;
  const { host } = lab;
  const made = [...firmwareCalls(host)];
  if (made.length === 0) return untouched("No firmware call was made on this machine yet.");
  const [, level, state, pa = 0n] = host.smc(RMI_RTT_READ_ENTRY, rdOf(host), IPA, 3n);
  if (level === 2n && state === 1n) {
    const idle = idlePages(host);
    if (idle === 0) return undefined;
    return {
      id: "table-kept",
      message:
        "The block is there. The table that it replaced is of no use any more, and still not the host's: FOLD answers its address in x1.",
      expected: "no page left DELEGATED",
      came: `${idle} left`,
    };
  }
  const mapped = made.filter(({ name, result }) => name.startsWith("RMI_DATA_CREATE") && result === 0).length;
  const fold = made.filter(({ name }) => name === "RMI_RTT_FOLD").at(-1);
  const facts = {
    call:
      fold === undefined ? "RMI_RTT_FOLD was not called" : `RMI_RTT_FOLD: ${rmiResultName(fold.result ?? 0)}`,
    expected: "one entry, ASSIGNED, at level 2",
    came: level === 2n ? "nothing mapped at level 2" : `a table of level 3 with ${plural(mapped, "page")}`,
  };
  if (mapped < CHILDREN) {
    return {
      id: "incomplete",
      message: "A block of 2 MiB takes the place of 512 pages. One that is missing keeps the table.",
      ...facts,
    };
  }
  if (fold?.result === 1) {
    return {
      id: "wrong-level",
      message: "The level of FOLD is that of the table that goes, not of the entry that stays.",
      ...facts,
    };
  }
  if (pa % 0x20_0000n !== 0n) {
    return {
      id: "unaligned",
      message:
        "Address 0x20_0000 is mapped to a page that is not a multiple of 2 MiB in physical memory. No block could stand for that.",
      ...facts,
    };
  }
  return {
    id: "scattered",
    message:
      "512 pages are there, but a block is one run of memory: neighbours in the realm must be neighbours in memory.",
    ...facts,
  };
}

function code(page: string, count: string, fold: string, ...rest: string[]): string {
  return [
    `const lab = exercise("${ID}");`,
    "const at = (n: number) => dramPage(lab.host, n);",
    "const realm = at(4);",
    "lab.host.smc(RMI_GRANULE_DELEGATE, at(5));",
    "lab.host.smc(RMI_RTT_CREATE, realm, at(5), 0x20_0000n, 3n);",
    `for (let n = 0; n < ${count}; n++) {`,
    `  lab.host.smc(RMI_GRANULE_DELEGATE, at(${page}));`,
    `  lab.host.smc(RMI_DATA_CREATE_UNKNOWN, realm, at(${page}), 0x20_0000n + BigInt(n) * 0x1000n);`,
    "}",
    ...(fold === "" ? [] : [fold]),
    ...rest,
    `check("${ID}", lab);`,
  ].join("\n");
}

const FOLD = "const folded = lab.host.smc(RMI_RTT_FOLD, realm, 0x20_0000n, 3n);";
const BACK = "lab.host.smc(RMI_GRANULE_UNDELEGATE, folded[1] ?? 0n);";

/** 512 pages into one block. */
export const foldBlock: Exercise = {
  id: ID,
  title: "Fold 512 pages into one block",
  task: "Bring the realm to have one block of 2 MiB at 0x20_0000, and leave no page behind that is delegated for nothing. Memory has 1088 pages; page 0 is at a multiple of 2 MiB.",
  starter: [
    `const lab = exercise("${ID}");`,
    "const at = (n: number) => dramPage(lab.host, n);",
    "const realm = at(4);",
    "// a table, 512 pages in a loop, and a fold",
    `check("${ID}", lab);`,
  ].join("\n"),
  prepare: () => new Vmm(realmMachine({ pages: PAGES })),
  check,
  hints: [
    "There is no command that maps 2 MiB at once in this version of the RMM. Build the table of level 3, fill it, fold it.",
    "FOLD wants all 512 entries alike and their pages in one run, the first at a multiple of 2 MiB in physical memory: page 512, for example. It answers the table's address in x1.",
    "for (let n = 0; n < 512; n++) {\n  // delegate at(512 + n), map it at 0x20_0000n + BigInt(n) * 0x1000n\n}\nconst folded = lab.host.smc(RMI_RTT_FOLD, realm, 0x20_0000n, 3n);",
  ],
  wrongAnswers: [
    { problem: "table-kept", code: code("512 + n", "512", FOLD) },
    { problem: "incomplete", code: code("512 + n", "511", FOLD, BACK) },
    { problem: "wrong-level", code: code("512 + n", "512", FOLD.replace("3n", "2n"), BACK) },
    { problem: "unaligned", code: code("520 + n", "512", FOLD, BACK) },
    { problem: "scattered", code: code("512 + ((n * 3) % 512)", "512", FOLD, BACK) },
  ],
  solution: {
    code: code("512 + n", "512", FOLD, BACK),
    reasons:
      "1024 calls for the pages, two for the table, one to fold and one to take the table back. The block saves a page of memory and a level of every walk; it costs the host all the calls all the same. Later versions of the RMM map a block in one call.",
  },
};
