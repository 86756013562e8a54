// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { EBADF, EEXIST, errnoName } from "../../base/errno.ts";
import { plural } from "../../base/plural.ts";
import {
  KVM_MEM_GUEST_MEMFD,
  KVM_SET_USER_MEMORY_REGION2,
  kvm_userspace_memory_region2,
} from "../../kernel/kvm/uapi.ts";
import { vmOf } from "../../view/find.ts";
import { showGuestMemfd } from "../../view/gmem.ts";
import { showMemslots } from "../../view/memslots.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { vmWithHole } from "./memslot-labs.ts";

const ID = "01-fill-the-hole";
const HOLE = { start: 0x8000_4000, pages: 4 };

function check(answer: unknown): Problem | undefined {
  if (!(answer instanceof Uint8Array) || answer.length < kvm_userspace_memory_region2.byteLength) {
    return {
      id: "no-request",
      message: "The answer is a request: the bytes that kvm_userspace_memory_region2({ ... }) returns.",
      came: answer instanceof Uint8Array ? plural(answer.length, "byte") : typeof answer,
    };
  }
  const request = kvm_userspace_memory_region2.decode(answer);
  if (request.memory_size === 0n)
    return untouched("The request has no size yet. Fill in where, how much and from what.");
  const { host, vm } = vmWithHole();
  const result = host.sys.ioctl(vm, KVM_SET_USER_MEMORY_REGION2, answer);
  const call = `ioctl(vm, KVM_SET_USER_MEMORY_REGION2, { slot: ${request.slot}, guest_phys_addr: ${hex(request.guest_phys_addr)}, memory_size: ${hex(request.memory_size)}, ... })`;
  const facts = { call, expected: "0", came: errnoName(result) };
  if (result === -EEXIST) {
    return {
      id: "overlap",
      message: "Two slots would hold the same guest address, and that is -EEXIST. The hole has four pages.",
      ...facts,
      picture: showMemslots(host),
    };
  }
  if (result === -EBADF) {
    return {
      id: "bad-fd",
      message: "The descriptor of the guest_memfd is not open. lab.guestMemfd is the one.",
      ...facts,
    };
  }
  if (result !== 0) return { ...whyInvalid(request), ...facts, picture: showGuestMemfd(host) };
  const kvm = vmOf(host);
  for (let page = 0; page < HOLE.pages; page++) {
    const gfn = HOLE.start / PAGE_SIZE + page;
    const slot = kvm.memslots.search(gfn);
    if (slot === undefined) {
      return {
        id: "too-short",
        message: "The call succeeds, but part of the hole is left.",
        call: `gfn_to_memslot(kvm, ${hex(gfn)}), the frame of ${hex(gfn * PAGE_SIZE)}`,
        expected: "a slot",
        came: "none",
        picture: showMemslots(host),
      };
    }
    if ((slot.flags & KVM_MEM_GUEST_MEMFD) === 0) {
      return {
        id: "not-private",
        message:
          "The slot is there, but without KVM_MEM_GUEST_MEMFD it has no private half: TSM_MAP would answer -EINVAL.",
        call: `kvm_slot_can_be_private(slot ${slot.id})`,
        expected: "true",
        came: "false",
        picture: showMemslots(host),
      };
    }
  }
  return undefined;
}

function whyInvalid(
  request: ReturnType<typeof kvm_userspace_memory_region2.decode>,
): Pick<Problem, "id" | "message"> {
  if (request.slot < 2) {
    return {
      id: "slot-id-taken",
      message:
        "This id belongs to a slot that exists. A request with KVM_MEM_GUEST_MEMFD can only make a new one.",
    };
  }
  const page = BigInt(PAGE_SIZE);
  if (
    [request.guest_phys_addr, request.memory_size, request.guest_memfd_offset].some(
      (value) => value % page !== 0n,
    )
  ) {
    return {
      id: "unaligned",
      message: "Addresses, sizes and offsets are multiples of the page size, 4096 bytes.",
    };
  }
  return {
    id: "file-pages-taken",
    message:
      "These pages of the guest_memfd are bound to another slot, or lie past its end: that is -EINVAL, not -EEXIST.",
  };
}

function code(fields: string): string {
  return [
    `const lab = exercise("${ID}");`,
    "const region = kvm_userspace_memory_region2({",
    ...fields.split("\n").map((line) => `  ${line}`),
    "});",
    `check("${ID}", region);`,
  ].join("\n");
}

function request(slot: number, flags: string, pages: number, offset: string): string {
  return code(
    [
      `slot: ${slot},`,
      `flags: ${flags},`,
      "guest_phys_addr: 0x8000_4000,",
      `memory_size: ${pages} * PAGE_SIZE,`,
      "guest_memfd: lab.guestMemfd,",
      `guest_memfd_offset: ${offset},`,
    ].join("\n"),
  );
}

const GMEM = "KVM_MEM_GUEST_MEMFD";

/** A slot made by hand, down to the offset in the file. */
export const fillTheHole: Exercise = {
  id: ID,
  title: "Fill the hole",
  task: "Make a slot 2 that fills the hole between slots 0 and 1 exactly, with a private half from the free pages of the guest_memfd.",
  starter: code(
    "slot: 2,\nguest_memfd: lab.guestMemfd,\n// where, how much, which flags, from which page of the file?",
  ),
  prepare: vmWithHole,
  check,
  hints: [
    `Two pictures of exercise("${ID}").host: showMemslots shows where the hole is, showGuestMemfd which pages of the file are free.`,
    "A page of a guest_memfd is bound to one slot at most, and guest_memfd_offset is in bytes. A slot has a private half only with KVM_MEM_GUEST_MEMFD.",
    "kvm_userspace_memory_region2({ slot: 2, flags: ..., guest_phys_addr: ..., memory_size: ...,\n  guest_memfd: lab.guestMemfd, guest_memfd_offset: ... })",
  ],
  wrongAnswers: [
    { problem: "overlap", code: request(2, GMEM, 5, "4 * PAGE_SIZE") },
    { problem: "file-pages-taken", code: request(2, GMEM, 4, "0") },
    { problem: "slot-id-taken", code: request(1, GMEM, 4, "4 * PAGE_SIZE") },
    { problem: "not-private", code: request(2, "0", 4, "4 * PAGE_SIZE") },
    { problem: "too-short", code: request(2, GMEM, 3, "4 * PAGE_SIZE") },
    { problem: "unaligned", code: request(2, GMEM, 4, "4") },
  ],
  solution: {
    code: request(2, GMEM, 4, "4 * PAGE_SIZE"),
    reasons: `The hole is ${HOLE.pages} pages at ${hex(HOLE.start)}. Pages 4 to 7 of the file are free, so the offset is 0x4000 bytes. Guest address and file page need not have anything in common.`,
  },
};
