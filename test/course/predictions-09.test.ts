// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import {
  attachToIoas,
  mapSharedHalf,
  realmBesideDevices,
} from "../../lib/src/course/exercises/device-labs.ts";
import { normalised } from "../../lib/src/course/prediction.ts";
import { devicePredictions } from "../../lib/src/course/predictions/09.ts";
import {
  ARM_CCA_DA_OBJECT_SIZE,
  acceptDevice,
  assignDevice,
  bindDevice,
  connectTsm,
  deviceHardware,
  type GuestProgram,
  IOMMU_VDEVICE_TSM_GUEST_REQUEST,
  iommu_vdevice_tsm_guest_request,
  mappedPages,
  PAGE_SIZE,
  tsmMap,
  unbindDevice,
} from "../../lib/src/index.ts";

const RAM = 0x8000_0000;

/** A guest that accepts devices when it runs for the second time, and notes what came of it. */
function* accepting(ids: readonly number[], said: boolean[] = []): GuestProgram {
  yield { op: "wait" };
  for (const id of ids) said.push(yield* acceptDevice(id));
  return undefined;
}

function connected(said: boolean[] = []): ReturnType<typeof realmBesideDevices> {
  const lab = realmBesideDevices(accepting([0x8], said));
  connectTsm(lab.vmm, "0000:01:00.0");
  lab.runGuest();
  return lab;
}

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => number | string | boolean | undefined> = {
  "09-no-mark": () => {
    const { pci } = realmBesideDevices(accepting([]));
    return pci.write(RAM, Uint8Array.of(1), true).event?.security;
  },
  "09-map-unbound": () => {
    const { vmm } = realmBesideDevices(accepting([]));
    const result = tsmMap(vmm, assignDevice(vmm), RAM, RAM + PAGE_SIZE);
    expect(mappedPages(vmm.host, RAM, RAM + PAGE_SIZE)).toEqual([RAM]);
    return result;
  },
  "09-after-bind": () => {
    const { vmm, pci } = connected();
    const before = pci.write(RAM, Uint8Array.of(1), true).event?.name;
    expect(bindDevice(vmm, assignDevice(vmm))).toBe(0);
    return pci.write(RAM, Uint8Array.of(1), true).event?.name === before ? "no" : "yes";
  },
  "09-unknown-object": () => {
    const { vmm } = connected();
    const { sys, user } = vmm.host;
    const device = assignDevice(vmm);
    expect(bindDevice(vmm, device)).toBe(0);
    const { iommufd, vdevice_id } = device;
    const request = (object: number): number =>
      sys.ioctl(
        iommufd,
        IOMMU_VDEVICE_TSM_GUEST_REQUEST,
        iommu_vdevice_tsm_guest_request({
          vdevice_id,
          type: ARM_CCA_DA_OBJECT_SIZE,
          req_uptr: user.place(Uint8Array.of(object, 0, 0, 0)),
          req_len: 4,
          resp_uptr: user.allocate(PAGE_SIZE),
          resp_len: 4,
        }),
      );
    expect(request(1)).toBe(0);
    return request(9);
  },
  "09-lost-message": () => {
    const said: boolean[] = [];
    const { vmm, pci, runGuest } = connected(said);
    bindDevice(vmm, assignDevice(vmm));
    pci.exchange = () => new Uint8Array(0);
    runGuest();
    return said[0];
  },
  "09-second-device": () => {
    const { vmm, runGuest } = realmBesideDevices(accepting([0x8, 0x10]), 2);
    for (const name of ["0000:01:00.0", "0000:02:00.0"]) connectTsm(vmm, name);
    const first = assignDevice(vmm, 0, 0x8);
    const second = assignDevice(vmm, 1, 0x10);
    expect([bindDevice(vmm, first), bindDevice(vmm, second)]).toEqual([0, 0]);
    runGuest();
    runGuest();
    const pci = deviceHardware(vmm.host, 1);
    expect(pci.write(RAM, Uint8Array.of(1)).event?.name).toBe("F_TRANSLATION");
    tsmMap(vmm, first, RAM, RAM + PAGE_SIZE);
    return pci.write(RAM, Uint8Array.of(1)).event === undefined ? "yes" : "no";
  },
  "09-after-unbind": () => {
    const { vmm, pci, runGuest } = connected();
    const device = assignDevice(vmm);
    attachToIoas(vmm, device);
    mapSharedHalf(vmm, device);
    bindDevice(vmm, device);
    runGuest();
    tsmMap(vmm, device, RAM, RAM + PAGE_SIZE);
    const shared = (): number | undefined => vmm.host.user.read(vmm.memory[0]?.shared ?? 0, 1)[0];
    expect(pci.write(RAM, Uint8Array.of(0x11)).event).toBeUndefined();
    expect(shared()).toBe(0);
    unbindDevice(vmm, device);
    const { event } = pci.write(RAM, Uint8Array.of(0x22));
    return event === undefined && shared() === 0x22 ? "shared" : "nowhere";
  },
};

it.each(devicePredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);
