// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { boot } from "../../boot.ts";
import {
  KVM_CAP_PRE_FAULT_MEMORY,
  KVM_CHECK_EXTENSION,
  KVM_CREATE_GUEST_MEMFD,
  KVM_PRE_FAULT_MEMORY,
  KVM_SET_USER_MEMORY_REGION2,
  kvm_create_guest_memfd,
  kvm_pre_fault_memory,
  kvm_userspace_memory_region2,
} from "../../kernel/kvm/uapi.ts";
import type { GuestProgram } from "../../user/guest.ts";
import { startRealm } from "../../user/vmm.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { normalised } from "../prediction.ts";
import { RAM } from "./map-labs.ts";

const ID = "15-which-kernel";
const RELEASES = ["2025", "2026"] as const;
type Release = (typeof RELEASES)[number];
const REQUESTS = ["check", "vcpu", "vm", "mmap", "flag"] as const;
type Request = (typeof REQUESTS)[number];

// biome-ignore lint/correctness/useYield: this guest does nothing.
function* idleGuest(): GuestProgram {
  return undefined;
}

/** What a kernel answers; a descriptor, whatever its number, is "fd". */
function answerOf(release: Release, request: Request): string {
  const host = boot({ memory: 256 * PAGE_SIZE, config: { KVM_RELEASE: release } });
  const { sys } = host;
  const vmm = startRealm(host, { gpa: RAM, size: PAGE_SIZE, programs: [idleGuest()] });
  const [memory] = vmm.memory;
  const range = kvm_pre_fault_memory({ gpa: RAM, size: PAGE_SIZE });
  switch (request) {
    case "check":
      return String(sys.ioctl(vmm.vm, KVM_CHECK_EXTENSION, KVM_CAP_PRE_FAULT_MEMORY));
    case "vcpu":
      return normalised(sys.ioctl(vmm.vcpus[0]?.fd ?? -1, KVM_PRE_FAULT_MEMORY, range));
    case "vm":
      return normalised(sys.ioctl(vmm.vm, KVM_PRE_FAULT_MEMORY, range));
    case "mmap": {
      const bytes = kvm_create_guest_memfd({ size: PAGE_SIZE, flags: 1 });
      const result = sys.ioctl(vmm.vm, KVM_CREATE_GUEST_MEMFD, bytes);
      return result > 0 ? "fd" : normalised(result);
    }
    case "flag": {
      const region = kvm_userspace_memory_region2({
        slot: 0,
        guest_phys_addr: RAM,
        memory_size: PAGE_SIZE,
        userspace_addr: memory?.shared ?? 0,
      });
      return normalised(sys.ioctl(vmm.vm, KVM_SET_USER_MEMORY_REGION2, region));
    }
  }
}

const ABOUT: Readonly<Record<Request, { readonly call: string; readonly message: string }>> = {
  check: {
    call: "KVM_CHECK_EXTENSION(KVM_CAP_PRE_FAULT_MEMORY)",
    message: "The answer to the question whether something is there is 1 for yes and 0 for no.",
  },
  vcpu: {
    call: "KVM_PRE_FAULT_MEMORY of one page, on a vCPU",
    message:
      "On a vCPU the command works, where it is there; where not, KVM on arm64 has one answer for all.",
  },
  vm: {
    call: "KVM_PRE_FAULT_MEMORY of one page, on the VM",
    message: "It is a command of a vCPU. To the file of the VM it is unknown, in both kernels.",
  },
  mmap: {
    call: "KVM_CREATE_GUEST_MEMFD with flag 1, MMAP",
    message: "Unknown flags are refused. The kernel that knows the flag makes a file.",
  },
  flag: {
    call: "KVM_SET_USER_MEMORY_REGION2 of the same slot, without KVM_MEM_GUEST_MEMFD",
    message:
      "In 2025 this counted as a change of flags and was done, with a pointer left behind. Since the repair it is refused.",
  },
};

function check(answer: unknown): Problem | undefined {
  const table = (answer ?? {}) as Readonly<Record<string, unknown>>;
  const missing = REQUESTS.find((request) => !Array.isArray(table[request]));
  if (missing !== undefined) {
    return {
      id: "no-table",
      message: "The answer is an object with a pair for each request: the answer of 2025, that of 2026.",
      expected: `${missing}: ["...", "..."]`,
      came: typeof table[missing],
    };
  }
  const given = REQUESTS.flatMap((request) => table[request] as unknown[]);
  if (given.every((one) => one === "?")) return untouched("Put an answer in place of each question mark.");
  for (const request of REQUESTS) {
    for (const [i, release] of RELEASES.entries()) {
      const came = normalised(String((table[request] as unknown[])[i]));
      const expected = answerOf(release, request);
      const isRight = came === expected || (expected === "0" && came === "-0");
      if (!isRight)
        return {
          id: request,
          message: ABOUT[request].message,
          call: `${ABOUT[request].call}, kernel of ${release}`,
          expected,
          came,
        };
    }
  }
  return undefined;
}

type Table = Readonly<Record<Request, readonly [string, string]>>;
const RIGHT: Table = {
  check: ["0", "1"],
  vcpu: ["-EINVAL", "0"],
  vm: ["-EINVAL", "-EINVAL"],
  mmap: ["-EINVAL", "fd"],
  flag: ["0", "-EINVAL"],
};

function code(table: Table): string {
  const rows = REQUESTS.map((request) => `  ${request}: ["${table[request].join('", "')}"],`);
  return ["const answers = {", ...rows, "};", `check("${ID}", answers);`].join("\n");
}

/** Two kernels, five requests. */
export const whichKernel: Exercise = {
  id: ID,
  title: "Which kernel says what?",
  task: 'Five requests to the kernel of 2025 and to that of 2026. Fill in what each answers: a number, an errno such as "-EINVAL", or "fd" for a descriptor.',
  starter: code({ check: ["?", "?"], vcpu: ["?", "?"], vm: ["?", "?"], mmap: ["?", "?"], flag: ["?", "?"] }),
  check,
  hints: [
    "Three of the five you have seen above. The two others can be tried: boot({ config: { KVM_RELEASE: ... } }).",
    "2026 has three things that 2025 has not: the command on a vCPU, the flag MMAP of a guest_memfd, and the repair of a slot that loses its guest_memfd.",
    "check: 0 or 1. vcpu: refused, then done. vm: refused twice. mmap: refused, then a descriptor. flag: the other way round.",
  ],
  wrongAnswers: [
    { problem: "check", code: code({ ...RIGHT, check: ["-EINVAL", "0"] }) },
    { problem: "vcpu", code: code({ ...RIGHT, vcpu: ["-ENOTTY", "0"] }) },
    { problem: "vm", code: code({ ...RIGHT, vm: ["-EINVAL", "0"] }) },
    { problem: "mmap", code: code({ ...RIGHT, mmap: ["fd", "fd"] }) },
    { problem: "flag", code: code({ ...RIGHT, flag: ["-EINVAL", "-EINVAL"] }) },
  ],
  solution: {
    code: code(RIGHT),
    reasons:
      "The capability says what is there; a refusal does not, because -EINVAL has many causes. The last line is the odd one: the newer kernel refuses what the older one did, since what it did was a bug that only later had a name.",
  },
};
