// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { settingOf } from "../../lib/src/course/exercises/design-labs.ts";
import { normalised } from "../../lib/src/course/prediction.ts";
import { ownerPredictions } from "../../lib/src/course/predictions/12.ts";
import { setSlot } from "../../lib/src/designs/moves.ts";
import { type DmaKind, type DmaSeen, tryDma } from "../../lib/src/designs/observe.ts";
import { guestPage, PAGE_SIZE, type Setting } from "../../lib/src/index.ts";

function dma(on: Setting, page: number, kind: DmaKind): DmaSeen {
  return tryDma(on, page, kind, 0xd2);
}

function started(design: string): Setting {
  const on = settingOf(design);
  expect(on.startUp()).toBe(0);
  return on;
}

function landed({ frame }: DmaSeen): "yes" | "no" {
  return frame === undefined ? "no" : "yes";
}

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => number | string> = {
  "12-shared-page": () => {
    const reached = ["A", "B2"].filter((design) => {
      const on = started(design);
      expect(on.moves.map(guestPage(5))).toBe(0);
      return dma(on, 5, "private").frame !== undefined;
    });
    expect(reached).toEqual(["A"]);
    return String(reached.length);
  },
  "12-pinned-early": () => landed(dma(settingOf("C"), 0, "private")),
  "12-file-mapped": () => landed(dma(started("D1"), 0, "private")),
  "12-hole-pinned": () => {
    const on = started("D1");
    on.touch(0);
    expect(dma(on, 0, "private").frame).toBe("the guest's page");
    expect(on.vmm.punchHole(on.memory, 0, PAGE_SIZE)).toBe(0);
    return dma(on, 0, "private").frame ?? "refused";
  },
  "12-hole-unheld": () => {
    const on = started("D2");
    on.vmm.punchHole(on.memory, 0, PAGE_SIZE);
    const { user } = on.host.newProcess();
    const address = user.allocate(4 * PAGE_SIZE);
    user.write(address, new Uint8Array(4 * PAGE_SIZE).fill(0x5e));
    dma(on, 0, "shared");
    return user.read(address, 4 * PAGE_SIZE).some((byte) => byte !== 0x5e) ? "yes" : "no";
  },
  "12-callback-slot": () => {
    const on = started("D3");
    on.touch(0);
    expect(setSlot(on.vmm, on.memory, 0)).toBe(0);
    return landed(dma(on, 0, "private"));
  },
  "12-initial-late": () => {
    const on = started("E");
    expect(on.convert(0, false)).toBe(0);
    return on.convert(0, true);
  },
};

it.each(ownerPredictions.map((prediction) => [prediction.id, prediction] as const))(
  "%s says what the machine says",
  (id, { answer }) => {
    expect(normalised((machine[id] as () => number | string)())).toBe(answer);
  },
);
