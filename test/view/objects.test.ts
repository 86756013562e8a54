// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { boot } from "../../lib/src/boot.ts";
import { assignDevice, tsmMap } from "../../lib/src/user/vmm-device.ts";
import { showObjects } from "../../lib/src/view/objects.ts";
import { GPA, realmWith } from "./realm.ts";
import { expectGoodPicture } from "./svg-checks.ts";

describe("who holds whom", () => {
  it("goes from the descriptors over files to the objects, with the counts that the kernel keeps", () => {
    const { host, vmm } = realmWith(0);
    tsmMap(vmm, assignDevice(vmm), GPA, GPA + 3 * 4096);
    const picture = showObjects(host);

    expectGoodPicture(picture);
    expect(picture.text).toMatchInlineSnapshot(`
      "Who holds whom
      object         counts               holds
      -------------  -------------------  ------------------
      /dev/iommu     f_count 3            iommufd_ctx
      fd 6           descriptor           /dev/iommu
      iommufd_ctx    5 objects            -
      DEVICE 1       users 3, wait_cnt 2  /dev/iommu
      IOAS 2         users 2, wait_cnt 1  -
      HWPT_PAGING 3  users 2, wait_cnt 1  IOAS 2
      VIOMMU 4       users 2, wait_cnt 1  HWPT_PAGING 3, VM
      VDEVICE 5      users 1, wait_cnt 1  VIOMMU 4, DEVICE 1
      vfio device    f_count 1            DEVICE 1
      fd 7           descriptor           vfio device
      VM             f_count 2            kvm
      fd 4           descriptor           VM
      kvm            users_count 2        slot 0
      guest_memfd    f_count 1            kvm, 3 pages
      fd 5           descriptor           guest_memfd
      3 pages        of 8 in the file     -
      slot 0         8 pages              (weak) guest_memfd
      (weak): a pointer without a reference"
    `);
  });

  it("shows a VM that only a vIOMMU keeps alive", () => {
    const { host, vmm } = realmWith(0);
    assignDevice(vmm);
    host.sys.close(vmm.vm);
    const { text } = showObjects(host);

    expect(text).toMatch(/^VM +f_count 1 +kvm$/m);
    expect(text).toMatch(/^VIOMMU 4 .* HWPT_PAGING 3, VM$/m);
    expect(text).not.toMatch(new RegExp(`^fd ${vmm.vm} `, "m"));
  });

  it("shows a slot whose guest_memfd was closed, and draws many slots of one file as one", () => {
    const { host, vmm } = realmWith(0);
    for (let i = 1; i < 6; i++) vmm.addMemory({ gpa: GPA + i * 0x1000_0000, size: 4096 });
    for (const { guestMemfd } of vmm.memory) host.sys.close(guestMemfd);
    const picture = showObjects(host);

    expectGoodPicture(picture);
    expect(picture.text).toMatch(/^slot 0 +8 pages, no file +-$/m);
    expect(picture.text).toMatch(/^3 more +slots/m);
  });

  it("says that there is nothing when the process has nothing open", () => {
    const picture = showObjects(boot());

    expectGoodPicture(picture);
    expect(picture.text).toContain("nothing is open");
  });
});
