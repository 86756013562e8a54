// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { UnmodelledError } from "../../lib/src/base/unmodelled.ts";
import type { GuestAction, GuestResult, RealmProgram } from "../../lib/src/hw/processor.ts";
import { rsi_host_call, rsi_realm_config } from "../../lib/src/rmm/host-call.ts";
import { REC_ENTER_FLAG, REC_EXIT } from "../../lib/src/rmm/rec-run.ts";
import { auditedFirmware } from "../support/firmware.ts";
import { SHARED, World } from "./world.ts";

type Program = Generator<GuestAction, undefined, GuestResult>;

/** Does one action after another and notes what came of each. */
function* script(actions: readonly GuestAction[], results: GuestResult[]): Program {
  for (const action of actions) results.push(yield action);
  return undefined;
}

function smc(fid: number, ...args: number[]): GuestAction {
  return { op: "smc", fid, args };
}

/** An active realm with RAM in the first MiB, tables for it and for the shared half, and one REC. */
function realm(actions: readonly GuestAction[] | RealmProgram) {
  const world = auditedFirmware(new World());
  const { fid } = world;
  const rd = world.makeRealm();
  world.makeTables(rd, 0);
  world.makeTables(rd, SHARED);
  world.must(fid.RMI_RTT_INIT_RIPAS, rd, 0, 0x10_0000);
  const results: GuestResult[] = [];
  const program = Array.isArray(actions) ? script(actions, results) : (actions as RealmProgram);
  const rec = world.makeRec(rd, program);
  world.must(fid.RMI_REALM_ACTIVATE, rd);
  return { world, fid, rd, rec, results };
}

function returned(x0: number, x1 = 0, x2 = 0): GuestResult {
  return { kind: "returned", x0, x1, x2 };
}

describe("an access of a realm", () => {
  it("to RAM that the host has not mapped leaves to the host, and is made again afterwards", () => {
    const { world, rd, rec, results } = realm([
      { op: "store", ipa: 0x3008, value: 0x1122_3344_5566_7788n },
      { op: "load", ipa: 0x3008 },
    ]);

    const exit = world.enter(rec);
    const page = world.mapUnknown(rd, 0x3000);
    const again = world.enter(rec);

    expect(exit).toMatchObject({ exit_reason: 0n, esr: 0x9000_0007n, far: 0n, hpfar: 0x30n });
    expect(again.exit_reason).toBe(BigInt(REC_EXIT.FIQ));
    const place = { level: 3, pa: page + 8, shared: false };
    expect(results).toEqual([
      { kind: "stored", place },
      { kind: "loaded", value: 0x1122_3344_5566_7788n, place },
    ]);
  });

  it("to the shared half tells the host enough to complete it, and the host's value arrives", () => {
    const { world, rec, results } = realm([{ op: "load", ipa: SHARED + 0x2010 }]);

    const exit = world.enter(rec);
    world.enter(rec, REC_ENTER_FLAG.EMUL_MMIO, [42n]);

    expect(exit).toMatchObject({ esr: 0x91c0_8007n, far: 0x10n, hpfar: BigInt((SHARED + 0x2000) / 256) });
    expect(results).toEqual([{ kind: "loaded", value: 42n }]);
  });

  it("that stores to the shared half shows the host the value, and completes without one", () => {
    const { world, rec, results } = realm([{ op: "store", ipa: SHARED, value: 7n }]);

    const exit = world.enter(rec);
    world.enter(rec, REC_ENTER_FLAG.EMUL_MMIO);

    expect(exit).toMatchObject({ esr: 0x91c0_8047n, hpfar: BigInt(SHARED / 256) });
    expect(exit.exit_gprs[0]).toBe(7n);
    expect(results).toEqual([{ kind: "stored" }]);
  });

  it("fails in the realm when the host injects an external abort", () => {
    const { world, rec, results } = realm([{ op: "load", ipa: SHARED }]);

    world.enter(rec);
    world.enter(rec, REC_ENTER_FLAG.INJECT_SEA);

    expect(results).toEqual([{ kind: "aborted", reason: "external abort", place: {} }]);
  });

  it("to an EMPTY page fails in the realm, and the host does not learn of it", () => {
    const { world, rec, results } = realm([{ op: "load", ipa: 0x10_0000 }]);

    const exit = world.enter(rec);

    expect(exit.exit_reason).toBe(BigInt(REC_EXIT.FIQ));
    expect(results).toEqual([{ kind: "aborted", reason: "external abort", place: { level: 3 } }]);
  });

  it("to a DESTROYED page leaves to the host, again and again, whatever the host maps there", () => {
    const { world, fid, rd, rec } = realm([{ op: "load", ipa: 0 }]);
    world.mapUnknown(rd, 0);
    world.must(fid.RMI_DATA_DESTROY, rd, 0);
    world.mapUnknown(rd, 0);

    expect(world.enter(rec).exit_reason).toBe(BigInt(REC_EXIT.SYNC));
    expect(world.enter(rec).exit_reason).toBe(BigInt(REC_EXIT.SYNC));
  });

  it("to shared memory that the host maps read-only gives a permission fault for stores alone", () => {
    const { world, fid, rd, rec, results } = realm([
      { op: "load", ipa: SHARED },
      { op: "store", ipa: SHARED, value: 1n },
    ]);
    const page = world.page(Uint8Array.of(5));
    world.must(fid.RMI_RTT_MAP_UNPROTECTED, rd, SHARED, 3, page + 0x58);

    const exit = world.enter(rec);

    expect(results).toEqual([{ kind: "loaded", value: 5n, place: { level: 3, pa: page, shared: true } }]);
    expect(exit.esr).toBe(0x91c0_804fn);
  });

  it("to shared memory that the host has delegated meanwhile is a granule protection fault", () => {
    const { world, fid, rd, rec, results } = realm([{ op: "load", ipa: SHARED }]);
    const page = world.delegated();
    world.must(fid.RMI_RTT_MAP_UNPROTECTED, rd, SHARED, 3, page + 0xd8);

    world.enter(rec);

    expect(results).toEqual([
      { kind: "aborted", reason: "granule protection fault", place: { level: 3, pa: page, shared: true } },
    ]);
  });
});

