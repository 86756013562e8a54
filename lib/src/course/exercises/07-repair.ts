// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { errnoName } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { checked } from "../../explore/learner.ts";
import type { Chooser } from "../../explore/schedule.ts";
import { runSchedule } from "../../explore/schedule.ts";
import { IOMMU_VDEVICE_TSM_MAP } from "../../kernel/iommufd/uapi.ts";
import { iommu_vdevice_tsm_map } from "../../kernel/iommufd/uapi-structs.ts";
import type { Kvm } from "../../kernel/kvm/kvm.ts";
import { KVM_SET_MEMORY_ATTRIBUTES, kvm_memory_attributes } from "../../kernel/kvm/uapi.ts";
import { tsmMap } from "../../user/vmm-device.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { showMemslots } from "../../view/memslots.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { threw } from "./learner-labs.ts";
import { type MapLab, RAM, realmWithRam } from "./map-labs.ts";

const ID = "07-repair";
const PAGES = 4;
const END = RAM + PAGES * PAGE_SIZE;

type Repaired = (kvm: Kvm, start_gpa: number, end_gpa: number) => Task<number>;

/** What a call came to: its result, and which pages are mapped, by their place in the slot. */
interface Outcome {
  readonly result: number;
  readonly mapped: readonly number[];
  readonly audit: readonly string[];
  readonly lab: MapLab;
}

function realm(repaired: Repaired): MapLab {
  return realmWithRam(PAGES, checked({ name: "yours", kvm_map_private_memory: repaired }));
}

function outcome(lab: MapLab, result: number): Outcome {
  const { host } = lab.vmm;
  const mapped = mappedPages(host, RAM, END).map((gpa) => (gpa - RAM) / PAGE_SIZE);
  return { result, mapped, audit: host.audit(), lab };
}

/** Maps a range (bytes from the start of the slot) after some pages were made shared. */
function play(repaired: Repaired, from: number, to: number, shared: readonly number[] = []): Outcome {
  const lab = realm(repaired);
  for (const page of shared) lab.vmm.setShared(RAM + page * PAGE_SIZE, PAGE_SIZE);
  return outcome(lab, tsmMap(lab.vmm, lab.device, RAM + from, RAM + to));
}

/** Maps the whole slot, while its last page is made shared as soon as the first one is mapped. */
function playConversion(repaired: Repaired): Outcome {
  const lab = realm(repaired);
  const { vmm, device } = lab;
  const { tasks } = vmm.host.sys;
  const map = iommu_vdevice_tsm_map({ vdevice_id: device.vdevice_id, start_gpa: RAM, end_gpa: END });
  const convert = kvm_memory_attributes({ address: END - PAGE_SIZE, size: PAGE_SIZE, attributes: 0 });
  const whenFirstIsMapped: Chooser = (runnable) => {
    const begun = mappedPages(vmm.host, RAM, RAM + PAGE_SIZE).length > 0;
    const wanted = begun ? "S" : "M";
    return runnable.find((name) => name === wanted) ?? (runnable[0] as string);
  };
  const { results } = runSchedule(
    vmm.host,
    {
      M: tasks.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, map),
      S: tasks.ioctl(vmm.vm, KVM_SET_MEMORY_ATTRIBUTES, convert),
    },
    whenFirstIsMapped,
  );
  return outcome(lab, results["M"] as number);
}

interface Scenario {
  readonly call: string;
  readonly expected: string;
  readonly play: (repaired: Repaired) => Outcome;
  readonly good: (outcome: Outcome) => boolean;
  readonly problem: string;
  readonly message: string;
}

const whole = PAGES * PAGE_SIZE;
const refused = ({ result, mapped }: Outcome): boolean => result < 0 && mapped.length === 0;

