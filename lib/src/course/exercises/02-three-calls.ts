// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { EINVAL, EOPNOTSUPP, errnoName } from "../../base/errno.ts";
import { plural } from "../../base/plural.ts";
import { showGuestMemfd } from "../../view/gmem.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { allocatedPages, FILE, vmWithFile } from "./gmem-labs.ts";

const ID = "02-three-calls";
const ALLOCATED = 4;
const NAMES = ["EOPNOTSUPP", "EINVAL", "nothing"] as const;
type Name = (typeof NAMES)[number];
type Call = readonly [mode: number, offset: number, length: number];

const WANTED: Readonly<Record<Name, number>> = { EOPNOTSUPP: -EOPNOTSUPP, EINVAL: -EINVAL, nothing: 0 };

function isCall(value: unknown): value is Call {
  return Array.isArray(value) && value.length === 3 && value.every((one) => Number.isInteger(one));
}

function misconception(name: Name, [, offset, length]: Call, result: number): [id: string, message: string] {
  if (result === 0) return [`${name}-succeeds`, `This call succeeds, so it does not show ${name}.`];
  if (name === "EINVAL") {
    return [
      "mode-first",
      "The mode is looked at before the range. This mode is not supported, whatever the range is.",
    ];
  }
  if (name === "EOPNOTSUPP") {
    return ["range-instead", "This mode is supported; the call fails because of its range."];
  }
  if (offset + length > FILE.pages * PAGE_SIZE) {
    return [
      "allocates-past-end",
      "To allocate past the end is -EINVAL, because the size of the file never changes. Another mode takes the same range.",
    ];
  }
  return ["refused", "The call is to return 0."];
}

function problemOf(name: Name, call: Call): Problem | undefined {
  const [mode, offset, length] = call;
  const vmm = vmWithFile(ALLOCATED);
  const { host } = vmm;
  const result = host.sys.fallocate(vmm.memory[0]?.guestMemfd ?? -1, mode, offset, length);
  const facts = {
    call: `fallocate(guestMemfd, ${mode}, ${offset}, ${length})`,
    expected: errnoName(WANTED[name]),
    came: errnoName(result),
    picture: showGuestMemfd(host),
  };
  if (result !== WANTED[name]) {
    const [id, message] = misconception(name, call, result);
    return { id, message, ...facts };
  }
  const aligned = offset % PAGE_SIZE === 0 && length % PAGE_SIZE === 0 && offset >= 0 && length > 0;
  if (!aligned) {
    return {
      id: "not-pages",
      message:
        "The range is to consist of whole pages in all three calls. Find another reason for the same answer.",
      ...facts,
      expected: `offset and length that are positive multiples of ${PAGE_SIZE}, the offset may be 0`,
      came: `offset ${offset}, length ${length}`,
    };
  }
  if (name === "nothing" && offset < FILE.pages * PAGE_SIZE) {
    const changed = allocatedPages(vmm).length !== ALLOCATED;
    return {
      id: changed ? "changes" : "inside",
      message: changed
        ? "The call returns 0, but the file has other pages than before."
        : "Nothing changed, but only because of what the file holds just now. Choose a range for which it never can.",
      ...facts,
      came: changed
        ? `0, and ${plural(allocatedPages(vmm).length, "page")} instead of ${ALLOCATED}`
        : "0, for a part of the file in which a page may be",
    };
  }
  return undefined;
}

function check(answer: unknown): Problem | undefined {
  const given = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  const calls = NAMES.map((name) => given[name]);
  if (!calls.every(isCall)) {
    return {
      id: "no-calls",
      message:
        "The answer is an object with EOPNOTSUPP, EINVAL and nothing, each a list [mode, offset, length].",
    };
  }
  if (calls.every((call) => call.every((one) => one === 0)))
    return untouched("All three calls are still empty.");
  for (const [index, name] of NAMES.entries()) {
    const problem = problemOf(name, calls[index] as Call);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function code(notSupported: string, invalid: string, nothing: string): string {
  return [
    "const calls = {",
    `  EOPNOTSUPP: [${notSupported}],`,
    `  EINVAL: [${invalid}],`,
    `  nothing: [${nothing}],`,
    "};",
    `check("${ID}", calls);`,
  ].join("\n");
}

const HOLE = "FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE";
const GROW = "0, 0, PAGE_SIZE";
const PAST = "FALLOC_FL_KEEP_SIZE, 8 * PAGE_SIZE, PAGE_SIZE";
const EMPTY = `${HOLE}, 8 * PAGE_SIZE, PAGE_SIZE`;

/** Three answers of fallocate. */
export const threeCalls: Exercise = {
  id: ID,
  title: "Three answers of fallocate",
  task: "A guest_memfd of 8 pages, the first four of which are allocated. Write three calls of fallocate as [mode, offset, length], each with a range of whole pages: one that is answered with -EOPNOTSUPP, one with -EINVAL, and one that returns 0 and can change nothing, whatever the file holds.",
  starter: code("0, 0, 0", "0, 0, 0", "0, 0, 0"),
  prepare: () => vmWithFile(ALLOCATED),
  check,
  hints: [
    "The table above gives the tests in their order: first the mode, then the range, and the end of the file only for one of the two modes.",
    "The size of the file never changes: so the mode must say KEEP_SIZE, and allocating past the end is an error. A hole past the end has nothing to remove.",
    "EOPNOTSUPP: a mode without FALLOC_FL_KEEP_SIZE. EINVAL and nothing: the same range behind the last page, with and without FALLOC_FL_PUNCH_HOLE.",
  ],
  wrongAnswers: [
    { problem: "EOPNOTSUPP-succeeds", code: code("FALLOC_FL_KEEP_SIZE, 0, PAGE_SIZE", PAST, EMPTY) },
    { problem: "range-instead", code: code(PAST, PAST, EMPTY) },
    { problem: "mode-first", code: code(GROW, "0, 8 * PAGE_SIZE, PAGE_SIZE", EMPTY) },
    { problem: "not-pages", code: code(GROW, "FALLOC_FL_KEEP_SIZE, 0, 100", EMPTY) },
    { problem: "EINVAL-succeeds", code: code(GROW, EMPTY, EMPTY) },
    { problem: "allocates-past-end", code: code(GROW, PAST, PAST) },
    { problem: "changes", code: code(GROW, PAST, `${HOLE}, 0, PAGE_SIZE`) },
    { problem: "inside", code: code(GROW, PAST, `${HOLE}, 4 * PAGE_SIZE, PAGE_SIZE`) },
  ],
  solution: {
    code: code(GROW, PAST, EMPTY),
    reasons:
      "Without FALLOC_FL_KEEP_SIZE the call might grow the file, and a guest_memfd has the size it was made with. To allocate past its end is therefore -EINVAL. A hole there is no error: there is nothing to remove.",
  },
};
