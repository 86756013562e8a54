// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import type { TraceEvent } from "../../lib/src/base/trace.ts";
import type { Vmm } from "../../lib/src/user/vmm.ts";
import { type AssignedDevice, assignDevice, tsmMap } from "../../lib/src/user/vmm-device.ts";
import { showWalk } from "../../lib/src/view/walk.ts";
import { GPA, realmWith } from "./realm.ts";
import { expectGoodPicture } from "./svg-checks.ts";

function ready(): { vmm: Vmm; device: AssignedDevice } {
  const { vmm } = realmWith(0);
  return { vmm, device: assignDevice(vmm) };
}

function record(
  { vmm, device }: { vmm: Vmm; device: AssignedDevice },
  start: number,
  end: number,
): TraceEvent[] {
  return vmm.host.trace.record(() => {
    tsmMap(vmm, device, start, end);
  });
}

describe("the way of one page", () => {
  it("has eight stops when the page is mapped", () => {
    const picture = showWalk(record(ready(), GPA, GPA + 2 * 4096), 1);

    expectGoodPicture(picture);
    expect(picture.text).toMatchInlineSnapshot(`
      "The way of one page: guest address 0x8000_1000
      stop  function                       looked at                   changed                                 notebook
      ----  -----------------------------  --------------------------  --------------------------------------  --------------------------------
      1     iommufd_vdevice_tsm_map_ioctl  flags, then the ids         -                                       08 iommufd and the ioctl's bytes
      2     iommufd_get_object             object 5 of type VDEVICE    users 1 -> 2                            08 iommufd and the ioctl's bytes
      3     kvm_map_private_memory         0x8000_0000 .. 0x8000_2000  SRCU read section begins                07 kvm_map_private_memory
      4     kvm_mmu_topup_memory_cache     40 pages in the cache       -                                       07 kvm_map_private_memory
      5     gfn_to_memslot                 frame 0x8_0001              finds slot 0                            01 Memslots
      6     kvm_gmem_get_pfn               guest_memfd of slot 0       page 0x8_8002_f000: one reference more  02 guest_memfd
      7     RMI_GRANULE_DELEGATE           granule 0x8_8002_f000       NS -> DELEGATED                         04 Granules
      8     RMI_DATA_CREATE_UNKNOWN        entry of 0x8000_1000        ASSIGNED, DELEGATED -> DATA             05 Realm translation tables"
    `);
  });

  it("ends at the look-up for an address outside of every slot", () => {
    const { text } = showWalk(record(ready(), GPA + 7 * 4096, GPA + 9 * 4096), 1);

    expect(text.split("\n").at(-1)).toMatch(/^5 +gfn_to_memslot +frame 0x8_0008 +no private slot: ends here/);
  });

  it("ends at the delegation the second time, which counts as success", () => {
    const scene = ready();
    record(scene, GPA, GPA + 4096);
    const { text } = showWalk(record(scene, GPA, GPA + 4096));

    expect(text.split("\n").at(-1)).toMatch(/RMI_GRANULE_DELEGATE .* RMI_ERROR_INPUT; taken for success/);
  });

  it("ends at the guest_memfd that was closed", () => {
    const scene = ready();
    scene.vmm.host.sys.close(scene.vmm.memory[0]?.guestMemfd ?? -1);
    const { text } = showWalk(record(scene, GPA, GPA + 4096));

    expect(text.split("\n").at(-1)).toMatch(/kvm_gmem_get_pfn .* no page: ends here/);
  });

  it("cannot be drawn for a page that the call never looked at", () => {
    expect(() => showWalk(record(ready(), GPA, GPA + 4096), 1)).toThrow(
      "there is no page 1 on this walk; the recorded call looked at 1 page",
    );
  });
});
