// SPDX-License-Identifier: MIT
import { EBADF, EEXIST, EFAULT, EINVAL, errnoName } from "../../base/errno.ts";
import { plural } from "../../base/plural.ts";
import { KVM_SET_USER_MEMORY_REGION2, kvm_userspace_memory_region2 } from "../../kernel/kvm/uapi.ts";
import { showGuestMemfd } from "../../view/gmem.ts";
import { showMemslots } from "../../view/memslots.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { vmWithHole } from "./memslot-labs.ts";

const ID = "01-three-errors";
const WANTED = [
  ["EEXIST", EEXIST],
  ["EBADF", EBADF],
  ["EFAULT", EFAULT],
] as const;

/** What a result that was not asked for shows. */
function misconception(name: string, result: number): [id: string, message: string] {
  if (name === "EEXIST" && result === -EINVAL) {
    return [
      "binding-overlap",
      "Something else than the guest address clashes. -EEXIST is for guest addresses that overlap; file pages that overlap are -EINVAL.",
    ];
  }
  if (name === "EBADF" && result === -EINVAL) {
    return [
      "wrong-kind-of-file",
      "A descriptor that is open, but of another kind of file, is -EINVAL. -EBADF takes one that is not open.",
    ];
  }
  if (name === "EFAULT" && result === -EINVAL) {
    return [
      "wraps",
      "The range wraps around 2^64 or has too many pages, which is found earlier. Stay below that, but above the IPA size.",
    ];
  }
  if (result === 0) return ["succeeds", `The call succeeds; it was to answer -${name}.`];
  return ["other-error", `The call answers another error than -${name}.`];
}

function check(answer: unknown): Problem | undefined {
  const requests = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  const isRequest = ([name]: (typeof WANTED)[number]): boolean => requests[name] instanceof Uint8Array;
  if (!WANTED.every(isRequest)) {
    return {
      id: "no-requests",
      message:
        "The answer is an object with the requests EEXIST, EBADF and EFAULT, each the bytes of a kvm_userspace_memory_region2.",
    };
  }
  const sizes = WANTED.map(
    ([name]) => kvm_userspace_memory_region2.decode(requests[name] as Uint8Array).memory_size,
  );
  if (sizes.every((size) => size === 0n)) return untouched("All three requests are still empty.");
  for (const [name, errno] of WANTED) {
    const bytes = requests[name] as Uint8Array;
    if (bytes.length < kvm_userspace_memory_region2.byteLength) {
      return {
        id: "short-buffer",
        message:
          "The kernel cannot even read this request: it ends before byte 160. Give a whole one, so that the error comes from what it says.",
        came: plural(bytes.length, "byte"),
      };
    }
    const { host, vm } = vmWithHole();
    const result = host.sys.ioctl(vm, KVM_SET_USER_MEMORY_REGION2, bytes);
    if (result === -errno) continue;
    const [id, message] = misconception(name, result);
    return {
      id: id === "succeeds" || id === "other-error" ? `${name}-${id}` : id,
      message,
      call: `ioctl(vm, KVM_SET_USER_MEMORY_REGION2, requests.${name})`,
      expected: `-${name}`,
      came: errnoName(result),
      picture: id === "binding-overlap" ? showGuestMemfd(host) : showMemslots(host),
    };
  }
  return undefined;
}

const GMEM = "flags: KVM_MEM_GUEST_MEMFD";
const EXISTS = "slot: 2, guest_phys_addr: 0x8000_2000, memory_size: PAGE_SIZE";
const BAD_FD = `slot: 2, ${GMEM}, guest_phys_addr: 0x8000_4000, memory_size: PAGE_SIZE, guest_memfd: 99`;
const ABOVE = "slot: 2, guest_phys_addr: 2 ** 40, memory_size: PAGE_SIZE";

function code(exists: string, badFd: string, fault: string, after = ""): string {
  const one = (name: string, fields: string, more = ""): string =>
    `  ${name}: kvm_userspace_memory_region2({ ${fields} })${more},`;
  return [
    `const lab = exercise("${ID}");`,
    "const requests = {",
    one("EEXIST", exists),
    one("EBADF", badFd),
    one("EFAULT", fault, after),
    "};",
    `check("${ID}", requests);`,
  ].join("\n");
}

/** Three errors on purpose. */
export const threeErrors: Exercise = {
  id: ID,
  title: "Three errors on purpose",
  task: "Write three requests for a slot 2, each well-formed in itself: one that the VM answers with -EEXIST, one with -EBADF, one with -EFAULT.",
  starter: code("slot: 2", "slot: 2", "slot: 2"),
  prepare: vmWithHole,
  check,
  hints: [
    "The order of the checks is in the table above: every error has a check of its own, and an earlier one wins.",
    "-EEXIST: guest addresses overlap. -EBADF: guest_memfd is no open descriptor. -EFAULT: the end lies above the IPA size of the VM, 2^40 here.",
    "{ slot: 2, guest_phys_addr: <inside slot 0>, memory_size: PAGE_SIZE }\n{ slot: 2, flags: KVM_MEM_GUEST_MEMFD, ..., guest_memfd: <not open> }\n{ slot: 2, guest_phys_addr: 2 ** 40, memory_size: PAGE_SIZE }",
  ],
  wrongAnswers: [
    {
      problem: "binding-overlap",
      code: code(
        `slot: 2, ${GMEM}, guest_phys_addr: 0x8000_4000, memory_size: PAGE_SIZE, guest_memfd: lab.guestMemfd`,
        BAD_FD,
        ABOVE,
      ),
    },
    { problem: "wrong-kind-of-file", code: code(EXISTS, BAD_FD.replace("99", "lab.vm"), ABOVE) },
    { problem: "wraps", code: code(EXISTS, BAD_FD, ABOVE.replace("2 ** 40", "0xffff_ffff_ffff_f000n")) },
    { problem: "short-buffer", code: code(EXISTS, BAD_FD, ABOVE, ".slice(0, 32)") },
    { problem: "EEXIST-succeeds", code: code(ABOVE.replace("2 ** 40", "0x9000_0000"), BAD_FD, ABOVE) },
    { problem: "EBADF-succeeds", code: code(EXISTS, BAD_FD.replace(`${GMEM}, `, ""), ABOVE) },
  ],
  solution: {
    code: code(EXISTS, BAD_FD, ABOVE),
    reasons:
      "-EEXIST is about guest addresses alone, so it needs no guest_memfd. -EBADF comes from looking the descriptor up, after all checks of the request itself. -EFAULT comes last, from the architecture, when the slot ends above the IPA size.",
  },
};
