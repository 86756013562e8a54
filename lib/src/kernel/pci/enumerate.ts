// SPDX-License-Identifier: MIT
import type { pci_dev, StreamDomain } from "./pci-dev.ts";

/**
 * Finds the devices of the machine, each function 0 of a bus of its own: 0000:01:00.0, 0000:02:00.0 and so on.
 *
 * @param count how many there are, at most 16
 * @param connect makes the SMMU use a domain for the Non-secure stream of a requester
 * @kernel drivers/pci/probe.c
 */
export function enumeratePci(
  count: number,
  connect: (devid: number, domain: StreamDomain | undefined) => void,
): pci_dev[] {
  // All of them are behind one SMMU.
  const smmu = {};
  return Array.from({ length: count }, (_, n): pci_dev => {
    const bus = n + 1;
    const devid = bus * 256;
    return {
      name: `0000:${bus.toString(16).padStart(2, "0")}:00.0`,
      devid,
      iommu_dev: smmu,
      tee: true,
      tsm: undefined,
      dma_owner: undefined,
      setDomain: (domain) => connect(devid, domain),
    };
  });
}
