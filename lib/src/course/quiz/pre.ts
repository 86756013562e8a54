// SPDX-License-Identifier: MIT
import type { QuizQuestion } from "./question.ts";

/** The questions for before the course. */
export const PRE_QUIZ: readonly QuizQuestion[] = [
  {
    topic: "what a device cannot do",
    notebook: "00",
    asks: "A device is bound to a realm and runs. It writes to RAM of the guest that nobody has touched yet. What becomes of the write?",
    options: {
      a: "It lands: the host maps the page on demand.",
      b: "It waits until the guest's CPU has touched the page.",
      c: "It is refused: there is no entry in the tables, and nobody maps a page for a device.",
      d: "It lands in memory of the host.",
    },
    right: "c",
    because:
      "The SMMU walks the realm's tables and finds nothing. A CPU would fault and try again; a device's write is over.",
  },
  {
    topic: "who may read what",
    notebook: "04",
    asks: "The host's kernel reads a page that a realm uses. What does it get?",
    options: { a: "zeros", b: "a granule protection fault", c: "ciphertext", d: "the data" },
    right: "b",
    because:
      "The page belongs to the Realm physical address space, and the host reads in another one. No byte moves.",
  },
  {
    topic: "what a range covers",
    notebook: "07",
    asks: "TSM_MAP is called for the range from 0x8000_0000 to 0x8000_3000, all of it private memory. How many pages are mapped?",
    options: { a: "2", b: "3", c: "4", d: "none: the end is not the last byte of a page" },
    right: "b",
    because: "The end is excluded: the loop runs at 0x8000_0000, 0x8000_1000 and 0x8000_2000.",
  },
  {
    topic: "half-done work",
    notebook: "07",
    asks: "A range of four pages begins with the last two pages of a slot; behind them is nothing. TSM_MAP returns -EINVAL. How many pages has it mapped?",
    options: { a: "2", b: "0", c: "4", d: "1" },
    right: "a",
    because: "The loop ends at the first page without a slot and undoes nothing.",
  },
  {
    topic: "private, said twice",
    notebook: "03",
    asks: "The attribute of a page says shared. TSM_MAP is called for it. What happens?",
    options: {
      a: "-EINVAL, nothing is mapped",
      b: "-EFAULT, nothing is mapped",
      c: "0, and nothing is mapped",
      d: "0, and the page is mapped as private memory",
    },
    right: "d",
    because: "The patch asks whether the slot can be private, and not whether the page is.",
  },
  {
    topic: "who holds a page",
    notebook: "02",
    asks: "A page of a guest_memfd was mapped into a realm once, by TSM_MAP. How many references does it have?",
    options: { a: "0", b: "1", c: "2", d: "3" },
    right: "c",
    because: "One is the page cache's, one belongs to the mapping.",
  },
  {
    topic: "what the firmware is asked",
    notebook: "06",
    asks: "All tables that a page needs are there. How many firmware calls does TSM_MAP make for the page?",
    options: { a: "1", b: "2", c: "3", d: "4" },
    right: "b",
    because: "RMI_GRANULE_DELEGATE hands the page over, RMI_DATA_CREATE_UNKNOWN enters it.",
  },
  {
    topic: "which error answers",
    notebook: "08",
    asks: "A TSM_MAP has an unknown flag set, and a vdevice_id that does not exist. What does it return?",
    options: { a: "-ENOENT", b: "-EINVAL", c: "-ENODEV", d: "-EOPNOTSUPP" },
    right: "d",
    because: "The handler looks at the flags before it looks the object up.",
  },
  {
    topic: "what comes in between",
    notebook: "11",
    asks: "TSM_MAP of the patch as posted has looked a page up and is about to have it mapped. Now a hole is punched in the file there, from beginning to end. TSM_MAP goes on. What is the case when both have returned?",
    options: {
      a: "A page is mapped that is in no file any more.",
      b: "Nothing is mapped, and TSM_MAP has returned an error.",
      c: "Nothing is mapped, and the hole has returned an error.",
      d: "The hole has waited until the page was mapped, and has taken it out.",
    },
    right: "a",
    because: "Nobody tells TSM_MAP that the page is gone, and it neither holds a lock nor looks again.",
  },
  {
    topic: "who should own the mapping",
    notebook: "12",
    asks: "iommufd maps a guest_memfd for a device and pins its pages. A hole is punched under a private page. Where does the device's next write to it go?",
    options: {
      a: "It is refused.",
      b: "Into the guest's new page.",
      c: "Into memory of another process.",
      d: "Into a page that belongs to nothing any more, and no error is told.",
    },
    right: "d",
    because: "A pin keeps the page, not its place in the file.",
  },
];
