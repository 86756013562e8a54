// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE, type Pfn, pfnToPa } from "../base/address.ts";
import { errnoName } from "../base/errno.ts";
import type { Host } from "../boot.ts";
import { PAS } from "../hw/granule-protection.ts";
import { WORDS_PER_PAGE } from "../hw/physical-memory.ts";
import { gmemOf } from "../kernel/kvm/gmem-inode.ts";
import { kvm_mem_is_private } from "../kernel/kvm/memory-attributes.ts";
import { gfn_to_memslot } from "../kernel/kvm/memslots.ts";
import { type Mapping, mappingsOf, realms } from "./mappings.ts";
import type { BrokenRule } from "./race.ts";

/** A call that was asked to map a range of guest memory (bytes, end exclusive). */
export interface MapRequest {
  /** Letter of the task. */
  readonly task: string;
  readonly start_gpa: number;
  readonly end_gpa: number;
}

/** What a rule may know besides the state of the machine. */
export interface RuleContext {
  /** What each task returned, by its letter. */
  readonly results?: Readonly<Record<string, number>>;
  /** Requests whose range nobody else maps. */
  readonly mapsAlone?: readonly MapRequest[];
  /** Requests whose range nobody takes away. */
  readonly staysMapped?: readonly MapRequest[];
  /** What the audit found, for several rules to read. @default the machine is audited */
  readonly audit?: readonly string[];
}

/** Something that must hold whenever no call is under way, whatever the order in which things happened. */
export interface Rule {
  /** Short name, used in tables and links. */
  readonly id: string;
  readonly title: string;
  /** The rule, as one or two sentences. */
  readonly text: string;
  /** One entry for each place where the rule does not hold; none is good. */
  readonly check: (host: Host, context: RuleContext) => readonly BrokenRule[];
}

/**
 * The 8 bytes that guests and devices of the races write into private memory. They are a secret of the realm: the
 * host must never read them.
 */
export const REALM_SECRET = 0x5ec2_e75e_c2e7_5ec2n;

const SECRET_BYTES: readonly number[] = Array.from({ length: 8 }, (_, i) =>
  Number((REALM_SECRET >> BigInt(8 * i)) & 0xffn),
);

/** The same bytes, for a device to write. */
export function secretBytes(): Uint8Array {
  return Uint8Array.from(SECRET_BYTES);
}

type Findings = (host: Host, context: RuleContext) => readonly string[];

function rule(id: string, title: string, text: string, findings: Findings): Rule {
  const check = (host: Host, context: RuleContext): readonly BrokenRule[] =>
    findings(host, context).map((found) => ({ rule: id, text: found }));
  return { id, title, text, check };
}

function about({ gpa, pfn }: Mapping): string {
  return `guest address ${hex(gpa)} is mapped to frame ${hex(pfn)}`;
}

/** What an audit finds, sorted by the rule that it belongs to: by what each sentence says. */
const AUDIT_RULES: readonly (readonly [rule: string, sentence: RegExp])[] = [
  ["no-lock-left", /is held|readers inside|in_progress is not 0|invalidate_count is not 0/],
  ["no-lost-granule", /^granule .* no live realm or device uses it$|, but nothing owns it\.$/],
  ["references-balance", /^page .*(that nobody owns|lacks \d+ reference)|^VMID /],
  ["no-freed-frame", /^page .* is in use although it is free$/],
  ["protection-and-tables", /^The (granule|entry) /],
];

function auditRule(sentence: string): string {
  return AUDIT_RULES.find(([, says]) => says.test(sentence))?.[0] ?? "objects-in-order";
}

function audited(host: Host, { audit = host.audit() }: RuleContext, id: string): readonly string[] {
  return audit.filter((sentence) => auditRule(sentence) === id);
}

