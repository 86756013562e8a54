// SPDX-License-Identifier: MIT
import { auditIommufd, ownIommufd } from "./iommufd/audit.ts";
import { installIommufd } from "./iommufd/install.ts";
import type { LinkedSymbols } from "./iommufd/link.ts";
import type { Iommufd } from "./iommufd/object-table.ts";
import type { Kernel } from "./kernel.ts";
import { enumeratePci } from "./pci/enumerate.ts";
import type { pci_dev } from "./pci/pci-dev.ts";
import { CcaHost } from "./tsm/arm-cca.ts";
import { pci_tsm_core_register } from "./tsm/pci-tsm.ts";
import { installVfio, type vfio_device } from "./vfio/device-file.ts";

/**
 * Everything that it takes to give devices to a VM: plugs in `count` of them, and makes iommufd, their VFIO files
 * and, where there is a TSM driver, their sysfs attributes appear. An audit of the kernel asks all of it.
 *
 * @param linked what other parts of the kernel offer iommufd to call
 */
export function installDeviceAssignment(kernel: Kernel, linked: LinkedSymbols, count: number): void {
  const { machine, config } = kernel;
  const devices = enumeratePci(count, (devid, domain) => machine.smmu.setHostStream(devid, domain));
  for (const { devid } of devices) machine.plug(devid);
  const iommufd = installIommufd(kernel, linked);
  const vfio = installVfio(kernel, devices);
  const hasTsm = config.ARCH === "arm64" && config.CONFIG_TSM !== "n";
  const tsm = hasTsm ? new CcaHost(kernel) : undefined;
  if (tsm !== undefined) pci_tsm_core_register(kernel, devices, tsm);

  auditDeviceAssignment(kernel, { iommufd, devices, vfio, tsm });
}

/** What holds something on behalf of an assigned device. */
export interface DeviceAssignment {
  readonly iommufd: Iommufd;
  readonly devices: readonly pci_dev[];
  readonly vfio: readonly vfio_device[];
  /** The driver of the TSM, where there is one. */
  readonly tsm: CcaHost | undefined;
}

/** Has the audits of a kernel ask iommufd, the devices and the TSM. */
export function auditDeviceAssignment(kernel: Kernel, parts: DeviceAssignment): void {
  const { iommufd, devices, vfio, tsm } = parts;
  kernel.audits.push({
    enter: (ledger) => {
      ownIommufd(iommufd, ledger);
      for (const { bound } of vfio) if (bound?.iommufd !== undefined) ledger.ownFile(bound.iommufd);
      tsm?.own(ledger);
    },
    findings: () => {
      const ofDevices = devices.flatMap((pdev) => (pdev.tsm ? [pdev.tsm.lock, pdev.tsm.pci_tsm_rwsem] : []));
      const held = [...ofDevices, ...vfio.map(({ lock }) => lock)].filter((lock) => lock.held);
      return [...auditIommufd(iommufd), ...held.map(({ name }) => `${name} is held`)];
    },
  });
}
