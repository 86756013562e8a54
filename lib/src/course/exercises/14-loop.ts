// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { EAGAIN, EEXIST, EINVAL, errnoName } from "../../base/errno.ts";
import { plural } from "../../base/plural.ts";
import type { Task } from "../../base/task.ts";
import { NotAKernelFunction } from "../../explore/not-a-kernel-function.ts";
import { mapping, RAM, stage } from "../../explore/races/scene.ts";
import type { Kvm } from "../../kernel/kvm/kvm.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { conformanceOf } from "../gauntlet/conformance.ts";
import { costTrials } from "../gauntlet/cost.ts";
import { faultTrials } from "../gauntlet/faults.ts";
import { raceTrial } from "../gauntlet/raced.ts";
import { runCall } from "../gauntlet/run-call.ts";
import { kernelWith, type MapPageFunction, type MapRangeFunction } from "../gauntlet/submission.ts";
import { resultText, ruleMiss, type Trial } from "../gauntlet/trial.ts";
import { firstProblem, mapPageSafely, missesOf, noFunction, onTrialWith } from "./gauntlet-labs.ts";

const ID = "14-loop";

/** The loop of an answer: it is given the function for one page. */
type MapRange = (kvm: Kvm, start_gpa: number, end_gpa: number, mapPage: MapPageFunction) => Task<number>;

/** More calls for one page than any script has. */
const MOST_CALLS = 20;

interface Script {
  readonly id: string;
  /** What the function for one page answers, call by call; 0 from then on. */
  readonly answers: readonly number[];
  readonly pages: number;
  /** Pages for which it has to be called, in order. */
  readonly calls: readonly number[];
  readonly result: number;
  readonly why: string;
}

const SCRIPTS: readonly Script[] = [
  {
    id: "each-page",
    answers: [],
    pages: 3,
    calls: [0, 1, 2],
    result: 0,
    why: "Each page of the range has its turn, once.",
  },
  {
    id: "again",
    answers: [0, -EAGAIN],
    pages: 3,
    calls: [0, 1, 1, 2],
    result: 0,
    why: "-EAGAIN is between the two functions: the page was taken away meanwhile, so the same page is looked up again, after the invalidation has ended.",
  },
  {
    id: "exists",
    answers: [-EEXIST],
    pages: 2,
    calls: [0, 1],
    result: 0,
    why: "A page that is mapped already is what the caller wanted.",
  },
  {
    id: "first-error",
    answers: [-EINVAL],
    pages: 2,
    calls: [0],
    result: -EINVAL,
    why: "Nothing was mapped, so the error is the answer.",
  },
  {
    id: "progress",
    answers: [0, 0, -EINVAL],
    pages: 4,
    calls: [0, 1, 2],
    result: 2,
    why: "Two pages are mapped. The caller learns it by their number; the error comes when it asks for the rest.",
  },
];

function scripted({ id, answers, pages, calls, result, why }: Script, mapRange: MapRange): Trial {
  const called = (list: readonly number[]): string => `pages ${list.join(", ")}`;
  const call = `${plural(pages, "page")}; the function for one page answers ${[...answers, 0].map((answer) => errnoName(answer)).join(", ")}`;
  return {
    id,
    title: call,
    play: () => {
      const asked: number[] = [];
      // biome-ignore lint/correctness/useYield: it stands in for a function that may wait.
      const mapPage: MapPageFunction = function* (_kvm, addr) {
        const answer = answers[asked.length] ?? 0;
        asked.push((addr - RAM) / PAGE_SIZE);
        if (asked.length > MOST_CALLS)
          throw new NotAKernelFunction(`the loop asked for a page ${MOST_CALLS} times, and did not end`);
        return answer;
      };
      const on = stage(
        kernelWith((kvm, start, end) => mapRange(kvm, start, end, mapPage)),
        { slots: [4] },
      );
      const came = runCall(on.host, mapping(on, 0, pages - 1));
      if (came !== result || asked.join() !== calls.join()) {
        const skips = id === "again" && came === 0 && asked.join() === "0,1,2";
        return {
          call,
          expected: `${resultText(result)}, called for ${called(calls)}`,
          got: `${resultText(came)}, called for ${called(asked)}`,
          why: skips
            ? "The page that answered -EAGAIN is not mapped, and the loop went on to the next one."
            : why,
          ...(skips ? { rule: "skips" } : {}),
        };
      }
      return ruleMiss(on.host, call, {});
    },
  };
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") return noFunction(answer, "function*(kvm, start_gpa, end_gpa, mapPage)");
  const mapRange = answer as MapRange;
  const map: MapRangeFunction = (kvm, start_gpa, end_gpa) => mapRange(kvm, start_gpa, end_gpa, mapPageSafely);
  const onTrial = onTrialWith(map);
  const scripts = SCRIPTS.map((script) => scripted(script, mapRange));
  const srcu = costTrials.filter(({ id }) => id === "srcu");
  const asPosted = ["again", "exists", "progress", "srcu"];
  if (missesOf(onTrial, [...scripts, ...srcu]).join() === asPosted.join())
    return untouched("The loop still does what the patch does.");
  return firstProblem(onTrial, [
    ...scripts,
    ...conformanceOf("two-pages", "second-shared", "half-there"),
    ...srcu,
    raceTrial("map-punch"),
    raceTrial("map-slot-delete"),
    ...faultTrials.filter(({ id }) => id === "alloc"),
  ]);
}