/** Frames that a device could reach through its realm's tables, or through a translation that the SMMU still caches. */
function freedFrames(host: Host, context: RuleContext): string[] {
  const { pages } = host.kernel;
  const mapped = realms(host).flatMap((kvm) => mappingsOf(host, kvm));
  const inTables = mapped.filter(({ pfn }) => pages.page_count(pfn) === 0);
  const cached = host.machine.smmu.tlb.frames().filter((pfn) => pages.page_count(pfn) === 0);
  return [
    ...inTables.map((mapping) => `${about(mapping)}, which is free`),
    ...cached.map((pfn) => `the SMMU still translates to frame ${hex(pfn)}, which is free`),
    ...audited(host, context, "no-freed-frame").filter(
      (sentence) => !inTables.some(({ pfn }) => sentence.startsWith(`page ${hex(pfn)} `)),
    ),
  ];
}

function strangePages(host: Host): string[] {
  return realms(host).flatMap((kvm) =>
    mappingsOf(host, kvm).flatMap((mapping) => {
      if (mapping.shared) return [];
      const slot = gfn_to_memslot(kvm, mapping.gfn);
      if (slot === undefined) return [`${about(mapping)}, but no slot has this address`];
      const { file, pgoff } = slot.gmem;
      if (file === undefined) return [`${about(mapping)}, but slot ${slot.id} has no guest_memfd`];
      const inFile = gmemOf(file).inode.pageAt(mapping.gfn - slot.base_gfn + pgoff);
      if (inFile === mapping.pfn) return [];
      const instead = inFile === 0 ? "no page there" : `frame ${hex(inFile)} there`;
      return [`${about(mapping)}, but the file has ${instead}`];
    }),
  );
}

function wrongHalves(host: Host): string[] {
  return realms(host).flatMap((kvm) =>
    mappingsOf(host, kvm)
      .filter(({ gfn, shared }) => kvm_mem_is_private(kvm, gfn) === shared)
      .map((mapping) => {
        const [is, says] = mapping.shared ? ["shared", "private"] : ["private", "shared"];
        return `${about(mapping)} as ${is} memory, but its attribute says ${says}`;
      }),
  );
}

/** True when the 8 bytes of the secret stand anywhere in a page. They are always written to a multiple of 8. */
function holdsSecret(words: Uint32Array): boolean {
  const low = Number(REALM_SECRET & 0xffff_ffffn);
  const high = Number(REALM_SECRET >> 32n);
  for (let i = 0; i < WORDS_PER_PAGE; i += 2) if (words[i] === low && words[i + 1] === high) return true;
  return false;
}

function readableSecrets(host: Host): string[] {
  const { bus, memory } = host.machine;
  const found: string[] = [];
  for (let i = 0; i < memory.pages; i++) {
    const pfn = (memory.basePfn + i) as Pfn;
    const words = memory.peek(pfn);
    if (words === undefined || !holdsSecret(words) || bus.check(PAS.NonSecure, pfn) !== undefined) continue;
    found.push(`the host can read the realm's data at ${hex(pfnToPa(pfn))}`);
  }
  return found;
}

/** The pages of a request that are mapped, by address. */
function mappedOf(host: Host, { start_gpa, end_gpa }: MapRequest): Set<number> {
  const all = realms(host).flatMap((kvm) => mappingsOf(host, kvm));
  const inside = all.filter(({ shared, gpa }) => !shared && gpa + PAGE_SIZE > start_gpa && gpa < end_gpa);
  return new Set(inside.map(({ gpa }) => gpa));
}

/** Pages that the caller was not told of: it had an error, which says nothing was done, or a number, which says how many. */
function unreported(host: Host, { results = {}, mapsAlone = [] }: RuleContext): string[] {
  return mapsAlone.flatMap((request) => {
    const result = results[request.task] ?? 0;
    const told = result === 0 ? request.end_gpa : request.start_gpa + Math.max(0, result) * PAGE_SIZE;
    const left = [...mappedOf(host, request)].filter((gpa) => gpa >= told);
    if (left.length === 0) return [];
    return [`${request.task} returned ${outcome(result)}, but ${left.map(hex).join(", ")} stayed mapped`];
  });
}

