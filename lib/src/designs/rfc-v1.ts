// SPDX-License-Identifier: MIT
import type { Design } from "./design.ts";

/** The design of the patch: an ioctl on a vdevice finds the VM and has KVM map the range. */
export const rfcV1: Design = {
  id: "rfc-v1",
  title: "iommufd asks KVM",
  kernel: "rfc-v1",
  whoCalls: "the VMM, on a vdevice of iommufd",
  whoHolds: "the stage 2 entry: one reference, dropped by unmapping",
  onPunchHole: "KVM unmaps the page; the device's next DMA faults, and nobody tells iommufd",
  origin: "RFC v1, patch 10 of 38",
};