function code(...body: string[]): string {
  return [
    "function* map_range(kvm: Kvm, start_gpa: number, end_gpa: number, mapPage: MapPageFunction): Task<number> {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", map_range);`,
  ].join("\n");
}

const CACHE = "const cache = newMemoryCache();";
const LOCK = "const idx = kvm.srcu.srcu_read_lock();";
const UNLOCK = "kvm.srcu.srcu_read_unlock(idx);";
const TOPUP = "kvm_mmu_topup_memory_cache(kvm.kernel.pages, cache, kvm_mmu_cache_min_pages(kvm.arch.mmu));";
const FREE = "kvm_mmu_free_memory_cache(kvm.kernel.pages, cache);";
const PAGE = "ret = yield* mapPage(kvm, addr, cache);";
const TOLD = "return ret !== 0 && addr > start_gpa ? (addr - start_gpa) / PAGE_SIZE : ret;";
const HEAD = [
  CACHE,
  "let addr = start_gpa;",
  "let ret = 0;",
  "while (ret === 0 && addr < end_gpa) {",
  `  ret = ${TOPUP}`,
  "  if (ret !== 0) break;",
];
const ADVANCE = "  if (ret === 0 || ret === -EEXIST) addr += PAGE_SIZE;";
const WAIT = "  if (ret === -EAGAIN) yield* kvm_mmu_invalidate_wait(kvm);";
const FORGIVE = "  if (ret === -EAGAIN || ret === -EEXIST) ret = 0;";
const SECTION = [`  ${LOCK}`, `  ${PAGE}`, `  ${UNLOCK}`];

/** The third stage: the loop, its section, and what it tells. */
export const rangeLoop: Exercise = {
  id: ID,
  title: "Walk the range, and tell how far",
  task: "The starter walks a range as the patch does; mapPage is the function for one page, from the exercise before. Write the loop so that -EAGAIN means the same page again, after yield* kvm_mmu_invalidate_wait(kvm); -EEXIST counts as mapped; a range that ends early returns the number of pages that are mapped, or the error if there are none; and an SRCU section lasts for one page.",
  starter: code(
    CACHE,
    LOCK,
    "let ret = 0;",
    "for (let addr = start_gpa; ret === 0 && addr < end_gpa; addr += PAGE_SIZE)",
    `  ret = ${TOPUP.slice(0, -1)} ||`,
    "    (yield* mapPage(kvm, addr, cache));",
    FREE,
    UNLOCK,
    "return ret;",
  ),
  check,
  hints: [
    "Four things change: what -EAGAIN does, what -EEXIST does, where the section begins and ends, and the last line.",
    "The address may go on only when the page is mapped. Count from it: (addr - start_gpa) / PAGE_SIZE pages are done. While the loop waits it must hold nothing: no section, no lock.",
    "while (ret === 0 && addr < end_gpa) {\n  <top up>\n  <lock, map one page, unlock>\n  if (ret === 0 || ret === -EEXIST) addr += PAGE_SIZE;\n  if (ret === -EAGAIN) <wait>\n  if (ret === -EAGAIN || ret === -EEXIST) ret = 0;\n}",
  ],
  wrongAnswers: [
    {
      problem: "again",
      code: code(...HEAD, ...SECTION, ADVANCE, "  if (ret === -EEXIST) ret = 0;", "}", FREE, TOLD),
    },
    {
      problem: "skips",
      code: code(...HEAD, ...SECTION, "  addr += PAGE_SIZE;", WAIT, FORGIVE, "}", FREE, TOLD),
    },
    {
      problem: "exists",
      code: code(...HEAD, ...SECTION, ADVANCE, WAIT, "  if (ret === -EAGAIN) ret = 0;", "}", FREE, TOLD),
    },
    {
      problem: "first-error",
      code: code(
        ...HEAD,
        ...SECTION,
        ADVANCE,
        WAIT,
        FORGIVE,
        "}",
        FREE,
        "return (addr - start_gpa) / PAGE_SIZE === (end_gpa - start_gpa) / PAGE_SIZE ? 0 : (addr - start_gpa) / PAGE_SIZE;",
      ),
    },
    {
      problem: "progress",
      code: code(...HEAD, ...SECTION, ADVANCE, WAIT, FORGIVE, "}", FREE, "return ret;"),
    },
    {
      problem: "srcu",
      code: code(
        ...HEAD.slice(0, 1),
        LOCK,
        ...HEAD.slice(1),
        `  ${PAGE}`,
        ADVANCE,
        WAIT,
        FORGIVE,
        "}",
        FREE,
        UNLOCK,
        TOLD,
      ),
    },
    { problem: "references-balance", code: code(...HEAD, ...SECTION, ADVANCE, WAIT, FORGIVE, "}", TOLD) },
    {
      problem: "no-lock-left",
      code: code(...HEAD, ...SECTION.slice(0, 2), ADVANCE, WAIT, FORGIVE, "}", FREE, TOLD),
    },
  ],
  solution: {
    code: code(...HEAD, ...SECTION, ADVANCE, WAIT, FORGIVE, "}", FREE, TOLD),
    reasons:
      "The address is the progress: it moves only past pages that are mapped, so what is told is what is there. -EAGAIN and -EEXIST are words between the two functions, and no caller ever hears them. The wait is outside the section: whoever takes the memory away may itself wait for SRCU. A section for each page keeps the slots readable while they are read, and others wait for a page and not for the range.",
  },
};
