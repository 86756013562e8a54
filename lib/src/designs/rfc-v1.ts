// SPDX-License-Identifier: MIT
import { tsmMap } from "../user/vmm-device.ts";
import type { Design } from "./design.ts";
import { separateHalves } from "./separate-halves.ts";

/** The design of the patch: an ioctl on a vdevice finds the VM and has KVM map the range. */
export const rfcV1: Design = {
  id: "A",
  title: "iommufd asks KVM",
  origin: "RFC v1, patch 10 of 38",
  idea: "The VMM calls IOMMU_VDEVICE_TSM_MAP on a vdevice; iommufd finds the VM, and KVM has the firmware map each page.",
  boot: { kernel: "rfc-v1" },
  extend: () => undefined,
  commands: new Map(),
  moves: (hands) => separateHalves(hands, ({ start, end }) => tsmMap(hands.vmm, hands.device, start, end)),
};