describe("a REC", () => {
  it("without a program waits", () => {
    const { world, rec } = realm([]);
    world.machine.programs.delete(rec);

    expect(world.enter(rec).exit_reason).toBe(BigInt(REC_EXIT.FIQ));
  });

  it("comes back with an interrupt when its program never waits", () => {
    const { world, rd, rec } = realm(
      (function* forever(): Program {
        for (;;) yield { op: "load", ipa: 0 };
      })(),
    );
    world.mapUnknown(rd, 0);

    expect(world.enter(rec).exit_reason).toBe(BigInt(REC_EXIT.IRQ));
  });

  it("forgets what the program before was about when it gets another", () => {
    const { world, rec } = realm([{ op: "load", ipa: SHARED }]);
    const results: GuestResult[] = [];
    world.enter(rec);
    world.machine.programs.set(rec, script([smc(0xc400_0190, 0x1_0000)], results));

    expect(world.enter(rec).exit_reason).toBe(BigInt(REC_EXIT.FIQ));
    expect(results).toEqual([returned(0, 0x1_0000, 0x1_0000)]);
  });

  it("takes its program with it when it is destroyed", () => {
    const { world, fid, rec } = realm([]);

    world.must(fid.RMI_REC_DESTROY, rec);

    expect(world.machine.programs.size).toBe(0);
  });
});

