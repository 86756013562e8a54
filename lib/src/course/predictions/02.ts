// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 02. */
export const gmemPredictions: readonly Prediction[] = [
  {
    id: "02-mmap",
    question: "The VMM made the guest_memfd and has it open for reading and writing. What does mmap return?",
    answer: "-ENODEV",
    why: "The file has no mmap operation, and for such a file mmap answers -ENODEV. Later kernels, from 6.18 on, can map a guest_memfd that was made for it by a flag.",
    gaps: {
      "-EACCES":
        "Permission is not the question: the descriptor is open for both. The operation does not exist.",
      "-EPERM": "Nobody is refused. The operation does not exist for this kind of file.",
      "-EINVAL": "The arguments are fine; with them another file could be mapped.",
      "0": "Then the VMM could read what the guest keeps private.",
    },
  },
  {
    id: "02-again",
    question:
      "The page was looked up once. It is looked up a second time. How many references does it have now?",
    answer: "3",
    why: "One is the page cache's, and each look-up took one for its caller. Nobody has given one back yet.",
    gaps: {
      "2": "So it was after the first look-up. Each one takes a reference of its own.",
      "1": "The page cache holds one; each look-up adds one for its caller.",
      "4": "The slot holds none, and neither does the VM: only the page cache and the two callers do.",
    },
  },
  {
    id: "02-hole-held",
    question:
      "A caller holds a reference on the page. The VMM punches a hole there. How many references does the frame have then?",
    answer: "1",
    why: "The hole takes the page out of the file, and the reference of the page cache goes with it. The caller's stays, and so the frame is in use and in no file.",
    gaps: {
      "0": "A frame is free only when the last reference goes, and the caller still has one.",
      "2": "A hole does not wait for those who hold the page, nor ask them: the page leaves the file at once.",
      "-EBUSY": "A hole is never refused because somebody holds the page.",
    },
  },
  {
    id: "02-vm-closed",
    question:
      "The VMM closes the descriptor of the VM. The guest_memfd is still open. Does the VM still exist: yes or no?",
    answer: "yes",
    why: "The file of the guest_memfd took a reference on the VM when it was made, and drops it when it goes. So the VM, its tables and its realm stay.",
    gaps: {
      no: "The descriptor of the VM was one of two that keep it. The file of the guest_memfd is the other.",
    },
  },
  {
    id: "02-closed",
    question:
      "The guest_memfd is closed, and the slot is still there. What does kvm_gmem_get_pfn return for a frame of the slot?",
    answer: "-EFAULT",
    why: "The release of the file clears the pointer in each slot. The look-up finds no file, which is its first test.",
    gaps: {
      "-EBADF": "No descriptor takes part here: the slot has a pointer to the file, and it is NULL now.",
      "-EINVAL":
        "The slot passes kvm_slot_can_be_private as before; that test is over when the look-up begins.",
      "-ENOENT": "The slot is there. Its file is not.",
      "0": "The pages went with the file.",
    },
  },
];
