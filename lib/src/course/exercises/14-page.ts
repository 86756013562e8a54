// SPDX-License-Identifier: MIT
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { conformanceOf } from "../gauntlet/conformance.ts";
import { faultTrials } from "../gauntlet/faults.ts";
import { raceTrial } from "../gauntlet/raced.ts";
import type { MapPageFunction } from "../gauntlet/submission.ts";
import { firstProblem, loopAround, missesOf, noFunction, onTrialWith } from "./gauntlet-labs.ts";

const ID = "14-page";

const AS_POSTED = [...conformanceOf("shared", "twice", "after-fault"), raceTrial("map-fold")];
const TRIALS = [
  ...conformanceOf("two-pages", "shared"),
  raceTrial("map-to-shared"),
  raceTrial("map-punch"),
  raceTrial("map-fold"),
  ...conformanceOf("twice", "after-fault"),
  ...faultTrials.filter(({ id }) => id === "rmi"),
];

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") return noFunction(answer, "function*(kvm, addr, cache)");
  const onTrial = onTrialWith(loopAround(answer as MapPageFunction));
  const [whole] = conformanceOf("two-pages");
  const misses = missesOf(onTrial, [...(whole === undefined ? [] : [whole]), ...AS_POSTED]);
  if (misses.join() === AS_POSTED.map(({ id }) => id).join())
    return untouched("The function still does for a page what the patch does.");
  return firstProblem(onTrial, TRIALS);
}

function code(...body: string[]): string {
  return [
    "function* map_private_page(kvm: Kvm, addr: number, cache: kvm_mmu_memory_cache): Task<number> {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", map_private_page);`,
  ].join("\n");
}

const FOUND = "const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };";
const SAMPLE = "const sequence = kvm.mmu_invalidate_seq;";
const SLOT = [
  "const memslot = gfn_to_memslot(kvm, gpaToGfn(addr));",
  "if (!kvm_slot_can_be_private(memslot)) return -EINVAL;",
];
const ATTRIBUTE = "if (!kvm_mem_is_private(kvm, gpaToGfn(addr))) return -EINVAL;";
const GET = [
  "let ret = yield* kvm_gmem_get_pfn(kvm, memslot, gpaToGfn(addr), found);",
  "if (ret !== 0) return ret;",
];
const LOCK = "yield* kvm.mmu_lock.readLock();";
const RETRY = "if (mmu_invalidate_retry_gfn(kvm, sequence, gpaToGfn(addr))) ret = -EAGAIN;";
const MAP =
  "ret = yield* realm_map_ipa(kvm, addr, found.pfn, PAGE_SIZE, KVM_PGTABLE_PROT_W, cache, -EEXIST);";
const LATE = "if (!kvm_mem_is_private(kvm, gpaToGfn(addr))) ret = -EINVAL;";
const UNLOCK = "kvm.mmu_lock.readUnlock();";
const PUT = ["if (ret !== 0) kvm.kernel.pages.put_page(found.page);", "return ret;"];

/** The second stage: one page, safe against whoever takes it away. */
export const onePage: Exercise = {
  id: ID,
  title: "Map one page, safely",
  task: "The starter does for one page what the patch does. Three things are missing: a page whose attribute is shared is -EINVAL; a page that was taken away between look-up and mapping is -EAGAIN; a page that was mapped already is -EEXIST. A reference is kept only with 0. The last argument of realm_map_ipa is what it answers when the firmware has the granule already.",
  starter: code(FOUND, ...SLOT, ...GET, MAP.replace(", -EEXIST", ""), ...PUT),
  check,
  hints: [
    "Notebook 07 asks both questions of the patch, and ends with what a protocol has to look like: a number, a look-up, a lock, the number again.",
    "kvm.mmu_invalidate_seq is sampled before anything is looked up that could change. mmu_invalidate_retry_gfn(kvm, sequence, gfn) is asked under mmu_lock, and mapping happens under the same lock; then nothing can come between.",
    "const sequence = kvm.mmu_invalidate_seq;\n<slot, attribute, page>\nyield* kvm.mmu_lock.readLock();\nif (mmu_invalidate_retry_gfn(...)) ret = -EAGAIN;\nelse ret = yield* realm_map_ipa(..., cache, -EEXIST);\nkvm.mmu_lock.readUnlock();\n<put the page unless ret is 0>",
  ],
  wrongAnswers: [
    {
      problem: "shared",
      code: code(FOUND, SAMPLE, ...SLOT, ...GET, LOCK, RETRY, `else ${MAP}`, UNLOCK, ...PUT),
    },
    {
      problem: "attribute-and-mapping",
      code: code(FOUND, ...SLOT, ATTRIBUTE, ...GET, LOCK, MAP, UNLOCK, ...PUT),
    },
    {
      problem: "sampled-late",
      code: code(FOUND, ...SLOT, ...GET, SAMPLE, LOCK, LATE, `else ${RETRY}`, `else ${MAP}`, UNLOCK, ...PUT),
    },
    {
      problem: "deadlock",
      code: code(FOUND, SAMPLE, ...SLOT, ATTRIBUTE, ...GET, LOCK, RETRY, `else { ${MAP} ${UNLOCK} }`, ...PUT),
    },
    {
      problem: "references-balance",
      code: code(
        FOUND,
        SAMPLE,
        ...SLOT,
        ATTRIBUTE,
        ...GET,
        LOCK,
        RETRY,
        `else ${MAP.replace(", -EEXIST", "")}`,
        UNLOCK,
        ...PUT,
      ),
    },
    {
      problem: "not-a-function",
      code: code(
        FOUND,
        SAMPLE,
        ...SLOT,
        ATTRIBUTE,
        ...GET,
        LOCK,
        RETRY,
        `else ${MAP.replace("ret = yield* ", "return ")}`
          .replace("return ", "ret = Number(")
          .replace("-EEXIST);", "-EEXIST));"),
        UNLOCK,
        ...PUT,
      ),
    },
  ],
  solution: {
    code: code(FOUND, SAMPLE, ...SLOT, ATTRIBUTE, ...GET, LOCK, RETRY, `else ${MAP}`, UNLOCK, ...PUT),
    reasons:
      "The sequence number is the oldest of the facts: whatever is looked up after it and taken away later moves the number. The lock makes the second look and the mapping one step, for an invalidation needs the lock for writing. The attribute belongs to what is looked up, so it is covered as well. What was mapped already keeps its own reference, and ours goes back, like on every way out but success. This is what a fault does since version 12 of the series.",
  },
};