const SCENARIOS: readonly Scenario[] = [
  {
    call: "the whole slot, private",
    expected: "0, pages 0, 1, 2, 3 mapped",
    play: (repaired) => play(repaired, 0, whole),
    good: ({ result, mapped }) => result === 0 && mapped.length === PAGES,
    problem: "breaks-good",
    message: "What was right must stay right: this request is fine, and is to be mapped.",
  },
  {
    call: "from the middle of page 0",
    expected: "an error, nothing mapped",
    play: (repaired) => play(repaired, 0x800, whole),
    good: refused,
    problem: "unaligned-start",
    message: "The start lies in the middle of a page. That is to be refused, before anything is mapped.",
  },
  {
    call: "to the middle of page 1",
    expected: "an error, nothing mapped",
    play: (repaired) => play(repaired, 0, 0x1800),
    good: refused,
    problem: "unaligned-end",
    message: "The end lies in the middle of a page. Both ends are to be looked at.",
  },
  {
    call: "page 0, which is shared",
    expected: "an error, nothing mapped",
    play: (repaired) => play(repaired, 0, PAGE_SIZE, [0]),
    good: refused,
    problem: "maps-shared",
    message: "The attribute of the page says shared, and it was mapped as private memory.",
  },
  {
    call: "the whole slot, page 2 is shared",
    expected: "an error, page 2 not mapped",
    play: (repaired) => play(repaired, 0, whole, [2]),
    good: ({ result, mapped }) => result < 0 && !mapped.includes(2),
    problem: "first-page-only",
    message: "The attribute belongs to each page. One page in the middle is shared, and was mapped.",
  },
  {
    call: "the whole slot; page 3 becomes shared once page 0 is mapped",
    expected: "an error, page 3 not mapped",
    play: playConversion,
    good: ({ result, mapped }) => result < 0 && !mapped.includes(3),
    problem: "check-then-use",
    message:
      "All attributes were looked at before the first page was mapped. The last page became shared in between, under slots_lock, and the loop knew nothing of it.",
  },
  {
    call: "page 3, and the page behind the slot",
    expected: "an error, as before",
    play: (repaired) => play(repaired, 3 * PAGE_SIZE, 5 * PAGE_SIZE),
    good: ({ result }) => result < 0,
    problem: "slot-end",
    message: "A range that runs out of its slot was refused, and must still be.",
  },
];

const SKIPS = {
  problem: "skips",
  message:
    "A page was left out, and the answer is still 0: the caller believes that all of the range is mapped. That is what the patch does with the tail of an unaligned range.",
};

/** True when pages of a shared range are not mapped, as it should be, but nobody is told. */
function leftOut({ problem }: Scenario, { result, mapped }: Outcome): boolean {
  const about = ["maps-shared", "first-page-only", "check-then-use"];
  return about.includes(problem) && result === 0 && mapped.length < (problem === "maps-shared" ? 1 : PAGES);
}

function shown({ result, mapped }: Outcome): string {
  return `${errnoName(result)}, ${mapped.length === 0 ? "nothing" : `page${mapped.length === 1 ? "" : "s"} ${mapped.join(", ")}`} mapped`;
}

/** True for what the posted function comes to: it passes the first scenario and the last, and cleans up after itself. */
function isAsPosted(scenario: Scenario, came: Outcome | Error): boolean {
  if (came instanceof Error || came.audit.length > 0) return false;
  return scenario.good(came) === ["breaks-good", "slot-end"].includes(scenario.problem);
}

function judge(repaired: Repaired, scenario: Scenario): Outcome | Error {
  try {
    return scenario.play(repaired);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function like the one in the starter: function*(kvm, start_gpa, end_gpa).",
      came: typeof answer,
    };
  }
  const results = SCENARIOS.map((scenario) => ({
    scenario,
    came: judge(answer as Repaired, scenario),
  }));
  if (results.every(({ scenario, came }) => isAsPosted(scenario, came)))
    return untouched("The function still does what the patch does.");
  for (const { scenario, came } of results) {
    const { call, expected } = scenario;
    if (came instanceof Error) return threw(came, call, expected);
    const { host, vm } = came.lab.vmm;
    if (came.audit.length > 0) {
      return {
        id: "leaves-behind",
        message: "The call leaves something behind that nobody will ever give back.",
        call,
        expected: "an audit that finds nothing",
        came: came.audit[0] as string,
      };
    }
    if (!scenario.good(came)) {
      const { problem: id, message } = leftOut(scenario, came) ? SKIPS : scenario;
      return { id, message, call, expected, came: shown(came), picture: showMemslots(host, vm) };
    }
  }
  return undefined;
}

