// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 03. */
export const conversionPredictions: readonly Prediction[] = [
  {
    id: "03-no-slot",
    question:
      "The VM has no slot at all. The VMM sets the attribute PRIVATE for a range. What does KVM_SET_MEMORY_ATTRIBUTES return?",
    answer: "0",
    why: "Attributes are a table of the VM, from guest frame to value. Slots are only told when there are any, so that they can be unmapped.",
    gaps: {
      "-EINVAL": "The request is well-formed: whole pages, a known attribute. Nothing asks for a slot.",
      "-ENOENT": "Nothing is looked up by slot here.",
      "-EFAULT": "The structure can be read, and the range lies in the address space.",
    },
  },
  {
    id: "03-touch",
    question:
      "The attribute of the page says shared, and the guest reads its private half. What does KVM_RUN return?",
    answer: "-EFAULT",
    why: "The half that the guest touched and the attribute disagree. KVM fills in a memory-fault exit and returns -EFAULT: it is one of the few cases in which an error of KVM_RUN comes with an exit reason.",
    gaps: {
      "0": "An ordinary exit returns 0. A memory-fault exit is the one that comes together with an error.",
      "-EINVAL":
        "-EINVAL is what private_memslot_fault says inside the kernel for shared memory touched in the shared half.",
      "-EINTR": "No signal takes part.",
    },
  },
  {
    id: "03-to-private",
    question:
      "Both halves of a page are mapped, and its attribute is shared. The VMM sets PRIVATE. Which half is mapped afterwards: private, shared, both, or none?",
    answer: "private",
    why: "On arm64 a change to PRIVATE removes the shared alias only. What is mapped in the private half is what it should be.",
    gaps: {
      none: "That is what a change to shared does. A change to PRIVATE leaves the private half alone.",
      shared: "It is the shared alias that must go: the memory is not shared any more.",
      both: "Then the shared half of a page that is private now would still lead to the VMM's memory.",
    },
  },
  {
    id: "03-content",
    question:
      "The guest stored 42 in a private page, converted the page to shared and back to private, and loads it. What does it read?",
    answer: "0",
    why: "A change to shared unmaps the private page and gives it back to the host, and the firmware wipes what it gives back. When the address is needed again, the page that KVM finds has no trace of the 42.",
    gaps: {
      "42": "The page went back to the host in between, and the firmware wipes a page before the host gets it.",
      "7": "That was stored in the shared half, in the VMM's own memory. The private page is another one.",
    },
  },
  {
    id: "03-destroyed",
    question:
      "The VMM punches a hole under a private page that the guest uses, and changes no attribute. The guest loads from it again. Does the load get through: yes or no?",
    answer: "no",
    why: "KVM maps a fresh page, but the RIPAS of the address is DESTROYED, and mapping does not change it. The access faults again and again, until the realm itself asks for RAM.",
    gaps: {
      yes: "So it is on x86, where the guest would find zeros. Here the realm is told, by RIPAS DESTROYED, that its content was taken.",
    },
  },
];
