// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { plural } from "../../base/plural.ts";
import { boot } from "../../boot.ts";
import type { GuestProgram } from "../../user/guest.ts";
import { startRealm, type Vmm } from "../../user/vmm.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { RAM } from "./map-labs.ts";

const ID = "15-pre-fault";
const PAGES = 6;
const RAM_END = RAM + PAGES * PAGE_SIZE;
/** System calls after which a function is taken to run for ever. */
const MOST_CALLS = 200;

type PreFault = (vmm: Vmm, gpa: number, size: number) => unknown;

interface Scene {
  readonly gpa: number;
  readonly pages: number;
  /** Which allocation of a page fails, once; 0 for none. */
  readonly failing: number;
  readonly id: string;
  readonly message: string;
}

const SCENES: readonly Scene[] = [
  {
    gpa: RAM,
    pages: PAGES,
    failing: 0,
    id: "not-present",
    message: "All of this range is memory with a guest_memfd, so all of it can be made present.",
  },
  {
    gpa: RAM + 4 * PAGE_SIZE,
    pages: 4,
    failing: 0,
    id: "believes-zero",
    message:
      "The call returns 0 as soon as one page is present. How much is left stands in size, and where to go on in gpa.",
  },
  {
    gpa: RAM_END,
    pages: 2,
    failing: 0,
    id: "nothing-there",
    message: "There is no memory at all in this range. The first page that is missing is its first.",
  },
  {
    gpa: RAM,
    pages: PAGES,
    failing: 43,
    id: "gives-up",
    message:
      "Memory was short for a moment, in the middle of the range: the call returned 0 with pages left to do. The next call gets on.",
  },
];

// biome-ignore lint/correctness/useYield: this guest does nothing.
function* idleGuest(): GuestProgram {
  return undefined;
}

interface Outcome {
  readonly came: unknown;
  readonly present: number;
  readonly calls: number;
  readonly threw: string | undefined;
}

function play(preFault: PreFault, { gpa, pages, failing }: Scene): Outcome {
  const host = boot({ memory: 512 * PAGE_SIZE, config: { KVM_RELEASE: "2026" } });
  const size = PAGES * PAGE_SIZE;
  const vmm = startRealm(host, { gpa: RAM, size, programs: [idleGuest()] });
  if (failing > 0) host.kernel.faults.arm("alloc", failing);
  const counted = { calls: 0 };
  const stop = host.trace.listen(({ kind }) => {
    if (kind === "syscall" && ++counted.calls > MOST_CALLS) throw new Error(ENDLESS);
  });
  let came: unknown;
  let threw: string | undefined;
  try {
    came = preFault(vmm, gpa, pages * PAGE_SIZE);
  } catch (error) {
    threw = error instanceof Error ? error.message : String(error);
  }
  stop();
  return {
    came,
    threw,
    calls: counted.calls,
    present: mappedPages(host, gpa, Math.min(gpa + pages * PAGE_SIZE, RAM_END)).length,
  };
}

const ENDLESS = "more system calls than there are pages, many times over";

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is the function preFault(vmm, gpa, size), which returns an address.",
      came: typeof answer,
    };
  }
  for (const scene of SCENES) {
    const { gpa, pages, id, message } = scene;
    const end = gpa + pages * PAGE_SIZE;
    const { came, threw, calls, present } = play(answer as PreFault, scene);
    const call = `preFault(vmm, ${hex(gpa)}, ${plural(pages, "page")})${scene.failing > 0 ? ", one allocation fails" : ""}`;
    if (threw === ENDLESS) {
      return { id: "endless", message: "The function goes on after an error, for ever.", call, came: threw };
    }
    if (threw !== undefined)
      return { id: "threw", message: "The function ended in an exception.", call, came: threw };
    if (calls === 0) return untouched("The function makes no page present yet.");
    const wanted = Math.min(end, Math.max(gpa, RAM_END));
    const missing = (wanted - gpa) / PAGE_SIZE - present;
    const facts = {
      call,
      expected: `${hex(wanted)}, and everything before it present`,
      came: `${typeof came === "number" ? hex(came) : String(came)}, ${plural(missing, "page")} missing`,
    };
    if (came === wanted && missing === 0) continue;
    if (present === 0 && wanted > gpa) {
      return {
        id: "nothing-done",
        message: "Nothing was made present. Which file takes this command, and did it return an error?",
        ...facts,
      };
    }
    return { id, message, ...facts };
  }
  return undefined;
}

function code(...body: string[]): string {
  return [
    "function preFault(vmm: Vmm, gpa: number, size: number): number {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", preFault);`,
  ].join("\n");
}

const BYTES = "const bytes = kvm_pre_fault_memory({ gpa, size });";
const CALL = "vmm.host.sys.ioctl(vmm.vcpus[0].fd, KVM_PRE_FAULT_MEMORY, bytes)";
const LEFT = "const left = () => kvm_pre_fault_memory.decode(bytes);";
const LOOP = `while (left().size > 0n) if (${CALL} < 0) break;`;
const WHERE = "return Number(left().gpa);";

/** The VMM's half of pre-faulting. */
export const preFaultAll: Exercise = {
  id: ID,
  title: "How far, exactly?",
  task: "You are the VMM of a realm with one vCPU. Make a range present with KVM_PRE_FAULT_MEMORY, as far as it goes, and return the address of the first page that could not be made present, or the end of the range.",
  starter: code("return gpa;"),
  check,
  hints: [
    "The structure is an argument and an answer: decode it after the call.",
    "0 means that something was done, not that all was. While size is not 0, call again with the same bytes; an error means that the page at gpa cannot be made present.",
    "const bytes = kvm_pre_fault_memory({ gpa, size });\nwhile (<size in bytes> > 0n) {\n  if (<ioctl on the vCPU> < 0) break;\n}\nreturn <gpa in bytes>;",
  ],
  wrongAnswers: [
    { problem: "believes-zero", code: code(BYTES, `return ${CALL} === 0 ? gpa + size : gpa;`) },
    { problem: "nothing-done", code: code(BYTES, LEFT, LOOP.replace("vmm.vcpus[0].fd", "vmm.vm"), WHERE) },
    {
      problem: "gives-up",
      code: code(BYTES, `${CALL};`, "return Number(kvm_pre_fault_memory.decode(bytes).gpa);"),
    },
    { problem: "endless", code: code(BYTES, LEFT, `while (left().size > 0n) ${CALL};`, WHERE) },
    {
      problem: "nothing-there",
      code: code(
        BYTES,
        LEFT,
        LOOP,
        "return Number(left().gpa) - (left().size > 0n && Number(left().gpa) === gpa ? -PAGE_SIZE : 0);",
      ),
    },
  ],
  solution: {
    code: code(BYTES, LEFT, LOOP, WHERE),
    reasons:
      "Compare this with the same task for TSM_MAP in notebook 07, where the VMM had to find out by trying. The structure of KVM_PRE_FAULT_MEMORY is written back in every case, so the caller knows how far it got; and a call may end early for any reason, a signal for example, without losing anything.",
  },
};
