// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { RMI_PDEV, RMI_VDEV } from "../../lib/src/rmm/devices.ts";
import { auditedFirmware } from "../support/firmware.ts";
import { DeviceWorld, deviceGuest } from "./device-world.ts";

const LOCK = 0xc40001a9;
const START = 0xc40001aa;
const STOP = 0xc40001ab;

/** A realm with one page of RAM at 0, and a device that runs for it. */
function running() {
  const world = auditedFirmware(new DeviceWorld());
  const { fid } = world;
  const rd = world.makeDaRealm();
  world.makeTables(rd, 0);
  world.must(fid.RMI_RTT_INIT_RIPAS, rd, 0, 0x10_0000);
  const page = world.mapUnknown(rd, 0);
  const results: number[] = [];
  const rec = world.makeRec(rd, deviceGuest(8, [LOCK, START], results));
  world.must(fid.RMI_REALM_ACTIVATE, rd);
  const pdev = world.readyPdev();
  const vdev = world.bind(rd, pdev);
  world.runWithDevice(rec, pdev);
  return { world, fid, rd, page, rec, pdev, vdev, results };
}

describe("a device assigned to a realm", () => {
  it("runs once the realm has locked and started it", () => {
    const { world, results, vdev } = running();

    expect(results).toEqual([0, 0]);
    expect(world.device.tdiState).toBe("RUN");
    expect(world.vdevState(vdev)).toBe(RMI_VDEV.READY);
  });

  it("reads and writes the memory that the realm's tables map", () => {
    const { world, page } = running();

    const written = world.device.write(0x10, Uint8Array.of(1, 2, 3));
    const read = world.device.read(0x10, 4);

    expect(written.event).toBeUndefined();
    expect([...read.data]).toEqual([1, 2, 3, 0]);
    expect(world.machine.memory.bytes((page / 4096) as never)[0x12]).toBe(3);
  });

  it("gets a translation fault for a page that nobody has mapped, and nothing faults it in", () => {
    const { world } = running();

    const { done, event } = world.device.write(0x1000, Uint8Array.of(1));

    expect(done).toBe(0);
    expect(event).toMatchObject({
      name: "F_TRANSLATION",
      type: 0x10,
      security: "Realm",
      streamId: 0x100,
      level: 3,
    });
    expect(world.machine.smmu.takeEvents()).toEqual([event]);
  });

  it("does not reach a page any more that was destroyed, because the RMM invalidates the SMMU too", () => {
    const { world, fid, rd } = running();
    world.device.read(0, 8);

    world.must(fid.RMI_DATA_DESTROY, rd, 0);

    expect(world.device.read(0, 8).event?.name).toBe("F_TRANSLATION");
  });

  it("is stopped and taken away by the host in order: stop, talk, destroy", () => {
    const { world, fid, rd, pdev, vdev } = running();

    expect(world.smc(fid.RMI_VDEV_DESTROY, rd, pdev, vdev)).toBe("RMI_ERROR_DEVICE");
    expect(world.smc(fid.RMI_PDEV_STOP, pdev)).toBe("RMI_ERROR_DEVICE");
    world.must(fid.RMI_VDEV_STOP, vdev);
    world.relayVdev(pdev, vdev, RMI_VDEV.STOPPED);
    world.must(fid.RMI_VDEV_DESTROY, rd, pdev, vdev);
    world.must(fid.RMI_PDEV_STOP, pdev);
    world.relayPdev(pdev, RMI_PDEV.STOPPED);
    world.must(fid.RMI_PDEV_DESTROY, pdev);

    expect(world.device.tdiState).toBe("CONFIG_UNLOCKED");
    expect(world.machine.smmu.realmStream(0x100)).toBeUndefined();
  });

  it("can be stopped by the realm itself", () => {
    const { world, rec, pdev } = running();
    const results: number[] = [];
    world.machine.programs.set(rec, deviceGuest(8, [STOP], results));

    world.runWithDevice(rec, pdev);

    expect(results).toEqual([0]);
    expect(world.device.tdiState).toBe("CONFIG_UNLOCKED");
  });
});

describe("a device that nobody has bound", () => {
  it("has its DMA refused with C_BAD_STE", () => {
    const world = auditedFirmware(new DeviceWorld());

    expect(world.device.write(0x8000_0000, Uint8Array.of(1)).event).toMatchObject({
      name: "C_BAD_STE",
      type: 4,
      security: "Non-secure",
    });
  });

  it("does not issue trusted transactions before it runs, whatever it is told", () => {
    const world = auditedFirmware(new DeviceWorld());

    expect(world.device.read(0, 8, true).event?.security).toBe("Non-secure");
  });
});
