// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 10. */
export const failurePredictions: readonly Prediction[] = [
  {
    id: "10-two-mistakes",
    question:
      "A request has a flag set that nobody knows, and a vdevice_id that does not exist. What does the ioctl return?",
    answer: "-EOPNOTSUPP",
    why: "The handler looks at the flags first, and only then looks the object up. The first condition that holds is the one that answers.",
    gaps: {
      "-ENOENT": "So it would be for the id alone. The flags are tested before it.",
      "-EINVAL": "Many interfaces say -EINVAL to an unknown flag. iommufd says -EOPNOTSUPP.",
    },
  },
  {
    id: "10-copies",
    question:
      "How many copies between user memory and the kernel does one successful TSM_MAP make? Each is an opportunity to fail.",
    answer: "3",
    why: "The size word, then the whole structure, then the structure back, although it has no output. The third one comes when everything is mapped.",
    gaps: {
      "1": "The size word is read by itself first, since it says how much there is to read.",
      "2": "That is what is read. The structure is also written back.",
    },
  },
  {
    id: "10-signal",
    question:
      "sweep fails each wait for a lock that a signal can end, with -EINTR. How many such waits does it find in one TSM_MAP?",
    answer: "0",
    why: "Nothing on this path waits in a way that a signal can end, and nothing looks at signals between two pages. A process that is being killed goes on mapping.",
    gaps: {
      "1": "SRCU's read side never waits, and the object of iommufd is held by a count.",
      "3": "There is one turn for each page, but no turn waits for a lock, and none looks for a signal.",
    },
  },
  {
    id: "10-refused-yet-zero",
    question:
      "Mapping three pages without tables makes 11 calls to the firmware. Each of them is refused once, on a fresh machine. After how many of the 11 refusals does the ioctl return 0?",
    answer: "3",
    why: "Three of the calls delegate a page of the guest. Their refusal is taken for somebody else having mapped the page, which is a success. The page is not mapped, and its reference is lost.",
    gaps: {
      "0": "One kind of refusal is read as good news: that of a delegation.",
      "5": "Two of the five delegations are for tables. Their failure is an error.",
      "1": "It is the same for each page.",
    },
  },
  {
    id: "10-second-try",
    question:
      "The call failed at its second page, with -ENXIO. The VMM makes the same call again, and it returns 0. How many references are lost now?",
    answer: "1",
    why: "The first page was mapped by the first call. The second call takes a reference for it, finds it delegated, and keeps what it took. The caller had no way to leave the page out: nobody told it how far the first call came.",
    gaps: {
      "0": "The second call begins with the first page again, which is mapped already.",
      "3": "Only pages that were mapped before lose one. The second and the third were not.",
    },
  },
  {
    id: "10-oops",
    question:
      'The whole way from creating the VM to the map, with one failure each time: what is the worst that one of them leads to? "an errno", "a leak" or "an oops".',
    answer: "an oops",
    why: "When IOMMU_VIOMMU_ALLOC cannot copy its answer back, it takes the object down again, and the code of patch 07 puts the VM's file twice: the second time it is NULL.",
    gaps: {
      "a leak": "There are leaks, too. One failure ends worse.",
      "an errno": "Most end so. Look for the one that does not.",
    },
  },
];
