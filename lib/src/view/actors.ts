// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn } from "../base/address.ts";
import { plural } from "../base/plural.ts";
import { PAS } from "../hw/granule-protection.ts";
import type { DmaResult, PcieFunction } from "../hw/pcie-function.ts";
import type { Kvm } from "../kernel/kvm/kvm.ts";
import { file_is_kvm } from "../kernel/kvm/vm-file.ts";
import { GRANULE } from "../rmm/granules.ts";
import { Picture } from "./display.ts";
import { openFiles, type Subject, vmOf } from "./find.ts";
import { ACTOR_FILLS } from "./language.ts";
import { FILL } from "./palette.ts";
import { ramPages } from "./rtt.ts";
import { arrow, BODY_TOP, box, card, label, MUTED, textWidth } from "./svg.ts";

/** What happened that the machine itself does not keep. */
export interface ActorsOptions {
  /**
   * The last DMA of the device. One that landed is taken for trusted when the device runs (TDI state RUN).
   *
   * @default no DMA was tried
   */
  readonly dma?: DmaResult;
}

/** Whether somebody reaches something, and why not. */
interface Reach {
  readonly who: string;
  readonly what: "non-secure memory" | "realm memory";
  readonly verdict: "allowed" | "refused" | "not yet";
  readonly reason: string;
}

interface Scene {
  readonly nonSecure: number;
  readonly realm: number;
  readonly vm: string;
  readonly tables: string;
  readonly device: string;
  readonly stream: string;
  readonly host: Reach;
  readonly hostToRealm: Reach;
  readonly guest: Reach;
  readonly dma: Reach;
}

function countGranules(host: Subject): { data: number; tables: number } {
  let [data, tables] = [0, 0];
  host.rmm.state.granules.forEachInUse((_, state) => {
    if (state === GRANULE.DATA) data++;
    if (state === GRANULE.RTT) tables++;
  });
  return { data, tables };
}

function realmPages(host: Subject): Pfn[] {
  const frames: Pfn[] = [];
  host.machine.gpt.forEachAssigned((pfn, pas) => {
    if (pas === PAS.Realm) frames.push(pfn);
  });
  return frames;
}

/** What the host's own access to the first realm page ends in: the hardware is asked, nothing is transferred. */
function hostToRealm(host: Subject, first: Pfn | undefined): Reach {
  const about = { who: "host", what: "realm memory" } as const;
  if (first === undefined) return { ...about, verdict: "not yet", reason: "no realm memory" };
  const fault = host.machine.bus.check(PAS.NonSecure, first);
  return fault === undefined
    ? { ...about, verdict: "allowed", reason: "" }
    : { ...about, verdict: "refused", reason: fault };
}

/** The pages that the realm's own tables let its guest reach: a data page of another realm, or one that is EMPTY, is none. */
function guestReach(host: Subject, kvm: Kvm | undefined): Reach {
  const about = { who: "guest", what: "realm memory" } as const;
  const { state, rd } = kvm?.arch.realm ?? { state: "NONE", rd: 0 };
  const realm = host.rmm.state.realms.get(rd / PAGE_SIZE);
  if (state !== "ACTIVE" || realm === undefined)
    return { ...about, verdict: "not yet", reason: "no realm runs" };
  const pages = ramPages(host, realm);
  return pages === 0
    ? { ...about, verdict: "not yet", reason: "no RAM page mapped" }
    : { ...about, verdict: "allowed", reason: plural(pages, "page") };
}

function dmaReach(pci: PcieFunction | undefined, dma: DmaResult | undefined): Reach {
  const who = "device";
  if (pci === undefined) return { who, what: "realm memory", verdict: "not yet", reason: "no device" };
  if (dma === undefined) return { who, what: "realm memory", verdict: "not yet", reason: "no DMA so far" };
  const { event, done } = dma;
  const trusted = event === undefined ? pci.tdiState === "RUN" : event.security === "Realm";
  const what = trusted ? "realm memory" : "non-secure memory";
  if (event === undefined)
    return { who, what, verdict: "allowed", reason: `${plural(done, "byte")} went through` };
  const level = event.level === undefined ? "" : ` at level ${event.level}`;
  return { who, what, verdict: "refused", reason: `${event.name}${level}` };
}

