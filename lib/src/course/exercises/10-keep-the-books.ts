// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { errnoName } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { checked } from "../../explore/learner.ts";
import type { InjectionKind } from "../../kernel/fault-injection.ts";
import { kvm_map_private_memory } from "../../kernel/kvm/arm64/map-private-memory.ts";
import type { Kvm } from "../../kernel/kvm/kvm.ts";
import { tsmMap } from "../../user/vmm-device.ts";
import { showGuestMemfd } from "../../view/gmem.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { lateRealm, mappedOf } from "./fault-labs.ts";
import { threw } from "./learner-labs.ts";
import { type MapLab, RAM } from "./map-labs.ts";

const ID = "10-keep-the-books";
const PAGES = 4;
const END = RAM + PAGES * PAGE_SIZE;

type Repaired = (kvm: Kvm, start_gpa: number, end_gpa: number) => Task<number>;

interface Scene {
  readonly call: string;
  readonly fault?: readonly [kind: InjectionKind, nth: number];
  readonly end: number;
  /** The same call again, after the first. */
  readonly twice?: boolean;
}

const SCENES: readonly Scene[] = [
  { call: "four pages, and nothing fails", end: END },
  { call: "five pages, of which four are there", end: END + PAGE_SIZE },
  ...[1, 2, 43, 44].map(
    (nth): Scene => ({ call: `allocation ${nth} fails`, fault: ["alloc", nth], end: END }),
  ),
  ...[1, 2, 3, 6, 7, 8, 9, 10, 11, 13].map(
    (nth): Scene => ({ call: `call ${nth} to the firmware is refused`, fault: ["rmi", nth], end: END }),
  ),
  { call: "four pages, a second time", end: END, twice: true },
];

interface Outcome {
  readonly lab: MapLab;
  readonly result: number;
  readonly mapped: readonly number[];
  readonly audit: readonly string[];
}

function play(repaired: Repaired, { fault, end, twice = false }: Scene): Outcome | Error {
  const lab = lateRealm(40, PAGES, checked({ name: "yours", kvm_map_private_memory: repaired }));
  const { host } = lab.vmm;
  try {
    if (fault !== undefined) host.kernel.faults.arm(...fault);
    const first = tsmMap(lab.vmm, lab.device, RAM, end);
    const result = twice ? tsmMap(lab.vmm, lab.device, RAM, end) : first;
    return { lab, result, mapped: mappedOf(host, PAGES), audit: host.audit() };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function told({ result, mapped }: Outcome): string {
  const number = result > 0 ? String(result) : errnoName(result);
  return `${number}, ${mapped.length === 0 ? "no page" : `pages ${mapped.join(", ")}`} mapped`;
}

/** A reference too few, or a page that is free and in use. */
function freesTooMuch({ audit }: Outcome): boolean {
  return audit.some((found) => /lacks|in use although it is free/.test(found));
}

function problemOf(scene: Scene, came: Outcome | Error): Problem | undefined {
  const { call } = scene;
  if (came instanceof Error) return threw(came, call);
  const { result, mapped, audit, lab } = came;
  const facts = { call, came: told(came), picture: showGuestMemfd(lab.vmm.host) };
  if (freesTooMuch(came)) {
    return {
      id: "frees-too-much",
      message:
        "A mapped page has lost the reference that its mapping owns. The host may hand the page out while the realm still has it.",
      ...facts,
      expected: "an audit that finds nothing",
      came: audit[0] as string,
    };
  }
  if (audit.length > 0) {
    const isCache = scene.twice !== true && scene.fault === undefined;
    return {
      id: isCache ? "loses-cache" : "still-leaks",
      message: isCache
        ? "Nothing went wrong, and something is lost all the same: what is left in the memory cache has to be freed."
        : "A reference is lost: the page was not mapped by this call, and nobody gave it back.",
      ...facts,
      expected: "an audit that finds nothing",
      came: audit[0] as string,
    };
  }
  const succeeds = scene.fault === undefined && scene.end === END;
  if (succeeds && (result !== 0 || mapped.length !== PAGES)) {
    return {
      id: "success-is-zero",
      message: "When the whole range is mapped the answer is 0, as before: callers test for it.",
      ...facts,
      expected: "0, pages 0, 1, 2, 3 mapped",
    };
  }
  if (scene.end !== END && result === 0) {
    return {
      id: "silent",
      message: "The range could not be mapped to its end, and the caller was told that it was.",
      ...facts,
      expected: "4, pages 0, 1, 2, 3 mapped",
    };
  }
  if (result < 0 && mapped.length > 0) {
    return {
      id: "error-yet-mapped",
      message: "An errno says that nothing was done. Pages are mapped, so the answer is to be their number.",
      ...facts,
      expected: `${mapped.length}, pages ${mapped.join(", ")} mapped`,
    };
  }
  if (result > 0 && result !== mapped.length) {
    return {
      id: "miscounts",
      message: "The number is not that of the pages that this call has mapped.",
      ...facts,
      expected: `${mapped.length}, the same pages mapped`,
    };
  }
  return undefined;
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function like the one in the starter: function*(kvm, start_gpa, end_gpa).",
      came: typeof answer,
    };
  }
  const came = SCENES.map((scene) => play(answer as Repaired, scene));
  if (SCENES.every((scene, i) => isAsPosted(scene, came[i]))) {
    return untouched("The function still does what the patch does.");
  }
  return SCENES.map((scene, i) => problemOf(scene, came[i] as Outcome | Error)).find(
    (one) => one !== undefined,
  );
}

