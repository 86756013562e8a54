// SPDX-License-Identifier: MIT
import { kvm_map_private_memory as posted } from "../../kernel/kvm/arm64/map-private-memory.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { conformanceTrials } from "../gauntlet/conformance.ts";
import { STAGES } from "../gauntlet/gauntlet.ts";
import { raceTrial } from "../gauntlet/raced.ts";
import { kernelWith, notASubmission, postedAbi, type Submission } from "../gauntlet/submission.ts";
import { firstProblem, missesOf, onTrialWith } from "./gauntlet-labs.ts";

const ID = "14-gauntlet";

function check(answer: unknown): Problem | undefined {
  const invalid = notASubmission(answer);
  if (invalid !== undefined) return { id: "no-submission", message: invalid };
  const { kvm_map_private_memory, abi = postedAbi } = answer as Submission;
  const onTrial = { kernel: kernelWith(kvm_map_private_memory), abi };
  if (abi === postedAbi && isAsPosted(kvm_map_private_memory))
    return untouched(
      "This is the function as posted, with the structure as posted; the report above is about it.",
    );
  return firstProblem(
    onTrial,
    STAGES.flatMap(({ trials }) => trials),
  );
}

/** Trials that tell the posted function from every repair. */
const TELLING = [...conformanceTrials, raceTrial("map-fold")];

function isAsPosted(map: Submission["kvm_map_private_memory"]): boolean {
  if (map === posted) return true;
  return missesOf(onTrialWith(map), TELLING).join() === missesOf(onTrialWith(posted), TELLING).join();
}

function ofVariant(name: string): string {
  return [
    `const repaired = variants.find(({ name }) => name === "rfc-v1+${name}")!;`,
    "const v2: Submission = { kvm_map_private_memory: repaired.kvm_map_private_memory };",
    `check("${ID}", v2);`,
  ].join("\n");
}

function ofBody(...body: string[]): string {
  return [
    "function* v2_map(kvm: Kvm, start_gpa: number, end_gpa: number): Task<number> {",
    ...body.map((line) => `  ${line}`),
    "}",
    "const v2: Submission = { kvm_map_private_memory: v2_map };",
    `check("${ID}", v2);`,
  ].join("\n");
}

const CHECKS = [
  "if (start_gpa % PAGE_SIZE !== 0 || end_gpa % PAGE_SIZE !== 0 || start_gpa >= end_gpa) return -EINVAL;",
  "if (end_gpa > 2 ** (kvm.arch.realm.ia_bits - 1)) return -EINVAL;",
];

const SOLUTION = `function* map_page(kvm: Kvm, addr: number, cache: kvm_mmu_memory_cache): Task<number> {
  const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };
  const gfn = gpaToGfn(addr);
  const sequence = kvm.mmu_invalidate_seq;
  const memslot = gfn_to_memslot(kvm, gfn);
  if (!kvm_slot_can_be_private(memslot) || !kvm_mem_is_private(kvm, gfn)) return -EINVAL;
  let ret = yield* kvm_gmem_get_pfn(kvm, memslot, gfn, found);
  if (ret !== 0) return ret;
  yield* kvm.mmu_lock.readLock();
  if (mmu_invalidate_retry_gfn(kvm, sequence, gfn)) ret = -EAGAIN;
  else ret = yield* realm_map_ipa(kvm, addr, found.pfn, PAGE_SIZE, KVM_PGTABLE_PROT_W, cache, -EEXIST);
  kvm.mmu_lock.readUnlock();
  if (ret !== 0) kvm.kernel.pages.put_page(found.page);
  return ret;
}
function* v2_map(kvm: Kvm, start_gpa: number, end_gpa: number): Task<number> {
  const { pages } = kvm.kernel;
  const cache = newMemoryCache();
  let addr = start_gpa;
  let ret = 0;
  ${CHECKS.join("\n  ")}
  while (ret === 0 && addr < end_gpa) {
    ret = kvm_mmu_topup_memory_cache(pages, cache, kvm_mmu_cache_min_pages(kvm.arch.mmu));
    if (ret !== 0) break;
    const idx = kvm.srcu.srcu_read_lock();
    ret = yield* map_page(kvm, addr, cache);
    kvm.srcu.srcu_read_unlock(idx);
    if (ret === 0 || ret === -EEXIST) addr += PAGE_SIZE;
    if (ret === -EAGAIN) yield* kvm_mmu_invalidate_wait(kvm);
    if (ret === -EAGAIN || ret === -EEXIST) ret = 0;
  }
  kvm_mmu_free_memory_cache(pages, cache);
  return ret !== 0 && addr > start_gpa ? (addr - start_gpa) / PAGE_SIZE : ret;
}
const v2: Submission = {
  kvm_map_private_memory: v2_map,
  abi: {
    struct: struct("iommu_vdevice_tsm_map", {
      size: ["u32", 0], flags: ["u32", 4], start_gpa: ["u64", 8], end_gpa: ["u64", 16],
      vdevice_id: ["u32", 24], __reserved: ["u32", 28], out_pages: ["u64", 32],
    }, 40, "v2"),
    last: "out_pages", mustBeZero: ["flags", "__reserved"], progress: "out_pages",
  },
};
check("${ID}", v2);`;

/** The whole of it. */
export const wholeGauntlet: Exercise = {
  id: ID,
  title: "Run the gauntlet",
  task: "Put your four parts together: v2.kvm_map_private_memory is your function, v2.abi your structure. All stages have to pass.",
  starter: [
    "const v2: Submission = { kvm_map_private_memory: kvm_map_private_memory };",
    `check("${ID}", v2);`,
  ].join("\n"),
  check,
  hints: [
    "The four exercises above are its parts: check_range, map_private_page, map_range, abi. The cell before the report has put the first three together as yours.",
    "A stage passes when all its trials pass. showGauntlet(runGauntlet(v2)) lists them all, and shows the call of the first that does not.",
    "const v2: Submission = { kvm_map_private_memory: yours, abi: abi };",
  ],
  wrongAnswers: [
    { problem: "empty", code: ofVariant("sequence-retry") },
    { problem: "shared", code: ofVariant("range-checks") },
    { problem: "padding", code: ofVariant("all") },
    {
      problem: "references-balance",
      code: ofBody(
        ...CHECKS,
        "for (let addr = start_gpa; addr < end_gpa; addr += PAGE_SIZE) {",
        "  if (!kvm_mem_is_private(kvm, gpaToGfn(addr))) return addr > start_gpa ? (addr - start_gpa) / PAGE_SIZE : -EINVAL;",
        "  const ret = yield* kvm_map_private_memory(kvm, addr, addr + PAGE_SIZE);",
        "  if (ret !== 0) return addr > start_gpa ? (addr - start_gpa) / PAGE_SIZE : ret;",
        "}",
        "return 0;",
      ),
    },
    { problem: "two-pages", code: ofBody(...CHECKS, "return -EINVAL;") },
    { problem: "not-a-function", code: ofBody('throw new Error("not written yet");') },
  ],
  solution: {
    code: SOLUTION,
    reasons:
      "This is the function of the last kernel variant, with a structure that can grow and that tells how far a call came. It is not what was merged: the series dropped the ioctl. But what it had to learn is what KVM_PRE_FAULT_MEMORY does today: a look at the attribute, the number and the lock, progress, and one page at a time.",
  },
};