function sceneOf(host: Subject, { dma }: ActorsOptions): Scene {
  const frames = realmPages(host);
  const { data, tables } = countGranules(host);
  const kvm = openFiles(host).some(({ file }) => file_is_kvm(file)) ? vmOf(host) : undefined;
  const { state = "NONE", vmid = 0 } = kvm?.arch.realm ?? {};
  const pci = [...host.machine.functions.values()][0];
  const stream = pci === undefined ? undefined : host.machine.smmu.realmStream(pci.requesterId);
  const free = host.machine.memory.pages - frames.length;
  return {
    nonSecure: free,
    realm: frames.length,
    vm:
      kvm === undefined ? "no VM" : state === "NONE" ? "VM without a realm" : `realm ${state}, VMID ${vmid}`,
    tables: `${plural(tables, "table")}, ${plural(data, "data page")}`,
    device: pci === undefined ? "none" : `TDI state ${pci.tdiState}`,
    stream: stream === undefined ? "no realm stream" : "stream of the realm",
    host: { who: "host", what: "non-secure memory", verdict: "allowed", reason: "" },
    hostToRealm: hostToRealm(host, frames[0]),
    guest: guestReach(host, kvm),
    dma: dmaReach(pci, dma),
  };
}

function reachText({ who, what, verdict, reason }: Reach): string {
  return `${who} -> ${what}: ${verdict}${reason === "" ? "" : `: ${reason}`}`;
}

/**
 * Everybody in the story: the host with its VMM, the realm world with firmware and guest, the device behind its SMMU,
 * and memory in two worlds, with the counts of this moment and who reaches what.
 *
 * @example
 * ```ts
 * showActors(host, { dma: deviceHardware(host).write(0x8000_0000, bytes) });
 * ```
 */
export function showActors(host: Subject, options: ActorsOptions = {}): Picture {
  const scene = sceneOf(host, options);
  const title = "Who is there, and who reaches what";
  const text = [
    title,
    "normal world: host kernel, VMM",
    `realm world: firmware (RMM) with ${scene.tables}; guest: ${scene.vm}`,
    `devices: device, ${scene.device}; SMMU, ${scene.stream}`,
    `memory: ${plural(scene.nonSecure, "non-secure page")}, ${plural(scene.realm, "realm page")}`,
    "VMM -> host kernel: system calls",
    "host kernel -> firmware: SMC",
    ...[scene.host, scene.hostToRealm, scene.guest, scene.dma].map(reachText),
  ].join("\n");
  return new Picture(draw(title, text, scene), text);
}

const PANEL = 280;
const GAP = 44;
const TOP = BODY_TOP;
const MEMORY_Y = TOP + 270;
const LEFTS = [16, 16 + PANEL + GAP, 16 + 2 * (PANEL + GAP)] as const;

function actor(x: number, y: number, name: string, detail: string, fill: string): string {
  const middle = x + PANEL / 2;
  return (
    box(x + 20, y, PANEL - 40, 46, { fill, rx: 6 }) +
    label(middle, y + 20, name, { bold: true, anchor: "middle" }) +
    label(middle, y + 37, detail, { size: 10.5, anchor: "middle" })
  );
}

function panel(index: 0 | 1 | 2, name: string, ...inside: string[]): string {
  const x = LEFTS[index];
  return (
    box(x, TOP, PANEL, 176, { "stroke-dasharray": "4 3", rx: 8 }) +
    label(x + 10, TOP + 17, name, { size: 12, fill: MUTED, mono: false }) +
    inside.join("")
  );
}

