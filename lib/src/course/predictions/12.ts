// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 12. */
export const ownerPredictions: readonly Prediction[] = [
  {
    id: "12-shared-page",
    question:
      "Page 5 is shared. The VMM asks to have it mapped as private memory, once with A and once with B2. With how many of the two does private DMA land there: 0, 1 or 2?",
    answer: "1",
    why: "It lands with A: the loop of the patch never looks at the attribute, and B1 has the same loop. With B2 it does not: KVM_PRE_FAULT_MEMORY goes the way of a fault, which looks.",
    gaps: {
      "0": "A looks at the slot, which can be private, and not at the attribute.",
      "2": "Both are told to, but B2 goes the way of a fault, which looks at the attribute.",
    },
  },
  {
    id: "12-pinned-early",
    question:
      'Design C, the device is bound, and the VMM has made no call to map anything. Does private DMA to page 0 land: "yes" or "no"?',
    answer: "yes",
    why: "Binding the device was the signal: KVM has entered all private pages by itself. There is no call to forget.",
    gaps: { no: "In C nobody has to ask. The bind told KVM that a device will come." },
  },
  {
    id: "12-file-mapped",
    question:
      'Design D1: the whole file is in the IOMMU, and the guest has not touched page 0, which is private. Does private DMA there land: "yes" or "no"?',
    answer: "no",
    why: "The table has the page, but the page does not belong to the realm yet: nobody has entered it there. The check of ownership at the access refuses.",
    gaps: {
      yes: "The translation succeeds. Then comes a second check: whose page is it? It is the host's until the guest touches it.",
    },
  },
  {
    id: "12-hole-pinned",
    question:
      'Design D1: the device writes to page 0, the VMM punches a hole there, the device writes again. Is the second write "refused", does it land in "the guest\'s page", or in "an orphan", which is a page that is in no file?',
    answer: "an orphan",
    why: "The pin keeps the page, the hole takes it out of the file. The device writes to a page that nobody will ever read, and gets no error.",
    gaps: {
      refused: "Nobody told the IOMMU. Its entry is as it was.",
      "the guest's page":
        "The guest has no page there any more; when it touches the address, it gets another one.",
    },
  },
  {
    id: "12-hole-unheld",
    question:
      'Design D2: after the hole another process gets memory and fills it. The device writes one byte, not marked as trusted, to guest page 0. Does the other process find a byte changed: "yes" or "no"?',
    answer: "yes",
    why: "The frame was freed, the allocator handed it out again, and the device's table still has its address. The new owner is the host, so the check of ownership lets the write through.",
    gaps: {
      no: "Which check would stop it? The translation is there, and the frame belongs to the host, like any memory of a process.",
    },
  },
  {
    id: "12-callback-slot",
    question:
      'Design D3, where the file tells iommufd before it frees pages: the VMM deletes the slot. Does private DMA to page 0 still land: "yes" or "no"?',
    answer: "yes",
    why: "A slot is KVM's view of the file. Deleting it frees no page of the file, so there is nothing to tell, and the IOMMU goes on as before.",
    gaps: {
      no: "The callback tells of pages that leave the file. No page does: only the guest's view of it goes.",
    },
  },
  {
    id: "12-initial-late",
    question:
      "Design E, the guest runs, and a page is to be made private and filled again. What does the VMM's call return?",
    answer: "-EINVAL",
    why: "Initial memory is for the time before the guest is finalised. That rule is the author's objection to this way: guests convert memory while they run.",
    gaps: {
      "0": "That is what it returned before the guest was finalised.",
      "-EBUSY": "It is refused, but as a bad argument: the state of the guest does not allow it any more.",
    },
  },
];
