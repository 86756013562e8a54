// SPDX-License-Identifier: MIT
import type { QuizQuestion } from "./question.ts";

/** The questions for after the course: each is about the same as the one at its place in the other form. */
export const POST_QUIZ: readonly QuizQuestion[] = [
  {
    topic: "what a device cannot do",
    notebook: "00",
    asks: "A page was mapped by TSM_MAP, and the device's write to it landed. The VMM punches a hole there. What becomes of the device's next write?",
    options: {
      a: "It is refused: the page was taken out of the tables, and nobody maps another one for a device.",
      b: "It lands in a fresh page of the file.",
      c: "It lands in the old page, which the device still has.",
      d: "It waits for the next TSM_MAP.",
    },
    right: "a",
    because:
      "KVM is told of the hole and unmaps. The device is not told of anything; its write finds no entry.",
  },
  {
    topic: "who may read what",
    notebook: "04",
    asks: "A page was delegated, and nobody has used it for anything. The host's kernel reads it. What does it get?",
    options: {
      a: "what it had stored there before",
      b: "zeros",
      c: "a granule protection fault",
      d: "RMI_ERROR_INPUT",
    },
    right: "c",
    because: "A DELEGATED granule is in the Realm space like any other that the firmware has, used or not.",
  },
  {
    topic: "what a range covers",
    notebook: "07",
    asks: "TSM_MAP is called for the range from 0x8000_0800 to 0x8000_2800, which has a part in three private pages. How many are mapped?",
    options: { a: "3", b: "none, it returns -EINVAL", c: "1", d: "2" },
    right: "d",
    because:
      "The loop runs at 0x8000_0800 and 0x8000_1800; each is rounded down further below. The third page is forgotten, and the result is 0.",
  },
  {
    topic: "half-done work",
    notebook: "07",
    asks: "A range of four pages begins one page before a slot, and its other three pages are in the slot. TSM_MAP returns -EINVAL. How many pages has it mapped?",
    options: { a: "3", b: "0", c: "4", d: "1" },
    right: "b",
    because: "The first page is in no slot, and there the loop ends.",
  },
  {
    topic: "private, said twice",
    notebook: "03",
    asks: "A VMM has never set an attribute. TSM_MAP is called for two pages of a slot that has a guest_memfd. What happens?",
    options: {
      a: "-EINVAL, nothing is mapped",
      b: "0, and both are mapped as private memory",
      c: "0, and both are mapped as shared memory",
      d: "-EFAULT with a memory-fault exit",
    },
    right: "b",
    because: "Shared is the default of the attribute, and the patch does not look at it.",
  },
  {
    topic: "who holds a page",
    notebook: "02",
    asks: "A page of a guest_memfd was mapped by TSM_MAP, and then the same call was made once more. How many references does it have?",
    options: { a: "1", b: "2", c: "3", d: "4" },
    right: "c",
    because:
      "Page cache, mapping, and the one that the second call took and kept although it mapped nothing.",
  },
  {
    topic: "what the firmware is asked",
    notebook: "06",
    asks: "A page is mapped. TSM_MAP is called for it once more. How many firmware calls does it make, and what does it return?",
    options: { a: "1 call, and 0", b: "1 call, and -EEXIST", c: "2 calls, and 0", d: "no call, and 0" },
    right: "a",
    because: "RMI_GRANULE_DELEGATE is refused, and a refused delegation counts as somebody else's success.",
  },
  {
    topic: "which error answers",
    notebook: "08",
    asks: "A TSM_MAP is in order, but for a vdevice_id that does not exist. What does it return?",
    options: { a: "-EINVAL", b: "-ENODEV", c: "-EOPNOTSUPP", d: "-ENOENT" },
    right: "d",
    because: "The look-up of the object answers, and nothing before it has anything to object to.",
  },
  {
    topic: "what comes in between",
    notebook: "11",
    asks: "The loop is repaired: it notes mmu_invalidate_seq before the look-up, and looks at it again under mmu_lock before it maps. A hole is punched between look-up and mapping. What is the case when both have returned?",
    options: {
      a: "A page is mapped that is in no file any more.",
      b: "What is mapped is the page that the file has.",
      c: "The hole has returned -EBUSY.",
      d: "The loop never ends.",
    },
    right: "b",
    because: "The number has changed, so the loop looks the page up anew and maps what the file has then.",
  },
  {
    topic: "who should own the mapping",
    notebook: "12",
    asks: "iommufd maps a guest_memfd for a device, keeps the addresses without a reference, and is told nothing. A hole is punched under a page, and its frame gets a new owner. Where does the device's next shared write to it go?",
    options: {
      a: "It is refused.",
      b: "Into memory of another process.",
      c: "Into the guest's new page.",
      d: "Into a page that belongs to nothing any more.",
    },
    right: "b",
    because: "The frame was freed and handed out again, and the device's table still has its address.",
  },
];
