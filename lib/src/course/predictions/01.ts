// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 01. */
export const memslotPredictions: readonly Prediction[] = [
  {
    id: "01-end",
    question: "Slot 0 has four pages from 0x8000_0000. Which slot holds 0x8000_4000: 0, or none?",
    answer: "none",
    why: "A slot covers base_gfn <= gfn < base_gfn + npages. 0x8000_4000 is the first address after it.",
    gaps: { "0": "That is the address where the slot ends, and the end is excluded." },
  },
  {
    id: "01-overlap",
    question:
      "A second slot would share one page of guest addresses with the first. What does the ioctl return?",
    answer: "-EEXIST",
    why: "Guest addresses that overlap another slot are -EEXIST. It is the only check of this call that answers so.",
    gaps: {
      "-EINVAL": "Most bad requests are -EINVAL, but the two slots are fine in themselves; they only clash.",
      "-EBUSY": "Nobody is using anything here: the addresses are simply taken.",
      "0": "If both stayed, one guest address would have two answers.",
    },
  },
  {
    id: "01-order",
    question:
      "A request has a size that is no multiple of 4096, overlaps slot 0, and names a descriptor that is not open. What does it return?",
    answer: "-EINVAL",
    why: "The checks run in a fixed order, and the first one that is not met answers. What the request says by itself comes first, then other slots, then the descriptor.",
    gaps: {
      "-EEXIST": "The overlap is found only after the request was found to be well-formed.",
      "-EBADF": "The descriptor is looked up last of the three, when the slot is about to be bound.",
    },
  },
  {
    id: "01-same-file-pages",
    question:
      "Two slots at different guest addresses name the same page of one guest_memfd. What does the second call return?",
    answer: "-EINVAL",
    why: "A page of a guest_memfd is bound to one slot at most. The check is in kvm_gmem_bind, and it answers -EINVAL.",
    gaps: {
      "-EEXIST":
        "-EEXIST is for guest addresses. File pages that are taken are -EINVAL, although it is an overlap, too.",
      "0": "Then one page would be at two guest addresses, and KVM could not tell which to unmap when the page goes.",
    },
  },
  {
    id: "01-closed",
    question:
      "A slot has its private half in a guest_memfd, and the VMM closes that file. Is the slot still there: yes or no?",
    answer: "yes",
    why: "The slot's pointer to the file holds no reference, and the file's end clears it. The slot stays, as a range that can be private by its flag and has no page any more.",
    gaps: { no: "Nobody deletes slots but the VMM. The kernel only clears the pointer." },
  },
];
