// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 15. */
export const aftermathPredictions: readonly Prediction[] = [
  {
    id: "15-old-kernel",
    question:
      "A program asks the kernel that the patch was written for to pre-fault two pages. KVM on arm64 does not know the command yet. What does the ioctl return?",
    answer: "-EINVAL",
    why: "KVM on arm64 answers -EINVAL to a command that it does not know, the same as to a bad range. Whoever wants to know asks with KVM_CHECK_EXTENSION.",
    gaps: {
      "-ENOTTY": "That is iommufd's answer, and the usual one. KVM on arm64 has another.",
      "-EOPNOTSUPP":
        "Of a command that it does not know, a kernel does not even know that it is not supported.",
      "-ENOENT": "That is the new command's answer where there is no slot. The command itself is not there.",
    },
  },
  {
    id: "15-partial",
    question:
      "A slot has four pages. A range begins at the third and is four pages long. What does KVM_PRE_FAULT_MEMORY return?",
    answer: "0",
    why: "At least one page is present, so the call succeeded; what is left to do stands in the structure. Only a call that gets nothing done returns an error.",
    gaps: {
      "-EINVAL": "That was TSM_MAP. This command keeps the error for a call that got nothing done.",
      "-ENOENT": "That comes from the next call, whose first page has no slot.",
      "2": "The progress does not come as the result, but in gpa and size of the structure.",
    },
  },
  {
    id: "15-again",
    question:
      "A page is present and the device writes to it. The VMM punches a hole there, and pre-faults the page once more, which returns 0. Does the device's next write land?",
    answer: "no",
    why: "Taking the page away left its RIPAS at DESTROYED. Mapping a page does not change the RIPAS, and a page that is ASSIGNED and DESTROYED has no valid entry: neither a CPU nor a device gets through before the realm has asked for RAM again.",
    gaps: {
      yes: "The page is entered in the tables again, but as DESTROYED, which hardware does not follow.",
    },
  },
  {
    id: "15-shared",
    question:
      "One of four pages was made shared. The VMM pre-faults all four. How many private pages are mapped then?",
    answer: "3",
    why: "The fault path asks the attribute: the shared page is mapped at its alias, in the other half. That was the first question of the patch, answered.",
    gaps: {
      "4": "That was TSM_MAP, which never asks for the attribute.",
      "0": "Pages are handled one by one, and each goes where its attribute says.",
    },
  },
  {
    id: "15-lose-flag",
    question:
      "On the kernel of 2025, the VMM sets a slot that has a guest_memfd again, with the same range, and leaves the flag KVM_MEM_GUEST_MEMFD out. What does the ioctl return?",
    answer: "0",
    why: "It counted as a change of flags and was done: the old slot was freed, and the guest_memfd went on pointing to it. Announced as a use after free in December 2025, and refused with -EINVAL since.",
    gaps: {
      "-EINVAL": "So it is now. In 2025 only a request that carries the flag was refused.",
      "-EEXIST": "The slot overlaps nothing but itself.",
    },
  },
];
