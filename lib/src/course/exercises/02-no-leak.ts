// SPDX-License-Identifier: MIT
import { gpaToGfn, hex } from "../../base/address.ts";
import { runStraight, type Task } from "../../base/task.ts";
import type { Kvm } from "../../kernel/kvm/kvm.ts";
import { gfn_to_memslot, type kvm_memory_slot } from "../../kernel/kvm/memslots.ts";
import type { Vmm } from "../../user/vmm.ts";
import { vmOf } from "../../view/find.ts";
import { showGuestMemfd } from "../../view/gmem.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { FILE, inodeOf, pageOf, SLOT_GPA, vmWithFile } from "./gmem-labs.ts";

const ID = "02-no-leak";
const FAILED = 2;

type Survey = (kvm: Kvm, slot: kvm_memory_slot) => Task<unknown>;

interface Scene {
  readonly name: string;
  readonly vmm: Vmm;
  readonly slot: kvm_memory_slot;
  readonly expected: readonly number[];
}

function slotOf(vmm: Vmm): kvm_memory_slot {
  const kvm = vmOf(vmm.host);
  return gfn_to_memslot(kvm, gpaToGfn(SLOT_GPA)) as kvm_memory_slot;
}

function poisoned(): Scene {
  const vmm = vmWithFile(FILE.pages);
  vmm.host.kernel.pages.poison(pageOf(inodeOf(vmm), FILE.slotFrom + FAILED));
  return {
    name: "the third page of the slot is poisoned",
    vmm,
    slot: slotOf(vmm),
    expected: [gpaToGfn(SLOT_GPA) + FAILED],
  };
}

function closed(): Scene {
  const vmm = vmWithFile(FILE.pages);
  const slot = slotOf(vmm);
  for (const { guestMemfd } of vmm.memory) vmm.host.sys.close(guestMemfd);
  return { name: "the file is closed", vmm, slot, expected: [] };
}

function shown(gfns: unknown): string {
  if (!Array.isArray(gfns)) return typeof gfns;
  return gfns.length === 0
    ? "none"
    : gfns.map((gfn) => (typeof gfn === "number" ? hex(gfn) : String(gfn))).join(", ");
}

function problemOf(survey: Survey, { name, vmm, slot, expected }: Scene): Problem | undefined {
  const { host } = vmm;
  let came: unknown;
  try {
    came = runStraight(survey(vmOf(host), slot));
  } catch (error) {
    return {
      id: "throws",
      message: "The function threw. It must be a generator (function*), and call tasks with yield*.",
      call: name,
      came: error instanceof Error ? error.message : String(error),
    };
  }
  const picture = inodeOf(vmm) === undefined ? {} : { picture: showGuestMemfd(host) };
  const warning = host.kernel.log.lines.at(-1)?.text;
  const found = host.audit()[0];
  const facts = { call: name, expected: "an audit and a log without findings", ...picture };
  // A reference too few shows up as a page that is free and yet in the file, whatever else is said of it.
  const inode = inodeOf(vmm);
  let freed = false;
  inode?.forEachPage((_, page) => {
    if (host.kernel.pages.page_count(page) === 0) freed = true;
  });
  if (freed) {
    return {
      id: "frees-too-much",
      message:
        "One reference too many was dropped: a page is free and still in the file. The next one to allocate memory gets it, and guest and host share it unawares.",
      ...facts,
      came: found ?? warning ?? "a free page in the file",
    };
  }
  if (warning !== undefined) {
    return {
      id: "puts-nothing",
      message:
        "A look-up that ends with an error gave no reference, so there is none to drop. Ask the result first.",
      ...facts,
      came: warning,
    };
  }
  if (found !== undefined) {
    return {
      id: "leaks-some",
      message: "The function still keeps references that nobody will ever drop.",
      ...facts,
      came: found,
    };
  }
  if (shown(came) === shown(expected)) return undefined;
  return {
    id: "other-pages",
    message:
      "The references are right now, but the answer is not: it is the frames whose look-up says -EHWPOISON.",
    call: name,
    expected: shown(expected),
    came: shown(came),
    ...picture,
  };
}

/** True for a function that keeps every reference it gets, as the starter does. */
function keepsAll(survey: Survey): boolean {
  const { vmm, slot } = poisoned();
  try {
    runStraight(survey(vmOf(vmm.host), slot));
  } catch {
    return false;
  }
  return vmm.host.audit().length === FILE.slotPages - 1;
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function like the one in the starter: function*(kvm, slot).",
      came: typeof answer,
    };
  }
  const survey = answer as Survey;
  if (keepsAll(survey))
    return untouched("Three pages of the slot still have a reference that nobody will drop.");
  return problemOf(survey, poisoned()) ?? problemOf(survey, closed());
}

const FOUND = "const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };";

function code(before: readonly string[], turn: readonly string[]): string {
  return [
    "function* failedPages(kvm: Kvm, slot: kvm_memory_slot): Task<number[]> {",
    "  const failed: number[] = [];",
    ...before.map((line) => `  ${line}`),
    "  for (let page = 0; page < slot.npages; page++) {",
    ...turn.map((line) => `    ${line}`),
    "  }",
    "  return failed;",
    "}",
    `check("${ID}", failedPages);`,
  ].join("\n");
}

const GFN = "const gfn = gpaToGfn(gfnToGpa(slot.base_gfn) + page * PAGE_SIZE);";
const LOOK = "const ret = yield* kvm_gmem_get_pfn(kvm, slot, gfn, found);";
const NOTE = "if (ret === -EHWPOISON) failed.push(gfn);";
const PUT = "kvm.kernel.pages.put_page(found.page);";

/** A caller that must give back what it got, and only that. */
export const noLeak: Exercise = {
  id: ID,
  title: "A survey without traces",
  task: "The function looks every page of a slot up and returns the guest frames that have failed in hardware. Its answer is right, but it leaks. Repair it. The check runs it on a slot with one failed page, and on one whose file is closed.",
  starter: code([], [FOUND, GFN, LOOK, NOTE]),
  check,
  hints: [
    "Which look-ups give you a reference, and where in the function do you still know the page?",
    "kvm_gmem_get_pfn gives a reference only when it returns 0. Then exactly one put_page belongs to it; on an error there is nothing to drop.",
    "if (ret === 0) kvm.kernel.pages.put_page(found.page); inside the loop, after the look-up.",
  ],
  wrongAnswers: [
    { problem: "puts-nothing", code: code([], [FOUND, GFN, LOOK, NOTE, PUT]) },
    { problem: "frees-too-much", code: code([FOUND], [GFN, LOOK, NOTE, PUT]) },
    {
      problem: "leaks-some",
      code: code([], [FOUND, GFN, LOOK, NOTE, `if (ret === 0 && page === 0) ${PUT}`]),
    },
    { problem: "other-pages", code: code([], [FOUND, GFN, LOOK, `if (ret === 0) ${PUT}`]) },
    { problem: "throws", code: code([], [GFN, 'throw new RangeError("frame " + gfn);']) },
  ],
  solution: {
    code: code([], [FOUND, GFN, LOOK, NOTE, `if (ret === 0) ${PUT}`]),
    reasons:
      "A successful look-up gives one reference, and one put_page belongs to it. A failed one gives none. With `found` declared outside the loop and put_page called always, the failed page would drop the reference of the page before it, the page cache's own: a page that is free and in the file is how a use after free begins.",
  },
};