function missing(host: Host, { results = {}, staysMapped = [] }: RuleContext): string[] {
  return staysMapped.flatMap((request) => {
    if (results[request.task] !== 0) return [];
    const mapped = mappedOf(host, request);
    const pages = (request.end_gpa - request.start_gpa) / PAGE_SIZE;
    if (mapped.size === pages) return [];
    return [`${request.task} returned 0, but ${mapped.size} of ${pages} pages are mapped`];
  });
}

function outcome(result: number): string {
  if (result <= 0) return errnoName(result);
  return result === 1 ? "1 page" : `${result} pages`;
}

/** The rules that every race is judged by, the gravest first. */
export const rules: readonly Rule[] = [
  rule(
    "no-freed-frame",
    "No freed frame is reachable",
    "A frame that the allocator may hand out again is mapped nowhere: no device, guest or cached translation reaches it.",
    freedFrames,
  ),
  rule(
    "no-realm-data-readable",
    "No realm data is readable by the host",
    "What a realm or its device wrote into private memory is wiped before the host can read the frame.",
    readableSecrets,
  ),
  rule(
    "protection-and-tables",
    "Protection table and translation tables agree",
    "A granule that the firmware uses is in the Realm space, has one owner and the right count; no other granule is there.",
    (host, context) => audited(host, context, "protection-and-tables"),
  ),
  rule(
    "no-kernel-warning",
    "No kernel warning is reachable",
    "User space cannot make the kernel warn or oops: with panic_on_warn a warning is the end of the machine.",
    (host) =>
      host.kernel.log.lines
        .filter(({ level }) => level !== "info")
        .map(({ level, text }) => `${level}: ${text}`),
  ),
  rule(
    "no-lock-left",
    "No lock is left held",
    "When no call is under way, no lock is held, no reader is in an SRCU section, and no invalidation is in progress.",
    (host, context) => audited(host, context, "no-lock-left"),
  ),
  rule(
    "references-balance",
    "References balance",
    "Each reference has an owner. A mapped page has one of the page cache and one of its entry; more is a leak.",
    (host, context) => audited(host, context, "references-balance"),
  ),
  rule(
    "no-lost-granule",
    "No granule is lost",
    "A granule that was delegated belongs to a live realm or device, or comes back to the host.",
    (host, context) => audited(host, context, "no-lost-granule"),
  ),
  rule(
    "page-of-the-file",
    "The page that is mapped is the page in the file",
    "A private mapping lies in a slot, and its page is the one that the slot's guest_memfd has at this place.",
    strangePages,
  ),
  rule(
    "attribute-and-mapping",
    "Attribute and mapping agree",
    "Memory that is mapped as private has the attribute PRIVATE, and memory that is mapped as shared has not.",
    wrongHalves,
  ),
  rule(
    "objects-in-order",
    "Slots, files and objects are in order",
    "Slots and bindings point at each other and at nothing that was freed; every object counts its users right.",
    (host, context) => audited(host, context, "objects-in-order"),
  ),
  rule(
    "caller-knows",
    "The caller knows what was mapped",
    "After an error nothing of the range is mapped by this call; after a number, nothing beyond that many pages.",
    unreported,
  ),
  rule(
    "success-is-mapped",
    "Success means mapped",
    "When the call returned 0 and nobody took the memory away, the whole range is mapped.",
    missing,
  ),
];

/** The rule of an id. Throws a RangeError with the known ids. */
export function ruleById(id: string): Rule {
  const found = rules.find((one) => one.id === id);
  if (found === undefined)
    throw new RangeError(`there is no rule "${id}"; there are ${rules.map((one) => one.id).join(", ")}`);
  return found;
}

/**
 * Everything that is wrong with a machine on which no call is under way, by rule.
 *
 * @example
 * ```ts
 * brokenRules(host); // [{ rule: "references-balance", text: "page 0x880012 has 1 reference that nobody owns" }]
 * ```
 */
export function brokenRules(host: Host, context: RuleContext = {}): BrokenRule[] {
  const shared = { ...context, audit: host.audit() };
  return rules.flatMap(({ check }) => check(host, shared));
}
