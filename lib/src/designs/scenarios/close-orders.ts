// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import type { Scenario } from "../scenario.ts";
import type { Setting } from "../setting.ts";

/** What the VMM closes in one go. */
type Part = "guest_memfd" | "VM" | "device";

const ORDERS: readonly (readonly Part[])[] = [
  ["guest_memfd", "VM", "device"],
  ["guest_memfd", "device", "VM"],
  ["VM", "guest_memfd", "device"],
  ["VM", "device", "guest_memfd"],
  ["device", "guest_memfd", "VM"],
  ["device", "VM", "guest_memfd"],
];

/** The VMM ends without a plan: it closes what it has in every order, and the device goes on. */
export const closeOrders: readonly Scenario[] = ORDERS.map((order) => ({
  id: `close ${order.join(", ")}`,
  title: `Closed in this order: ${order.join(", ")}`,
  begins: "started",
  play: (stage) => {
    const { setting } = stage;
    setting.touch(0);
    stage.bothDma("before", 0);
    for (const part of order) {
      stage.move(`close the ${part}`, () => close(setting, part));
      stage.bothDma(`after closing the ${part}`, 0);
    }
  },
}));

function close({ host, vmm, memory, device }: Setting, part: Part): number {
  const { sys } = host;
  switch (part) {
    case "guest_memfd": {
      const closed = sys.close(memory.guestMemfd);
      // A mapping keeps its file open, and user memory that a slot shows is the VM's business.
      return sys.munmap(memory.shared, memory.size) || closed;
    }
    case "VM": {
      for (const { fd, run } of vmm.vcpus) {
        sys.munmap(run, PAGE_SIZE);
        sys.close(fd);
      }
      sys.close(vmm.vm);
      return sys.close(vmm.kvm);
    }
    case "device": {
      sys.close(device.vfio);
      return sys.close(device.iommufd);
    }
  }
}
