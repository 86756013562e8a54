// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import type { Pfn } from "../../lib/src/base/address.ts";
import { PAS } from "../../lib/src/hw/granule-protection.ts";
import { Machine } from "../../lib/src/hw/machine.ts";
import { SPDM, spdmAccepts, spdmRequest, TDISP } from "../../lib/src/hw/spdm.ts";

const DRAM_BASE = 0x8000_0000;
const STREAM = 0x18;

function plugged() {
  const machine = new Machine({ dramBase: DRAM_BASE, dramPages: 64 });
  return { machine, device: machine.plug(STREAM) };
}

/** Maps the addresses below 64 KiB to DRAM, and allows stores below 32 KiB. */
const domain = {
  translate: (iova: number, write: boolean) =>
    iova < (write ? 0x8000 : 0x1_0000) ? DRAM_BASE + iova : undefined,
};

describe("DMA of a device for the host", () => {
  it("goes where the host's domain leads, page by page", () => {
    const { machine, device } = plugged();
    machine.smmu.setHostStream(STREAM, domain);

    const written = device.write(0xffc, Uint8Array.of(1, 2, 3, 4, 5, 6));

    expect(written).toMatchObject({ done: 6, event: undefined });
    expect([...device.read(0xffc, 6).data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("stops at the first page that the domain refuses", () => {
    const { machine, device } = plugged();
    machine.smmu.setHostStream(STREAM, domain);

    const { done, event } = device.write(0x7ffe, Uint8Array.of(1, 2, 3, 4));

    expect(done).toBe(2);
    expect(event).toEqual({
      name: "F_TRANSLATION",
      type: 0x10,
      security: "Non-secure",
      streamId: STREAM,
      address: 0x8000,
      write: true,
      class: "IN",
      level: undefined,
    });
  });

  it("never reaches a granule of the Realm space, even if the host maps it", () => {
    const { machine, device } = plugged();
    machine.smmu.setHostStream(STREAM, domain);
    machine.bus.write(PAS.NonSecure, DRAM_BASE, Uint8Array.of(99));
    machine.gpt.assign((DRAM_BASE / 4096) as Pfn, PAS.Realm);

    const { data, event } = device.read(0, 1);

    expect([...data]).toEqual([]);
    expect(event).toMatchObject({ name: "granule protection fault", type: undefined });
  });

  it("is blocked again when the domain is taken away", () => {
    const { machine, device } = plugged();
    machine.smmu.setHostStream(STREAM, domain);
    machine.smmu.setHostStream(STREAM, undefined);

    expect(device.read(0, 1).event).toMatchObject({ name: "C_BAD_STE", class: "CD" });
  });
});

describe("the event queue", () => {
  it("drops records when it is full, and counts them", () => {
    const { machine, device } = plugged();
    for (let i = 0; i < 300; i++) device.read(0, 1);

    expect([machine.smmu.events.length, machine.smmu.droppedEvents]).toEqual([256, 44]);
    expect(machine.smmu.takeEvents()).toHaveLength(256);
    expect([machine.smmu.events.length, machine.smmu.droppedEvents]).toEqual([0, 0]);
  });
});

describe("a TEE device interface", () => {
  const tdisp = (message: number): Uint8Array => spdmRequest(SPDM.VENDOR_DEFINED, message);
  const { LOCK_INTERFACE: lock, START_INTERFACE: start, STOP_INTERFACE: stop } = TDISP;

  it.each([
    ["lock", [lock], "CONFIG_LOCKED", true],
    ["lock and start", [lock, start], "RUN", true],
    ["start without lock", [start], "CONFIG_UNLOCKED", false],
    ["lock twice", [lock, lock], "CONFIG_LOCKED", false],
    ["stop while it runs", [lock, start, stop], "CONFIG_UNLOCKED", true],
    ["start twice", [lock, start, start], "RUN", false],
  ] as const)("after %s", (_what, messages, state, accepted) => {
    const { device } = plugged();

    const answers = messages.map((message) =>
      spdmAccepts(device.exchange(tdisp(message)), SPDM.VENDOR_DEFINED),
    );

    expect([device.tdiState, answers.at(-1)]).toEqual([state, accepted]);
  });

  it("leaves its error state only when it is stopped", () => {
    const { device } = plugged();
    device.exchange(tdisp(lock));
    device.fail();

    expect(device.tdiState).toBe("ERROR");
    device.exchange(tdisp(start));
    expect(device.tdiState).toBe("ERROR");
    device.exchange(tdisp(stop));
    expect(device.tdiState).toBe("CONFIG_UNLOCKED");
  });

  it("refuses messages that it does not know", () => {
    const { device } = plugged();

    expect(device.exchange(spdmRequest(0xaa))[1]).toBe(0x7f);
    expect(device.exchange(new Uint8Array(0))[1]).toBe(0x7f);
    expect(device.exchange(tdisp(0x55))[1]).toBe(0x7f);
  });

  it("tells of its state changes and transfers", () => {
    const { machine, device } = plugged();

    const events = machine.trace.record(() => {
      device.exchange(tdisp(lock));
      device.read(0, 8);
    });

    expect(
      events.map(({ name, detail }) => [name, detail["to"] ?? detail["outcome"] ?? detail["event"]]),
    ).toEqual([
      ["tdi", "CONFIG_LOCKED"],
      ["smmu event", "C_BAD_STE"],
      ["dma read", "C_BAD_STE"],
    ]);
  });
});
