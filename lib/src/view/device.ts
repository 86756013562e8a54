// SPDX-License-Identifier: MIT
import { hex } from "../base/address.ts";
import type { PcieFunction } from "../hw/pcie-function.ts";
import { RMI_PDEV, RMI_VDEV, RSI_RDEV } from "../rmm/devices.ts";
import type { Picture } from "./display.ts";
import type { Subject } from "./find.ts";
import { FILL } from "./palette.ts";
import { type Cell, type Row, tablePicture } from "./table.ts";

const NOTHING: Cell = { text: "none", hatched: true };

/** A state by its name, or nothing. */
function named(states: Readonly<Record<string, number>>, state: number | undefined, fill: string): Cell {
  if (state === undefined) return NOTHING;
  const name = Object.entries(states).find(([, value]) => value === state)?.[0];
  return { text: name ?? String(state), fill, bold: true };
}

/**
 * What each party keeps about one device: the host's kernel, the firmware, the realm and the device itself. Whether a
 * DMA gets through is decided by all of them together.
 *
 * @param hardware the device, as `deviceHardware` finds it
 * @example
 * ```ts
 * showDevice(host, deviceHardware(host));
 * ```
 */
export function showDevice(host: Subject, hardware: PcieFunction): Picture {
  const { smmu } = host.machine;
  const { pdevs, vdevs } = host.rmm.state;
  const id = hardware.requesterId;
  const pdev = [...pdevs.values()].find((one) => one.id === id);
  const vdev = [...vdevs.values()].find((one) => one.tdiId === id);
  const tables = smmu.realmStream(id);
  const { tdiState } = hardware;
  const runs = tdiState === "RUN";
  const rows: Row[] = [
    [
      "host kernel",
      "entry of the Non-secure stream table",
      smmu.hostStream(id) === undefined ? NOTHING : { text: "a domain of the host", fill: FILL.slot },
    ],
    ["firmware", "PDEV: its secure link to the device", named(RMI_PDEV, pdev?.state, FILL.private)],
    ["firmware", "VDEV: the binding to a realm", named(RMI_VDEV, vdev?.state, FILL.private)],
    [
      "firmware",
      "entry of the Realm stream table",
      tables === undefined ? NOTHING : { text: `tables of VMID ${tables.vmid}`, fill: FILL.private },
    ],
    ["realm", "RDEV: how far it let the device", named(RSI_RDEV, vdev?.rdevState, FILL.private)],
    [
      "device",
      "TDI: state of the interface",
      { text: tdiState, fill: runs ? FILL.private : FILL.slot, bold: true },
    ],
    ["device", "its DMA is marked", runs ? { text: "trusted", fill: FILL.private } : "not trusted"],
  ];
  return tablePicture({
    title: `Who keeps what about device ${hex(id)}`,
    head: ["who", "what", "now"],
    rows,
  });
}
