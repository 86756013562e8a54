// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { IOMMU_IOAS_UNMAP } from "../../../lib/src/kernel/iommufd/uapi.ts";
import { iommu_ioas_unmap } from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import { auditedHost } from "../../support/host.ts";
import { attach, bindDevice, ioasAlloc, ioasMap, PAGE } from "./setup.ts";

const IOVA = 0x10_0000;

function attached() {
  const host = auditedHost();
  const { sys, user } = host;
  const iommufd = sys.open("/dev/iommu");
  const ioas_id = ioasAlloc(sys, iommufd);
  const buffer = user.allocate(2 * PAGE);
  expect(ioasMap(sys, iommufd, { ioas_id, user_va: buffer, length: 2 * PAGE, iova: IOVA })).toBe(0);
  const { fd } = bindDevice(sys, iommufd);
  expect(attach(sys, fd, ioas_id)).toBe(0);
  const device = host.machine.functions.get(0x100);
  if (device === undefined) throw new Error("the device is plugged in");
  return { host, iommufd, ioas_id, buffer, fd, device };
}

describe("DMA of a device that the host keeps for itself", () => {
  it("reaches the user memory that the IOAS shows, across a page boundary", () => {
    const { host, buffer, device } = attached();

    const { event } = device.write(IOVA + PAGE - 2, Uint8Array.of(1, 2, 3, 4));

    expect(event).toBeUndefined();
    expect([...host.user.read(buffer + PAGE - 2, 4)]).toEqual([1, 2, 3, 4]);
    expect(host.audit()).toEqual([]);
  });

  it("is refused where nothing is mapped, after unmapping, and after the device file is closed", () => {
    const { host, iommufd, ioas_id, fd, device } = attached();
    const refused = () => device.write(IOVA, Uint8Array.of(1)).event?.name;

    expect(device.write(IOVA + 2 * PAGE, Uint8Array.of(1)).event?.name).toBe("F_TRANSLATION");
    const bytes = iommu_ioas_unmap({ ioas_id, iova: IOVA, length: 2 * PAGE });
    expect(host.sys.ioctl(iommufd, IOMMU_IOAS_UNMAP, bytes)).toBe(0);
    expect(refused()).toBe("F_TRANSLATION");
    host.sys.close(fd);
    expect(refused()).toBe("C_BAD_STE");
    expect(host.audit()).toEqual([]);
  });
});
