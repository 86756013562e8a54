// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import type { GuestAction, GuestResult } from "../../lib/src/hw/processor.ts";
import { RMI_DEV_COMM } from "../../lib/src/rmm/device-communication.ts";
import { RMI_PDEV, RMI_VDEV } from "../../lib/src/rmm/devices.ts";
import { REC_EXIT } from "../../lib/src/rmm/rec-run.ts";
import { auditedFirmware } from "../support/firmware.ts";
import { DeviceWorld, deviceGuest } from "./device-world.ts";

const LOCK = 0xc40001a9;
const START = 0xc40001aa;
const GET_INSTANCE = 0xc400019c;
const GET_STATE = 0xc40001a8;
const CONTINUE = 0xc40001a4;

function bound(operations: readonly number[]) {
  const world = auditedFirmware(new DeviceWorld());
  const { fid } = world;
  const rd = world.makeDaRealm();
  const results: number[] = [];
  const rec = world.makeRec(rd, deviceGuest(8, operations, results));
  world.must(fid.RMI_REALM_ACTIVATE, rd);
  const pdev = world.readyPdev();
  return { world, fid, rd, rec, pdev, vdev: world.bind(rd, pdev), results };
}

describe("a device that does not answer as it should", () => {
  it("puts the PDEV in state ERROR, which can only be stopped", () => {
    const world = auditedFirmware(new DeviceWorld());
    const pdev = world.newPdev();
    const step = (data: number): number => world.must(world.fid.RMI_PDEV_COMMUNICATE, pdev, data);

    world.exchange(step, { status: RMI_DEV_COMM.NONE, resp_len: 0 });
    world.exchange(step, { status: RMI_DEV_COMM.ERROR, resp_len: 0 });

    expect(world.pdevState(pdev)).toBe(RMI_PDEV.ERROR);
    expect(world.smc(world.fid.RMI_PDEV_COMMUNICATE, pdev, world.data)).toBe("RMI_ERROR_DEVICE");
    world.must(world.fid.RMI_PDEV_STOP, pdev);
    world.relayPdev(pdev, RMI_PDEV.STOPPED);
  });

  it("puts the VDEV in state ERROR when it refuses what the realm asks for, and the realm is told", () => {
    const { world, rec, pdev, vdev, results } = bound([LOCK]);
    world.device.fail();

    const exit = world.enter(rec);
    world.relayVdev(pdev, vdev, RMI_VDEV.ERROR);
    world.enter(rec);

    expect(Number(exit.exit_reason)).toBe(REC_EXIT.VDEV_COMM);
    expect([Number(exit.vdev), Number(exit.vdev_action)]).toEqual([vdev, 2]);
    expect(results).toEqual([5]);
  });

  it("can be stopped after that, and the interface is unlocked", () => {
    const { world, rec, pdev, vdev } = bound([LOCK]);
    world.device.fail();
    world.enter(rec);
    world.relayVdev(pdev, vdev, RMI_VDEV.ERROR);

    world.relayStop(pdev, vdev);

    expect(world.device.tdiState).toBe("CONFIG_UNLOCKED");
  });
});

describe("an operation of a realm on its device", () => {
  it("is not started in the wrong state", () => {
    const { world, rec, pdev, results } = bound([START]);

    world.runWithDevice(rec, pdev);

    expect(results).toEqual([2]);
  });

  it("can be aborted by the host: the VDEV is READY, and the operation has failed", () => {
    const { world, fid, rec, vdev, results } = bound([LOCK]);
    world.enter(rec);
    expect(world.vdevState(vdev)).toBe(RMI_VDEV.COMMUNICATING);

    world.must(fid.RMI_VDEV_ABORT, vdev);
    world.enter(rec);

    expect(world.vdevState(vdev)).toBe(RMI_VDEV.READY);
    expect(results).toEqual([5]);
  });

  it("needs the id and the instance of a device of its own", () => {
    const { world, rec, rd, fid } = bound([]);
    const answers: number[] = [];
    const guest = function* (): Generator<GuestAction, undefined, GuestResult> {
      for (const args of [
        [GET_INSTANCE, 9],
        [GET_INSTANCE, 8],
        [GET_STATE, 8, 1],
        [GET_STATE, 8, 2],
        [LOCK, 8, 2],
        [CONTINUE, 9, 1],
        [CONTINUE, 8, 1],
      ] as const) {
        const result = yield { op: "smc", fid: args[0], args: args.slice(1) } as const;
        if (result.kind === "returned") answers.push(result.x0, result.x1);
      }
      return undefined;
    };
    world.machine.programs.set(rec, guest());

    world.enter(rec);

    expect(answers).toEqual([1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0]);
    expect(world.smc(fid.RMI_REALM_DESTROY, rd)).toBe("RMI_ERROR_REALM");
  });

  it("does not reach a device of another realm", () => {
    const { world, fid } = bound([]);
    const other = world.makeDaRealm();
    const results: number[] = [];
    const rec = world.makeRec(other, deviceGuest(8, [LOCK], results));
    world.must(fid.RMI_REALM_ACTIVATE, other);

    world.enter(rec);

    expect(results).toEqual([1]);
  });
});

describe("the index of a REC", () => {
  it.each([0x10, 0x100_0000, 2 ** 40, 0x80, 1])("is not %d for the first REC", (mpidr) => {
    const world = auditedFirmware(new DeviceWorld());
    const rd = world.makeRealm();

    const answer = world.smc(
      world.fid.RMI_REC_CREATE,
      rd,
      world.delegated(),
      world.page(world.recParams({ mpidr })),
    );

    expect(answer).toBe("RMI_ERROR_INPUT");
  });
});