/** True for what the posted function comes to, and leaves behind. */
function isAsPosted(scene: Scene, came: Outcome | Error | undefined): boolean {
  if (came === undefined || came instanceof Error) return false;
  const posted = play(kvm_map_private_memory, scene);
  if (posted instanceof Error) return false;
  return told(came) === told(posted) && came.audit.length === posted.audit.length;
}

function code(...body: string[]): string {
  return [
    "function* repaired(kvm: Kvm, start_gpa: number, end_gpa: number): Task<number> {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", repaired);`,
  ].join("\n");
}

interface Parts {
  readonly onError?: readonly string[];
  readonly leave?: string;
  readonly answer?: string;
}

const GIVES_BACK = [
  "  if (ret !== 0) pages.put_page(found.page);",
  "  if (ret === -EEXIST) ret = 0;",
  "  if (ret !== 0) break;",
];
const FREE = "kvm_mmu_free_memory_cache(pages, cache);";
const HOW_FAR = "return ret !== 0 && addr > start_gpa ? (addr - start_gpa) / PAGE_SIZE : ret;";

function loop({ onError = GIVES_BACK, leave = FREE, answer = HOW_FAR }: Parts = {}): string {
  return code(
    "const { pages } = kvm.kernel;",
    "const cache = newMemoryCache();",
    "const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };",
    "const idx = kvm.srcu.srcu_read_lock();",
    "let addr = start_gpa;",
    "let ret = 0;",
    "for (; addr < end_gpa; addr += PAGE_SIZE) {",
    "  ret = kvm_mmu_topup_memory_cache(pages, cache, kvm_mmu_cache_min_pages(kvm.arch.mmu));",
    "  if (ret !== 0) break;",
    "  const memslot = gfn_to_memslot(kvm, gpaToGfn(addr));",
    "  ret = -EINVAL;",
    "  if (!kvm_slot_can_be_private(memslot)) break;",
    "  ret = yield* kvm_gmem_get_pfn(kvm, memslot, gpaToGfn(addr), found);",
    "  if (ret !== 0) break;",
    "  ret = yield* realm_map_ipa(kvm, addr, found.pfn, PAGE_SIZE, KVM_PGTABLE_PROT_W, cache, -EEXIST);",
    ...onError,
    "}",
    leave,
    "kvm.srcu.srcu_read_unlock(idx);",
    answer,
  );
}

/** The two things that the posted function owes to its caller and to the page. */
export const keepTheBooks: Exercise = {
  id: ID,
  title: "Keep the books",
  task: "Repair the kernel's side. After an error the caller is told how many pages this call went through, as a positive number, when it was at least one; an errno means that nothing is mapped. No reference is ever lost. `realm_map_ipa` takes one argument more: what it returns for a page that cannot be delegated; it is 0 if you leave it out. What a refused delegation means for the caller stays as posted: 0.",
  starter: code("return yield* kvm_map_private_memory(kvm, start_gpa, end_gpa);"),
  check,
  hints: [
    "Two things are missing: who drops the reference of a page that was mapped already, and what is returned after a failure. The posted function cannot tell you the first, so take the loop apart, as in notebook 07.",
    "Give realm_map_ipa -EEXIST as its last argument. Then a page that this call did not map is told from one that it did, and put_page belongs to every result but 0.",
    "ret = yield* realm_map_ipa(kvm, addr, found.pfn, PAGE_SIZE, KVM_PGTABLE_PROT_W, cache, -EEXIST);\nif (ret !== 0) pages.put_page(found.page);\nif (ret === -EEXIST) ret = 0;\n...\nreturn ret !== 0 && addr > start_gpa ? <pages so far> : ret;",
  ],
  wrongAnswers: [
    {
      problem: "still-leaks",
      code: code(
        "let addr = start_gpa;",
        "for (; addr < end_gpa; addr += PAGE_SIZE) {",
        "  const ret = yield* kvm_map_private_memory(kvm, addr, addr + PAGE_SIZE);",
        "  if (ret !== 0) return addr > start_gpa ? (addr - start_gpa) / PAGE_SIZE : ret;",
        "}",
        "return 0;",
      ),
    },
    { problem: "error-yet-mapped", code: loop({ answer: "return ret;" }) },
    {
      problem: "frees-too-much",
      code: loop({
        onError: [
          "  pages.put_page(found.page);",
          "  if (ret === -EEXIST) ret = 0;",
          "  if (ret !== 0) break;",
        ],
      }),
    },
    { problem: "loses-cache", code: loop({ leave: "ret = ret;" }) },
    {
      problem: "success-is-zero",
      code: loop({ answer: "return addr > start_gpa ? (addr - start_gpa) / PAGE_SIZE : ret;" }),
    },
    {
      problem: "miscounts",
      code: loop({
        answer: "return ret !== 0 && addr > start_gpa ? (addr - start_gpa) / PAGE_SIZE + 1 : ret;",
      }),
    },
    { problem: "silent", code: loop({ answer: "return addr > start_gpa ? 0 : ret;" }) },
  ],
  solution: {
    code: loop(),
    reasons:
      "A reference that was taken for a mapping goes back whenever this call did not make the mapping: on an error, and when somebody else had made it. A number in place of an errno after the first page is what read and write do. What stays: a refused delegation is still taken for somebody else's mapping, so 0 does not quite mean that everything is mapped.",
  },
};
