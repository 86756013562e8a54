// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 08. */
export const iommufdPredictions: readonly Prediction[] = [
  {
    id: "08-next-id",
    question: "The vdevice 5 and then the vIOMMU 4 are destroyed. Which id does the next object get?",
    answer: "4",
    why: "The table hands out the lowest id that is free, so numbers come again. An id kept from before now names another object, perhaps of another type.",
    gaps: {
      "6": "The table does not count on: what is free is used again.",
      "5": "5 is free, too, but 4 is lower.",
      "1": "1 is the device, which is still there.",
    },
  },
  {
    id: "08-look-alike",
    question:
      "The request is in order, but the command number is 0xc0203b97: the same type and number, with a direction and a size encoded. What does the ioctl return?",
    answer: "-ENOTTY",
    why: "The low byte finds the row of the table; then all 32 bits of the row's number must agree. iommufd numbers are made with _IO, which encodes neither direction nor size.",
    gaps: {
      "0": "Only the low byte is used as an index, but the whole number is compared afterwards.",
      "-EINVAL": "Of a number that is not known, the kernel says that this file has no such ioctl.",
    },
  },
  {
    id: "08-bad-pointer",
    question: "The same number 0xc0203b97, and a pointer that leads nowhere. What does the ioctl return?",
    answer: "-EFAULT",
    why: "The size word is read as soon as the low byte lies in the table, before the whole number is compared. So the bad pointer is found first.",
    gaps: {
      "-ENOTTY": "That needs the comparison of the number, and the size word was read before.",
    },
  },
  {
    id: "08-padding",
    question:
      "The structure has 32 bytes, and all four bytes of its padding are 0xff. What does the ioctl return for an empty range?",
    answer: "0",
    why: "The padding belongs to the structure, so nobody tests whether it is zero, and no field reads it. It can never become a field: old programs may have put anything there.",
    gaps: {
      "-E2BIG": "E2BIG is about bytes that lie beyond the kernel's structure, and that begins at byte 32.",
      "-EINVAL": "Nothing tests the padding.",
      "-EOPNOTSUPP": "That is for the field flags. The padding has no name, and no test.",
    },
  },
  {
    id: "08-flags",
    question:
      "A request has flags 1, which is unknown, and vdevice_id 99, which does not exist. What does it return?",
    answer: "-EOPNOTSUPP",
    why: "The handler looks at the flags first. Only then is the vdevice looked up, which would be -ENOENT.",
    gaps: {
      "-ENOENT": "The look-up comes second.",
      "-EINVAL": "iommufd answers unknown flags with -EOPNOTSUPP.",
    },
  },
  {
    id: "08-copy-back",
    question:
      "The copy back to the caller fails, and the ioctl returns -EFAULT. How many of the two pages are mapped?",
    answer: "2",
    why: "The structure is written back after the loop, when everything is done. The handler undoes nothing, and there is nothing in the structure that the caller did not know.",
    gaps: {
      "0": "Nothing is undone: the copy is the last step, and its failure only changes the number that is returned.",
      "1": "The loop had come to its end before the copy.",
    },
  },
  {
    id: "08-no-kvm",
    question:
      "The vIOMMU was made without IOMMU_VIOMMU_KVM_FD, so it knows no VM. What does TSM_MAP come to: -EINVAL, -ENODEV, or is the caller killed?",
    answer: "killed",
    why: "vdev->viommu->kvm_filp is NULL, and the handler reads its private_data. The test for a missing VM looks at the result, one dereference too late. The kernel oopses and ends the task.",
    gaps: {
      "-ENODEV":
        "So the handler means it: rc starts as -ENODEV. But the NULL pointer is followed before the test.",
      "-EINVAL": "Nothing tests for it.",
    },
  },
];
