// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { fromRegister, OUT_OF_RANGE, toRegister } from "../../lib/src/rmm/registers.ts";
import { smcRegisters } from "../../lib/src/rmm/rmm.ts";
import { auditedFirmware } from "../support/firmware.ts";
import { World } from "./world.ts";

describe("what the firmware tells a listener", () => {
  it("is every call with its arguments by name, its result, and the condition that refused it", () => {
    const { rmm, fid, machine } = auditedFirmware(new World());

    const events = machine.trace.record(() => {
      rmm.smc(fid.RMI_DATA_DESTROY, 0x8000_0000, 0x1000);
      rmm.smc(0xc400_01cf);
    });

    expect(events).toEqual([
      {
        kind: "smc",
        name: "RMI_DATA_DESTROY",
        detail: { rd: 0x8000_0000, ipa: 0x1000, refusedBy: "rd_state" },
        result: 1,
      },
      { kind: "smc", name: "SMC 0xc40001cf", detail: {}, result: -1 },
    ]);
  });

  it("is every new use of a granule, every page of zeros, and every invalidation", () => {
    const world = auditedFirmware(new World());
    const { fid, machine } = world;
    const rd = world.makeRealm({ vmid: 9 });
    world.makeTables(rd, 0);
    world.must(fid.RMI_RTT_INIT_RIPAS, rd, 0, 0x1000);
    const data = world.delegated();

    const events = machine.trace.record(() => {
      world.must(fid.RMI_DATA_CREATE_UNKNOWN, rd, data, 0);
      world.must(fid.RMI_DATA_DESTROY, rd, 0);
    });

    const pa = BigInt(data);
    expect(events.filter(({ kind }) => kind === "state")).toEqual([
      { kind: "state", name: "zero", detail: { pa } },
      { kind: "state", name: "granule", detail: { pa, from: "DELEGATED", to: "DATA" } },
      { kind: "state", name: "tlbi", detail: { vmid: 9, ipa: 0n, pages: 1 } },
      { kind: "state", name: "granule", detail: { pa, from: "DATA", to: "DELEGATED" } },
    ]);
  });

  it("is what a realm does: its accesses and its calls", () => {
    const world = auditedFirmware(new World());
    const { fid, machine } = world;
    const rd = world.makeRealm();
    const guest = function* () {
      yield { op: "load", ipa: 0 } as const;
      yield { op: "smc", fid: fid.RSI_VERSION, args: [0x1_0000] } as const;
      return undefined;
    };
    const rec = world.makeRec(rd, guest());
    world.must(fid.RMI_REALM_ACTIVATE, rd);

    const events = machine.trace.record(() => world.enter(rec));

    expect(events.slice(0, 2)).toEqual([
      {
        kind: "access",
        name: "realm load",
        detail: { rec: BigInt(rec), ipa: 0, outcome: "translation fault" },
      },
      {
        kind: "smc",
        name: "RSI_VERSION",
        detail: { rec: BigInt(rec), x1: 0x1_0000, x2: 0, x3: 0, x4: 0 },
        result: 0,
      },
    ]);
  });
});

describe("registers of 64 bits", () => {
  it("are numbers while they are exact, and all larger ones are the same", () => {
    expect([0n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n, -1n].map(fromRegister)).toEqual([
      0,
      2 ** 53 - 1,
      OUT_OF_RANGE,
      OUT_OF_RANGE,
      OUT_OF_RANGE,
    ]);
    expect([0, 5, -1].map(toRegister)).toEqual([0n, 5n, 2n ** 64n - 1n]);
  });

  it("carry a call and its results, whatever the upper half of the function id holds", () => {
    const world = auditedFirmware(new World());
    const rd = world.makeRealm();

    const answer = smcRegisters(world.rmm, 0xffff_ffff_c400_0161n, [BigInt(rd), 0n, 1n]);

    expect(answer).toEqual([0n, 1n, 0n, 0n, 0n]);
    expect(smcRegisters(world.rmm, 0xc400_01cf, [])).toEqual([2n ** 64n - 1n, 0n, 0n, 0n, 0n]);
  });

  it("report the features of the machine that was recorded, and with device assignment one more", () => {
    const plain = auditedFirmware(new World());
    const withDevices = auditedFirmware(new World({ deviceAssignment: true }));
    const features = ({ rmm, fid }: World): number[] =>
      [0, 1].map((index) => {
        rmm.smc(fid.RMI_FEATURES, index);
        return rmm.out.x1;
      });

    expect(features(plain)).toEqual([0x283_fc10_4030, 0]);
    expect(features(withDevices)).toEqual([0x283_fc10_4030 + 2 ** 42, 0]);
  });
});
