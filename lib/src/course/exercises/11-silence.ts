// SPDX-License-Identifier: MIT
import { plural } from "../../base/plural.ts";
import type { Exploration } from "../../explore/explore.ts";
import { explore } from "../../explore/explore.ts";
import { raceById } from "../../explore/races/catalogue.ts";
import { runLengths } from "../../explore/schedule-text.ts";
import type { Failure } from "../../explore/search.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { kernelWithPage, type MapPage, verdictOf } from "./race-labs.ts";

const ID = "11-silence";
const RACES = ["map-punch", "map-to-shared", "map-gmem-close", "map-fold"] as const;
const MOST_SCHEDULES = 2000;

function explored(mapPage: MapPage, race: string): Exploration {
  return explore(raceById(race), { kernel: kernelWithPage(mapPage), maxSchedules: MOST_SCHEDULES });
}

const RULES: Readonly<Record<string, readonly [id: string, message: string]>> = {
  "attribute-and-mapping": [
    "attribute",
    "A page is mapped as private memory whose attribute says shared. Look at the attribute where the protocol still notices a change: behind the snapshot of the number.",
  ],
  "references-balance": [
    "loses-page",
    "A reference is lost. When the page cannot be used any more, what kvm_gmem_get_pfn gave has to go back before you start again.",
  ],
  "no-lock-left": [
    "keeps-lock",
    "Somebody still holds a lock at the end. Every way out has to let go of what was taken.",
  ],
  deadlock: [
    "keeps-lock",
    "Nobody can go on: somebody waits for a lock that will never be free. Every way out has to let go of what was taken.",
  ],
  "no-kernel-warning": [
    "warns",
    "The kernel warns: the table was folded away between its making and its use, which mmu_lock would prevent.",
  ],
};

function why({ rule, text }: Failure, mapPage: MapPage): readonly [id: string, message: string] {
  if (rule === "not-a-task") return ["no-task", `The explorer had to stop: ${text}.`];
  if (rule !== "page-of-the-file") {
    return RULES[rule] ?? ["other-rule", "Another rule is broken."];
  }
  // Only the words depend on the text of the function; the verdict comes from the runs.
  const source = String(mapPage);
  if (!source.includes("mmu_lock"))
    return [
      "no-lock",
      "A page is mapped that the file has lost. Nothing keeps the hole out while the page is mapped, and nothing notices that it was there.",
    ];
  if (!source.includes("mmu_invalidate_seq"))
    return [
      "lock-alone",
      "A page is mapped that the file has lost. Under the lock nobody unmaps; but the page was looked up before, and nothing tells whether it is still the right one.",
    ];
  return [
    "late-snapshot",
    "A page is mapped that the file has lost. The number is compared, but with one that was read too late: the hole came before the snapshot and after the look-up.",
  ];
}

function isStarter(results: ReadonlyMap<string, Exploration>): boolean {
  return RACES.every((race) => {
    const posted = verdictOf(race, "rfc-v1").broken;
    const own = results.get(race)?.broken ?? [];
    return own.length === posted.length && own.every(({ rule }, i) => rule === posted[i]?.rule);
  });
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function like the one in the starter: function*(kvm, addr, cache).",
      came: typeof answer,
    };
  }
  const mapPage = answer as MapPage;
  const results = new Map<string, Exploration>(RACES.map((race) => [race, explored(mapPage, race)]));
  if (isStarter(results) && !/mmu_lock|mmu_invalidate_seq|kvm_mem_is_private/.test(String(mapPage)))
    return untouched("The function still does what the patch does.");
  for (const [race, { verdict, shortest, schedules }] of results) {
    if (verdict === "holds") continue;
    const call = `${raceById(race).title}, on your kernel`;
    const expected = "no schedule breaks a rule";
    if (shortest === undefined) {
      return {
        id: "unfinished",
        message: `Nothing was found in ${plural(schedules, "schedule")}, and there are more. The function has far more points than it needs.`,
        call,
        expected,
      };
    }
    const [id, message] = why(shortest, mapPage);
    const came =
      shortest.rule === "not-a-task"
        ? "no verdict"
        : `${runLengths(shortest.schedule)} breaks ${shortest.rule}`;
    return { id, message, call, expected, came };
  }
  return undefined;
}

interface Parts {
  readonly before?: readonly string[];
  readonly attribute?: readonly string[];
  readonly between?: readonly string[];
  readonly map: readonly string[];
}