describe("a call of a realm", () => {
  it("RSI_VERSION knows revision 1.0 alone", () => {
    const { world, fid, rec, results } = realm([smc(0xc400_0190, 0x1_0000), smc(0xc400_0190, 0x1_0001)]);

    world.enter(rec);

    expect(fid.RSI_VERSION).toBe(0xc400_0190);
    expect(results).toEqual([returned(0, 0x1_0000, 0x1_0000), returned(1, 0x1_0000, 0x1_0000)]);
  });

  it("RSI_FEATURES reports none", () => {
    const { world, fid, rec, results } = realm([smc(0xc400_0191, 0)]);

    world.enter(rec);

    expect(fid.RSI_FEATURES).toBe(0xc400_0191);
    expect(results).toEqual([returned(0)]);
  });

  it("to a function that nobody knows answers -1, those on devices included", () => {
    const { world, fid, rec, results } = realm([smc(0xc400_01ff), smc(0xc400_019c), smc(0xc400_01ab)]);

    world.enter(rec);

    expect([fid.RSI_RDEV_GET_INSTANCE_ID, fid.RSI_RDEV_STOP]).toEqual([0xc400_019c, 0xc400_01ab]);
    expect(results).toEqual([returned(-1), returned(-1), returned(-1)]);
  });

  it("that is not modelled says so by its name, and leaves the REC as it was", () => {
    const { world, fid, rec } = realm([smc(0xc400_0194)]);

    expect(fid.RSI_ATTESTATION_TOKEN_INIT).toBe(0xc400_0194);
    expect(() => world.enter(rec)).toThrow(UnmodelledError);
    expect(world.enter(rec).exit_reason).toBe(BigInt(REC_EXIT.FIQ));
  });

  it("RSI_REALM_CONFIG writes the width of the address space and the hash algorithm", () => {
    const { world, fid, rd, rec, results } = realm([smc(0xc400_0196, 0x4000)]);
    const page = world.mapUnknown(rd, 0x4000);

    world.enter(rec);

    expect(fid.RSI_REALM_CONFIG).toBe(0xc400_0196);
    expect(results).toEqual([returned(0)]);
    expect(rsi_realm_config.decode(world.machine.memory.bytes((page / 4096) as never))).toEqual({
      ipa_width: 39n,
      hash_algo: 0n,
    });
  });

  it.each([
    ["unaligned", 0x4008],
    ["in the shared half", SHARED],
    ["EMPTY", 0x10_0000],
  ])("with a structure that is %s is wrong input", (_what, ipa) => {
    const { world, rec, results } = realm([smc(0xc400_0196, ipa)]);

    world.enter(rec);

    expect(results).toEqual([returned(1)]);
  });

  it("with a structure that is not mapped leaves for the host, and is made again", () => {
    const { world, rd, rec, results } = realm([smc(0xc400_0196, 0x4000)]);

    const exit = world.enter(rec);
    world.mapUnknown(rd, 0x4000);
    world.enter(rec);

    expect(exit).toMatchObject({ exit_reason: 0n, esr: 0x9000_0007n, hpfar: 0x40n });
    expect(results).toEqual([returned(0)]);
  });

  it("RSI_HOST_CALL passes a number and registers out, and the host's registers in", () => {
    const { world, fid, rd, rec, results } = realm([smc(0xc400_0199, 0x4100)]);
    const page = world.mapUnknown(rd, 0x4000);
    const bytes = world.machine.memory.bytes((page / 4096) as never);
    bytes.set(rsi_host_call({ imm: 0xabc, gprs: [1n, 2n] }), 0x100);

    const exit = world.enter(rec);
    world.enter(rec, 0, [9n, 8n]);
    const answered = rsi_host_call.decode(bytes.subarray(0x100));

    expect(fid.RSI_HOST_CALL).toBe(0xc400_0199);
    expect(exit).toMatchObject({ exit_reason: BigInt(REC_EXIT.HOST_CALL), imm: 0xabcn });
    expect(exit.exit_gprs.slice(0, 3)).toEqual([1n, 2n, 0n]);
    expect(answered.imm).toBe(0xabc);
    expect(answered.gprs.slice(0, 3)).toEqual([9n, 8n, 0n]);
    expect(results).toEqual([returned(0)]);
  });

  it("RSI_HOST_CALL is answered even when the host takes the structure away", () => {
    const { world, fid, rd, rec, results } = realm([smc(0xc400_0199, 0x4000)]);
    world.mapUnknown(rd, 0x4000);
    world.enter(rec);
    world.must(fid.RMI_DATA_DESTROY, rd, 0x4000);

    world.enter(rec);

    expect(results).toEqual([returned(0)]);
  });

  it.each([
    ["PSCI_SYSTEM_OFF", 0x8400_0008],
    ["PSCI_SYSTEM_RESET", 0x8400_0009],
  ] as const)("%s ends the realm: it may be taken apart, but not run", (name, number) => {
    const { world, fid, rec } = realm([smc(number)]);

    const exit = world.enter(rec);

    expect(fid[name]).toBe(number);
    expect(exit.exit_reason).toBe(BigInt(REC_EXIT.PSCI));
    expect(exit.exit_gprs[0]).toBe(BigInt(number));
    expect(world.smc(fid.RMI_REC_ENTER, rec, world.run)).toBe("RMI_ERROR_REALM, index 1");
  });
});

describe("a change of RIPAS", () => {
  it("shows the realm how far the host came, and is over then", () => {
    const { world, fid, rd, rec, results } = realm([
      smc(0xc400_0197, 0, 0x4000, 0, 0),
      smc(0xc400_0198, 0, 0x8000),
    ]);

    const exit = world.enter(rec);
    world.must(fid.RMI_RTT_SET_RIPAS, rd, rec, 0, 0x2000);
    world.enter(rec);

    expect(exit).toMatchObject({
      exit_reason: BigInt(REC_EXIT.RIPAS_CHANGE),
      ripas_base: 0n,
      ripas_top: 0x4000n,
      ripas_value: 0n,
    });
    expect(results).toEqual([returned(0, 0x2000, 0), returned(0, 0x2000, 0)]);
    expect(world.smc(fid.RMI_RTT_SET_RIPAS, rd, rec, 0x2000, 0x4000)).toBe("RMI_ERROR_INPUT");
  });

  it("to EMPTY takes a mapped page out of the realm's reach at once, cached translations included", () => {
    const { world, fid, rd, rec, results } = realm([
      { op: "load", ipa: 0 },
      smc(0xc400_0197, 0, 0x1000, 0, 0),
      { op: "load", ipa: 0 },
    ]);
    world.mapUnknown(rd, 0);
    world.enter(rec);

    world.must(fid.RMI_RTT_SET_RIPAS, rd, rec, 0, 0x1000);
    world.enter(rec);

    expect(results[0]).toMatchObject({ kind: "loaded" });
    expect(results[2]).toMatchObject({ kind: "aborted", reason: "external abort" });
  });
});
