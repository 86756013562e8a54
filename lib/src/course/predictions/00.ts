// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 00. */
export const storyPredictions: readonly Prediction[] = [
  {
    id: "00-host-reads",
    question:
      "The host's kernel reads a page of the realm. What does it get: zeros, ciphertext, the data, or a fault?",
    answer: "a fault",
    also: ["fault", "granule protection fault"],
    why: "The granule belongs to the Realm physical address space, and the host reads in the Non-secure one. The granule protection check refuses the access before any byte moves.",
    gaps: {
      zeros: "Nothing is read at all, so there is no value, not even zero.",
      ciphertext: "Memory may be encrypted on its way to DRAM, but the host never gets that far.",
      "the data": "Then there would be nothing confidential about it.",
    },
  },
  {
    id: "00-first-dma",
    question: "The device is bound and runs. Its first DMA goes to 0x8000_0000. Does it land: yes or no?",
    answer: "no",
    why: "The SMMU walks the realm's own tables, and there is no entry for that address. A processor would fault and be helped; nobody helps a device.",
    gaps: {
      yes: "The slot is there and the address is RAM, but no page was mapped yet: KVM does that when a vCPU faults, and no vCPU did.",
    },
  },
  {
    id: "00-outside",
    question:
      "The range starts with the last two pages of the guest's memory and goes on for two more, where nothing is. What does the ioctl return?",
    answer: "-EINVAL",
    why: "The third page lies in no slot. The two before it are mapped by then, and stay mapped.",
    gaps: {
      "-EFAULT":
        "The addresses are the guest's, not the caller's: -EFAULT would be about the caller's memory.",
      "0": "The loop stops at the first page that is in no slot.",
      "-ENOENT": "-ENOENT is for ids of objects that do not exist. The vdevice does.",
    },
  },
  {
    id: "00-shared-page",
    question: "A page whose attribute says shared is mapped with the ioctl. What does it return?",
    answer: "0",
    why: "The patch asks whether the slot can be private, not whether the page is. Its own comment wonders about that.",
    gaps: {
      "-EINVAL": "That is what you would get if the attribute were looked at. It is not.",
      "-EPERM": "Nobody checks a permission here.",
    },
  },
  {
    id: "00-twice",
    question: "A page that is mapped is mapped again. What does the ioctl return?",
    answer: "0",
    why: 'The firmware refuses to delegate a granule that it has, and realm_map_protected takes any refusal for "another CPU was faster".',
    gaps: {
      "-EEXIST": "The firmware does refuse, but the refusal is turned into success.",
      "-EBUSY": "The firmware does refuse, but the refusal is turned into success.",
      "-ENXIO": "-ENXIO is what other refusals of the firmware become. This one is taken for success.",
    },
  },
];