const LOOK_UP = [
  "  const memslot = gfn_to_memslot(kvm, gfn);",
  "  if (!kvm_slot_can_be_private(memslot)) return -EINVAL;",
];
const MAP = "yield* realm_map_ipa(kvm, addr, found.pfn, PAGE_SIZE, KVM_PGTABLE_PROT_W, cache);";
const SNAPSHOT = [
  '  yield { kind: "read", object: "kvm->mmu_invalidate_seq" };',
  "  const sequence = kvm.mmu_invalidate_seq;",
];
const ATTRIBUTE = [
  '  yield { kind: "read", object: "kvm->mem_attr_array" };',
  "  if (!kvm_mem_is_private(kvm, gfn)) return -EINVAL;",
];
const LOCK = "  yield* kvm.mmu_lock.readLock();";
const UNLOCK = "  kvm.mmu_lock.readUnlock();";
const RETRY = "  if (mmu_invalidate_retry_gfn(kvm, sequence, gfn)) ret = -EAGAIN;";
const PUT = "  if (ret !== 0) kvm.kernel.pages.put_page(found.page);";

function code({ before = [], attribute = [], between = [], map }: Parts): string {
  return [
    "function* mapPage(kvm: Kvm, addr: number, cache: kvm_mmu_memory_cache): Task<number> {",
    "  const found: GmemPage = { pfn: NO_PAGE, page: NO_PAGE };",
    "  const gfn = gpaToGfn(addr);",
    ...before,
    ...LOOK_UP,
    ...attribute,
    "  let ret = yield* kvm_gmem_get_pfn(kvm, memslot, gfn, found);",
    "  if (ret !== 0) return ret;",
    ...between,
    ...map,
    "  return ret;",
    "}",
    `check("${ID}", mapPage);`,
  ].join("\n");
}

const PROTOCOL = [LOCK, RETRY, `  else ret = ${MAP}`, UNLOCK, PUT];

/** The function of a page, until the explorer has nothing to say. */
export const silence: Exercise = {
  id: ID,
  title: "Until the explorer is silent",
  task: "mapPage maps one page. The loop around it is given: it calls mapPage in an SRCU section of its own, calls it again for the same page when it returns -EAGAIN, and tells the caller how far it came. Write mapPage so that four races hold: map against punch hole, against a change to shared, against closing the guest_memfd, and against a fold.",
  starter: code({ map: [`  ret = ${MAP}`, PUT] }),
  check,
  hints: [
    "Both questions of the patch need an answer in this function, and the second one needs more than a lock. showVariantDiff of rfc-v1 and rfc-v1+sequence-retry shows the protocol.",
    "The order: read kvm.mmu_invalidate_seq, look everything up, take mmu_lock for reading, compare with mmu_invalidate_retry_gfn(kvm, sequence, gfn), map or give up, let go. Before each read of shared state put a point, so that the explorer can come in.",
    'yield { kind: "read", object: "kvm->mmu_invalidate_seq" };\nconst sequence = kvm.mmu_invalidate_seq;\n...look up, attribute, page...\nyield* kvm.mmu_lock.readLock();\nif (mmu_invalidate_retry_gfn(kvm, sequence, gfn)) ret = -EAGAIN;\nelse ret = yield* realm_map_ipa(...);\nkvm.mmu_lock.readUnlock();\nif (ret !== 0) <give the page back>',
  ],
  wrongAnswers: [
    { problem: "no-lock", code: code({ attribute: ATTRIBUTE, map: [`  ret = ${MAP}`, PUT] }) },
    {
      problem: "lock-alone",
      code: code({ attribute: ATTRIBUTE, map: [LOCK, `  ret = ${MAP}`, UNLOCK, PUT] }),
    },
    {
      problem: "late-snapshot",
      code: code({ attribute: ATTRIBUTE, between: SNAPSHOT, map: PROTOCOL }),
    },
    { problem: "attribute", code: code({ before: SNAPSHOT, map: PROTOCOL }) },
    {
      problem: "loses-page",
      code: code({
        before: SNAPSHOT,
        attribute: ATTRIBUTE,
        map: [LOCK, RETRY, `  else ret = ${MAP}`, UNLOCK],
      }),
    },
    {
      problem: "keeps-lock",
      code: code({ before: SNAPSHOT, attribute: ATTRIBUTE, map: [LOCK, RETRY, `  else ret = ${MAP}`, PUT] }),
    },
    {
      problem: "no-task",
      code: code({ before: SNAPSHOT, attribute: ATTRIBUTE, map: PROTOCOL }).replace(
        "yield* kvm_gmem_get_pfn(kvm, memslot, gfn, found)",
        "(yield kvm_gmem_get_pfn(kvm, memslot, gfn, found) as never) as unknown as number",
      ),
    },
  ],
  solution: {
    code: code({ before: SNAPSHOT, attribute: ATTRIBUTE, map: PROTOCOL }),
    reasons:
      "The number is read first, so every change after that is noticed: one that is complete by a higher number, one under way by its range. Under the lock the answer cannot change any more until the page is mapped; and what is mapped, the next one to unmap will find. It is the protocol of every fault path of KVM. The explorer is silent about four races with these points, no more: where a function has no point, nobody comes in, while a real CPU knows nothing of points.",
  },
};
