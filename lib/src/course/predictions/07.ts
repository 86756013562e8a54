// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 07. */
export const mapLoopPredictions: readonly Prediction[] = [
  {
    id: "07-third-page",
    question:
      "The VM has 40 IPA bits. The first top-up wants 40 pages for tables, and for the third of them there is no memory. What does the ioctl return for one page?",
    answer: "0",
    why: "The top-up tries for 40 and is content with levels - 1, which is 2 here: one page for each table below the root. A failure after that is no failure.",
    gaps: {
      "-ENOMEM": "So it is for the first two pages. From the third on the cache has what one page can need.",
      "-ENXIO": "-ENXIO is for what the firmware refuses. It is not asked yet.",
    },
  },
  {
    id: "07-deleted",
    question:
      "While the loop is at its second page, the VMM deletes the very slot that it walks through. What does the map ioctl return?",
    answer: "-EFAULT",
    why: "The next look-up finds the INVALID copy of the slot, whose flags still say GUEST_MEMFD but which has no file: the copy does not carry the pointer. kvm_gmem_get_pfn answers -EFAULT.",
    gaps: {
      "0": "SRCU keeps the structure of the slot alive, not its place in the published set. The loop looks anew for each page.",
      "-EINVAL":
        "The slot is not gone yet when the loop looks again: deletion publishes an INVALID copy first, and its flags pass the test.",
    },
  },
  {
    id: "07-out-of-slot",
    question:
      "A slot has four pages. The range begins at its third page and is four pages long, so the ioctl fails with -EINVAL. How many pages are mapped afterwards?",
    answer: "2",
    why: "The loop breaks at the first page without a slot and undoes nothing. The two pages before it stay mapped, and the caller is not told.",
    gaps: {
      "0": "There is no undo on the way out: only the cache is freed and SRCU unlocked.",
      "4": "Two of the four have no slot, so there is no page to map.",
      "1": "Both pages that have a slot come before the first one that has none.",
    },
  },
  {
    id: "07-tail",
    question: "The range 0x8000_0800 to 0x8000_2800 touches three pages. How many are mapped?",
    answer: "2",
    why: "The loop runs at 0x8000_0800 and 0x8000_1800; 0x8000_2800 is the end. realm_map_ipa rounds each address down, so pages 0 and 1 are mapped, and page 2 is forgotten. The ioctl returns 0.",
    gaps: {
      "3": "That would need the loop to step from page to page. It steps by 4096 bytes from where it is.",
      "0": "Nothing tests the alignment; the address is rounded down further below.",
      "-EINVAL": "Nothing tests the alignment on this path.",
    },
  },
  {
    id: "07-twice",
    question: "One page is mapped by the ioctl, twice. How many references does the page have then?",
    answer: "3",
    why: "One is the page cache's, one belongs to the mapping, and one was taken by the second call, which mapped nothing and kept it because it returned 0.",
    gaps: {
      "2": "That is after the first call. The second one takes a reference, too, and returns 0.",
      "1": "The page cache holds one, and the mapping owns another.",
    },
  },
  {
    id: "07-shared",
    question:
      "No page of the slot was ever made private: the attribute of each says shared. What does the ioctl return?",
    answer: "0",
    why: "The loop asks whether the slot can be private, never whether the page is. Shared is the default of the attribute, so a VMM that forgets to set it gets a mapping all the same.",
    gaps: {
      "-EINVAL": "kvm_slot_can_be_private is about the flag of the slot. The attribute is not looked at.",
      "-EFAULT":
        "That is what a guest's access gets when it disagrees with the attribute. This path does not compare.",
      "-EPERM": "Nobody forbids it.",
    },
  },
];