/** The verdict beside an arrow: a word first, so that the colour only repeats it. */
function verdict(x: number, y: number, { verdict: word, reason }: Reach): string {
  const width = Math.max(textWidth(word, 11), textWidth(reason, 11)) + 12;
  const fill = word === "refused" ? FILL.refused : word === "allowed" ? FILL.private : FILL.head;
  const second = reason === "" ? "" : label(x + 6, y + 27, reason, { size: 11 });
  return (
    box(x, y, width, reason === "" ? 19 : 34, { fill, stroke: "none", rx: 3 }) +
    label(x + 6, y + 13, word, { size: 11, bold: true }) +
    second
  );
}

function memory(index: 0 | 1, width: number, name: string, count: number): string {
  const x = LEFTS[index];
  const fill = index === 0 ? FILL.head : FILL.private;
  return (
    box(x, MEMORY_Y, width, 50, { fill, ...(index === 0 ? {} : { "stroke-width": 2.5 }) }) +
    label(x + width / 2, MEMORY_Y + 22, name, { bold: true, anchor: "middle" }) +
    label(x + width / 2, MEMORY_Y + 40, plural(count, "page"), { size: 11, anchor: "middle" })
  );
}

function draw(title: string, text: string, scene: Scene): string {
  const [left, middle, right] = LEFTS;
  const [upper, lower] = [TOP + 28, TOP + 112];
  const bottom = TOP + 176;
  const center = (x: number): number => x + PANEL / 2;
  const reaches = (from: number, to: number, reach: Reach): string =>
    arrow([from, bottom], [to, MEMORY_Y], { dashed: reach.verdict !== "allowed" });
  const parts = [
    panel(
      0,
      "normal world: the host",
      actor(left, upper, "host kernel", "KVM, iommufd", ACTOR_FILLS.kernel),
      actor(left, lower, "VMM", "a process", ACTOR_FILLS.VMM),
    ),
    panel(
      1,
      "realm world",
      actor(middle, upper, "firmware (RMM)", scene.tables, ACTOR_FILLS.firmware),
      actor(middle, lower, "guest", scene.vm, ACTOR_FILLS.realm),
    ),
    panel(
      2,
      "devices",
      actor(right, upper, "device", scene.device, ACTOR_FILLS.device),
      actor(right, lower, "SMMU", scene.stream, ACTOR_FILLS.SMMU),
    ),
    arrow([center(left), lower], [center(left), upper + 46]),
    label(center(left) + 8, lower - 14, "system calls", { size: 11, mono: false }),
    arrow([left + PANEL - 20, upper + 23], [middle + 20, upper + 23]),
    label(left + PANEL + GAP / 2, upper + 17, "SMC", { size: 11, anchor: "middle", mono: false }),
    arrow([center(middle), upper + 46], [center(middle), lower]),
    label(center(middle) + 8, lower - 14, "runs", { size: 11, mono: false }),
    arrow([center(right), upper + 46], [center(right), lower]),
    label(center(right) + 8, lower - 14, "DMA", { size: 11, mono: false }),
    reaches(left + 60, left + 60, scene.host),
    verdict(left + 70, bottom + 36, scene.host),
    reaches(left + 190, middle + 60, scene.hostToRealm),
    verdict(left + 240, bottom + 10, scene.hostToRealm),
    reaches(center(middle) + 50, center(middle) + 50, scene.guest),
    verdict(center(middle) + 60, bottom + 36, scene.guest),
    // Untrusted DMA goes to the host's memory, far off to the left; here it is told in words.
    ...(scene.dma.what === "realm memory" ? [reaches(right + 60, right + 60, scene.dma)] : []),
    verdict(right + 70, bottom + 36, scene.dma),
    ...(scene.dma.what === "realm memory"
      ? []
      : [label(right + 40, bottom + 30, "untrusted, to non-secure memory:", { size: 11 })]),
    memory(0, PANEL, "non-secure memory", scene.nonSecure),
    memory(1, 2 * PANEL + GAP, "realm memory", scene.realm),
  ];
  return card(title, text, right + PANEL + 16, MEMORY_Y + 50 + 16, parts.join(""));
}
