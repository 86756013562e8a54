// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../base/address.ts";
import { errnoName } from "../base/errno.ts";
import { boot } from "../boot.ts";
import type { KernelVariant } from "../kernel/variant.ts";
import { Vmm } from "../user/vmm.ts";
import { assignDevice, tsmMap } from "../user/vmm-device.ts";
import { mappingsOf, realms } from "./mappings.ts";
import { pageAt, RAM, type Stage, stage } from "./races/scene.ts";
import { brokenRules, type RuleContext } from "./rules.ts";

/** A call of the ioctl with nobody else at work, and what became of it. */
export interface SingleCall {
  /** What is asked for. */
  readonly title: string;
  /** Result, pages that are mapped afterwards, and the rules that do not hold, in one line. */
  readonly play: (kernel: string | KernelVariant) => string;
}

function told({ host }: Pick<Stage, "host">, result: number, context: RuleContext = {}): string {
  const pages = realms(host).flatMap((kvm) => mappingsOf(host, kvm)).length;
  const rules = [
    ...new Set(brokenRules(host, { results: { M: result }, ...context }).map(({ rule }) => rule)),
  ];
  const number = result > 0 ? String(result) : result === 0 ? "0" : errnoName(result);
  return [`${number}, ${pages} mapped`, ...rules].join(", ");
}

/** Maps a range of two pages that stands in the middle of nothing else, and tells what came of it. */
function mapRange(start: number, end: number, options: { shared?: boolean } = {}): SingleCall["play"] {
  return (kernel) => {
    const on = stage(kernel, options);
    const result = tsmMap(on.vmm, on.device, start, end);
    return told(on, result, { mapsAlone: [{ task: "M", start_gpa: start, end_gpa: end }] });
  };
}

function mapTwice(kernel: string | KernelVariant): string {
  const on = stage(kernel);
  tsmMap(on.vmm, on.device, RAM, pageAt(2));
  return told(on, tsmMap(on.vmm, on.device, RAM, pageAt(2)));
}

function mapBeforeRealm(kernel: string | KernelVariant): string {
  const vmm = new Vmm(boot({ memory: 1024 * PAGE_SIZE, kernel }));
  vmm.createVm();
  vmm.addMemory({ gpa: RAM, size: 2 * PAGE_SIZE });
  return told(vmm, tsmMap(vmm, assignDevice(vmm), RAM, pageAt(2)));
}

/** What the repairs change although there is no race, on a realm with two pages of private memory. */
export const singleCalls: readonly SingleCall[] = [
  { title: "both pages", play: mapRange(RAM, pageAt(2)) },
  { title: "an empty range", play: mapRange(RAM, RAM) },
  { title: "a reversed range", play: mapRange(pageAt(2), RAM) },
  {
    title: "from the middle of page 0 to the middle of page 1",
    play: mapRange(RAM + 0x800, pageAt(1) + 0x800),
  },
  { title: "four pages, of which two are there", play: mapRange(RAM, pageAt(4)) },
  { title: "both pages, which are shared", play: mapRange(RAM, pageAt(2), { shared: true }) },
  { title: "both pages, a second time", play: mapTwice },
  { title: "before the realm exists", play: mapBeforeRealm },
];