function code(...body: string[]): string {
  return [
    "function* repaired(kvm: Kvm, start_gpa: number, end_gpa: number): Task<number> {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", repaired);`,
  ].join("\n");
}

const ALIGNED = "if (start_gpa % PAGE_SIZE !== 0 || end_gpa % PAGE_SIZE !== 0) return -EINVAL;";
const WHOLE = "return yield* kvm_map_private_memory(kvm, start_gpa, end_gpa);";
const TURN = "for (let addr = start_gpa; addr < end_gpa; addr += PAGE_SIZE) {";
const IF_SHARED = "  if (!kvm_mem_is_private(kvm, gpaToGfn(addr))) return -EINVAL;";
const ONE = [
  "  const ret = yield* kvm_map_private_memory(kvm, addr, addr + PAGE_SIZE);",
  "  if (ret !== 0) return ret;",
];

/** The first two checks that the patch lacks. */
export const repairLoop: Exercise = {
  id: ID,
  title: "Repair the loop",
  task: "Write the function so that a range with an unaligned end on either side is refused, and a page whose attribute says shared when its turn comes is not mapped, also when it became shared while the loop was running. Everything else stays. You may call the posted function as a part.",
  starter: code(WHOLE),
  check,
  hints: [
    "Two tests are missing: one belongs before the loop, the other into it. The posted function maps one page when the range is one page.",
    "kvm_mem_is_private(kvm, gfn) tells the attribute of a frame now. It may change at any point where the task yields, so look right before each page.",
    "if (<not aligned>) return -EINVAL;\nfor (let addr = start_gpa; ...) {\n  if (!kvm_mem_is_private(...)) return -EINVAL;\n  const ret = yield* kvm_map_private_memory(kvm, addr, addr + PAGE_SIZE);\n  ...",
  ],
  wrongAnswers: [
    { problem: "unaligned-start", code: code(TURN, IF_SHARED, ...ONE, "}", "return 0;") },
    {
      problem: "unaligned-end",
      code: code(
        "if (start_gpa % PAGE_SIZE !== 0) return -EINVAL;",
        TURN,
        IF_SHARED,
        ...ONE,
        "}",
        "return 0;",
      ),
    },
    { problem: "maps-shared", code: code(ALIGNED, WHOLE) },
    {
      problem: "first-page-only",
      code: code(ALIGNED, "if (!kvm_mem_is_private(kvm, gpaToGfn(start_gpa))) return -EINVAL;", WHOLE),
    },
    { problem: "check-then-use", code: code(ALIGNED, TURN, IF_SHARED, "}", WHOLE) },
    {
      problem: "breaks-good",
      code: code(ALIGNED, "if (kvm_mem_is_private(kvm, gpaToGfn(start_gpa))) return -EINVAL;", WHOLE),
    },
    {
      problem: "skips",
      code: code(ALIGNED, TURN, IF_SHARED.replace("return -EINVAL", "continue"), ...ONE, "}", "return 0;"),
    },
    {
      problem: "leaves-behind",
      code: code(
        "const idx = kvm.srcu.srcu_read_lock();",
        ALIGNED,
        TURN,
        IF_SHARED,
        ...ONE,
        "}",
        "kvm.srcu.srcu_read_unlock(idx);",
        "return 0;",
      ),
    },
    {
      problem: "throws",
      code: code(
        "const last = gfn_to_memslot(kvm, gpaToGfn(end_gpa))!;",
        "if (last.npages === 0) return -EINVAL;",
        WHOLE,
      ),
    },
  ],
  solution: {
    code: code(ALIGNED, TURN, IF_SHARED, ...ONE, "}", "return 0;"),
    reasons:
      "Alignment is a property of the request, so it is tested once, before anything is done. The attribute is a property of the page at a moment, so it is tested for each page, right before it is mapped. A window remains inside each turn: the page may change between the test and the firmware call. To close it takes the retry protocol, with mmu_invalidate_seq and mmu_lock; notebook 11 does that. Calling page by page also lets go of kvm->srcu between pages, at the price of a memory cache for each.",
  },
};
