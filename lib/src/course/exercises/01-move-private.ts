// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { EINVAL, errnoName } from "../../base/errno.ts";
import { KVM_MEM_GUEST_MEMFD } from "../../kernel/kvm/uapi.ts";
import { vmOf } from "../../view/find.ts";
import { showGuestMemfd } from "../../view/gmem.ts";
import { showMemslots } from "../../view/memslots.ts";
import { type Exercise, labOf, type Problem, untouched } from "../exercise.ts";
import { vmWithSlots } from "./memslot-labs.ts";

const ID = "01-move-private";
const OLD = 0x8000_0000;
const NEW = 0x9000_0000;

function check(answer: unknown): Problem | undefined {
  const lab = labOf(answer, ID);
  if (!("vmm" in lab)) return lab;
  const kvm = vmOf(lab.host, lab.vm);
  const old = kvm.memslots.search(OLD / PAGE_SIZE);
  const slot = kvm.memslots.search(NEW / PAGE_SIZE);
  const last = lab.ioctlResults.at(-1);
  if (old !== undefined && slot === undefined) {
    if (last === undefined)
      return untouched(`Slot ${old.id} is still at ${hex(OLD)}, and nothing was tried yet.`);
    if (last !== -EINVAL) {
      return {
        id: "not-moved",
        message: `Slot ${old.id} is still at ${hex(OLD)}, and there is no memory at ${hex(NEW)}.`,
        call: "the last ioctl",
        came: errnoName(last),
        picture: showMemslots(lab.host, lab.vm),
      };
    }
    return {
      id: "move-refused",
      message:
        "A slot with a guest_memfd cannot be moved: for a slot that exists, the flag KVM_MEM_GUEST_MEMFD alone is -EINVAL. There is another way to get there.",
      call: "the last ioctl",
      expected: "0",
      came: errnoName(last),
      picture: showMemslots(lab.host, lab.vm),
    };
  }
  if (slot === undefined) {
    return {
      id: "deleted-only",
      message: `The slot is gone from ${hex(OLD)}, but there is none at ${hex(NEW)}.`,
      picture: showMemslots(lab.host, lab.vm),
    };
  }
  if (old !== undefined) {
    return {
      id: "still-there",
      message: `There is memory at ${hex(NEW)} now, but the slot at ${hex(OLD)} was to go.`,
      picture: showMemslots(lab.host, lab.vm),
    };
  }
  if ((slot.flags & KVM_MEM_GUEST_MEMFD) === 0) {
    return {
      id: "dangling",
      message:
        "The kernel moved the slot because the request did not carry the flag, and lost its private half. Worse, the guest_memfd still points at the old slot, which was freed: a use after free, fixed in December 2025 (9935df5333aa).",
      call: `kvm_slot_can_be_private(slot ${slot.id})`,
      expected: "true",
      came: "false",
      picture: showGuestMemfd(lab.host, lab.guestMemfd),
    };
  }
  const file = lab.host.process.task.file(lab.guestMemfd);
  if (slot.npages !== 4 || slot.gmem.file !== file || slot.gmem.pgoff !== 0) {
    return {
      id: "other-pages",
      message: "The guest must find its old pages at the new address: pages 0 to 3 of the same guest_memfd.",
      picture: showMemslots(lab.host, lab.vm),
    };
  }
  return undefined;
}

function code(...lines: string[]): string {
  return [`const lab = exercise("${ID}");`, ...lines, `check("${ID}", lab);`].join("\n");
}

const set = (fields: string): string =>
  `lab.sys.ioctl(lab.vm, KVM_SET_USER_MEMORY_REGION2, kvm_userspace_memory_region2(${fields}));`;
const AT_NEW = "guest_phys_addr: 0x9000_0000, memory_size: 4 * PAGE_SIZE";
const GMEM = "flags: KVM_MEM_GUEST_MEMFD, guest_memfd: lab.guestMemfd";
const USER = "userspace_addr: lab.vmm.memory[0].shared";

/** Moving what the kernel does not move. */
export const movePrivate: Exercise = {
  id: ID,
  title: "Move private memory",
  task: `Slot 0 has four pages at ${hex(OLD)}, from page 0 of a guest_memfd. Bring about that the guest has these same pages at ${hex(NEW)}, private as before, and nothing at ${hex(OLD)}.`,
  starter: code("// system calls on lab.vm, with lab.sys.ioctl"),
  prepare: () => vmWithSlots(4, [{ slot: 0, gpa: OLD, pages: 4, filePage: 0 }]),
  check,
  hints: [
    'Look at what a request may do to a slot that exists: the step after "size 0" in the table above.',
    "With KVM_MEM_GUEST_MEMFD a slot can be made and deleted, never changed. The pages belong to the file, not to the slot: they outlive it.",
    "Two calls: one with memory_size 0 for slot 0, then one that makes slot 0 again, elsewhere.",
  ],
  wrongAnswers: [
    { problem: "move-refused", code: code(set(`{ slot: 0, ${GMEM}, ${AT_NEW} }`)) },
    { problem: "dangling", code: code(set(`{ slot: 0, ${AT_NEW}, ${USER} }`)) },
    {
      problem: "not-moved",
      code: code(set(`{ slot: 1, ${GMEM}, ${AT_NEW.replace("0x9000", "0xa000")} }`), "lab.sys.ioctl(-1, 0);"),
    },
    { problem: "deleted-only", code: code(set("{ slot: 0 }")) },
    { problem: "still-there", code: code(set(`{ slot: 1, ${AT_NEW} }`)) },
    {
      problem: "other-pages",
      code: code(
        set("{ slot: 0 }"),
        set(`{ slot: 0, ${GMEM}, guest_phys_addr: 0x9000_0000, memory_size: PAGE_SIZE }`),
      ),
    },
  ],
  solution: {
    code: code(set("{ slot: 0 }"), set(`{ slot: 0, ${GMEM}, ${AT_NEW} }`)),
    reasons:
      "Deleting a slot unbinds it from the guest_memfd and leaves the pages in the file, where the next slot finds them. Between the two calls the guest has no memory there, which is why real VMMs stop the vCPUs first.",
  },
};
