// SPDX-License-Identifier: MIT
import { PAGE_SIZE, type Pfn } from "../../base/address.ts";
import { EADDRINUSE, EEXIST, EINVAL, ENOENT, ENOMEM, EOVERFLOW, EPERM } from "../../base/errno.ts";
import type { Kernel } from "../kernel.ts";
import { iopt_alloc_iova } from "./iova-placement.ts";
import { holes, type IovaRange, overlaps, ULONG_MAX } from "./iova-ranges.ts";
import type { iopt_pages } from "./pages.ts";

const PAGE = BigInt(PAGE_SIZE);
/** Page sizes of the SMMU: 4 KiB, 2 MiB and 1 GiB. */
const SMMU_PGSIZES = (2n ** 12n) | (2n ** 21n) | (2n ** 30n);
/** Bits of I/O address that a domain of the SMMU translates. */
const APERTURE_BITS = 48n;

/** Rights of a mapping. */
export interface IommuProt {
  readonly read: boolean;
  readonly write: boolean;
}

/** A part of some memory, in bytes from the start of its pages. */
export interface PagesElm {
  readonly pages: iopt_pages;
  readonly start_byte: number;
  readonly length: bigint;
}

/** How an unmapping ended, and how many bytes are gone, also where it was an error that ended it. */
export interface Unmapped {
  readonly result: number;
  readonly bytes: bigint;
}

/** A mapped range. Areas never overlap, are never joined, and split by VFIO's first version only. @kernel struct iopt_area */
interface iopt_area extends IovaRange {
  readonly pages: iopt_pages;
  readonly start_byte: number;
  readonly prot: IommuProt;
}

/** A reserved range, and on whose behalf. */
interface Reserved extends IovaRange {
  readonly owner: object;
}

/**
 * An address space of a device: areas of memory by I/O address. Once a domain is attached, the memory of all areas
 * is pinned, and the domain's device reaches it.
 *
 * Simplified: a domain has no tables of its own; it looks its translation up in the areas.
 *
 * @kernel drivers/iommu/iommufd/io_pagetable.c
 */
export class io_pagetable {
  readonly #kernel: Kernel;
  /** By ascending address. */
  #areas: iopt_area[] = [];
  #allowed: readonly IovaRange[] = [];
  #reserved: readonly Reserved[] = [];
  /** Domains, each with the alignment it asks for in bytes. */
  readonly #domains = new Set<object>();
  iova_alignment = 1n;
  disable_large_pages = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /**
   * Maps the elements one after another, at `iova` or, if that is `undefined`, at a place of its own choice.
   * Answers the address, or -EINVAL, -EOVERFLOW, -EEXIST, -ENOSPC, -EPERM, -ENOMEM or what pinning says.
   */
  iopt_map_pages(elements: readonly PagesElm[], iova: bigint | undefined, prot: IommuProt): bigint | number {
    const length = elements.reduce((sum, element) => sum + element.length, 0n);
    if (length === 0n || length % this.iova_alignment !== 0n) return -EINVAL;
    const placed = iova === undefined ? this.#choose_iova(elements, length) : iova;
    if (typeof placed === "number") return placed;
    const error = this.#check_iova(placed, length);
    if (error !== 0) return error;

    const made: iopt_area[] = [];
    let start = placed;
    for (const { pages, start_byte, length: bytes } of elements) {
      const area = { start, last: start + bytes - 1n, pages, start_byte, prot };
      const result = this.#insert_area(area);
      if (result !== 0) {
        for (const area of made) this.#remove_area(area);
        return result;
      }
      made.push(area);
      start += bytes;
    }
    return placed;
  }

  /** The memory behind a range that areas cover without a gap; -ENOENT otherwise. */
  iopt_get_pages(iova: bigint, length: bigint): PagesElm[] | number {
    if (length === 0n) return -EINVAL;
    const last = iova + length - 1n;
    if (last > ULONG_MAX) return -EOVERFLOW;
    const elements: PagesElm[] = [];
    let next = iova;
    for (const area of this.#areas) {
      if (area.last < next || next > last) continue;
      if (area.start > next) return -ENOENT;
      const end = area.last < last ? area.last : last;
      const start_byte = area.start_byte + Number(next - area.start);
      elements.push({ pages: area.pages, start_byte, length: end - next + 1n });
      next = end + 1n;
    }
    return next > last ? elements : -ENOENT;
  }

  /**
   * Unmaps the areas inside a range, in ascending order. One that reaches out of the range ends the walk with
   * -ENOENT; those before it are gone by then.
   */
  iopt_unmap_iova(iova: bigint, length: bigint): Unmapped {
    if (length === 0n) return { result: -EINVAL, bytes: 0n };
    const last = iova + length - 1n;
    if (last > ULONG_MAX) return { result: -EOVERFLOW, bytes: 0n };
    let bytes = 0n;
    for (;;) {
      const area = this.#areas.find((candidate) => overlaps(candidate, { start: iova, last }));
      if (area === undefined) break;
      if (area.start < iova || area.last > last) return { result: -ENOENT, bytes };
      this.#remove_area(area);
      bytes += area.last - area.start + 1n;
    }
    return { result: bytes === 0n ? -ENOENT : 0, bytes };
  }

  /**
   * Makes two areas of each one that some address (`iovas`) lies in: the first ends there. Nothing happens at the
   * first and at the last address of an area. Returns -EINVAL for a cut that is not aligned, and -ENOMEM.
   *
   * @kernel drivers/iommu/iommufd/io_pagetable.c iopt_cut_iova
   */
  iopt_cut_iova(iovas: readonly bigint[]): number {
    for (const iova of iovas) {
      const area = this.#areas.find(({ start, last }) => start <= iova && iova <= last);
      if (area === undefined || iova === area.start || iova === area.last) continue;
      const result = this.#split_area(area, iova);
      if (result !== 0) return result;
    }
    return 0;
  }

  /** Unmaps everything; also when there is nothing. */
  iopt_unmap_all(): bigint {
    const all = this.#areas.reduce((sum, area) => sum + (area.last - area.start + 1n), 0n);
    for (const area of [...this.#areas]) this.#remove_area(area);
    return all;
  }

  /** Page sizes that all domains can map, one bit each; without a domain every size from a page on. */
  get pgsizes(): bigint {
    return this.#domains.size > 0 ? SMMU_PGSIZES : ULONG_MAX - PAGE + 1n;
  }

  /** Usable ranges: everything that is not reserved. */
  usableRanges(): IovaRange[] {
    return holes({ start: 0n, last: ULONG_MAX }, this.#reserved);
  }

  /** Restricts the addresses that may be chosen. Returns -EADDRINUSE if one of them is reserved. */
  iopt_set_allow_iova(allowed: readonly IovaRange[]): number {
    if (allowed.some((range) => this.#reserved.some((other) => overlaps(range, other)))) return -EADDRINUSE;
    this.#allowed = allowed;
    return 0;
  }

  /** Keeps a range free. Returns -EADDRINUSE when something is mapped or allowed there. */
  iopt_reserve_iova(start: bigint, last: bigint, owner: object): number {
    const range = { start, last };
    if (this.#areas.some((area) => overlaps(area, range))) return -EADDRINUSE;
    if (this.#allowed.some((allowed) => overlaps(allowed, range))) return -EADDRINUSE;
    if (this.#kernel.faults.hit("alloc")) return -ENOMEM;
    this.#reserved = [...this.#reserved, { ...range, owner }];
    return 0;
  }

  iopt_remove_reserved_iova(owner: object): void {
    this.#reserved = this.#reserved.filter((reserved) => reserved.owner !== owner);
  }

  /**
   * Lets a domain show the areas. Returns -EADDRINUSE when an area does not fit its alignment or its width, and
   * what pinning says; then the domain is not attached.
   */
  iopt_table_add_domain(domain: object): number {
    if (!this.#hasWholePages()) return -EADDRINUSE;
    const reserved = this.iopt_reserve_iova(2n ** APERTURE_BITS, ULONG_MAX, domain);
    if (reserved !== 0) return reserved;
    for (const [done, area] of this.#areas.entries()) {
      const pinned = pinArea(area);
      if (pinned === 0) continue;
      for (const earlier of this.#areas.slice(0, done)) unpinArea(earlier);
      this.iopt_remove_reserved_iova(domain);
      return pinned;
    }
    this.#domains.add(domain);
    this.#calculate_iova_alignment();
    return 0;
  }

  iopt_table_remove_domain(domain: object): void {
    this.#domains.delete(domain);
    for (const area of this.#areas) unpinArea(area);
    this.iopt_remove_reserved_iova(domain);
    this.#calculate_iova_alignment();
  }

  /**
   * Forbids mappings larger than a page. Returns -EINVAL once a domain maps something, and -EADDRINUSE when an area
   * does not consist of whole pages.
   */
  iopt_disable_large_pages(): number {
    if (this.disable_large_pages) return 0;
    if (this.#domains.size > 0 && this.#areas.length > 0) return -EINVAL;
    if (!this.#hasWholePages()) return -EADDRINUSE;
    this.disable_large_pages = true;
    this.#calculate_iova_alignment();
    return 0;
  }

  iopt_enable_large_pages(): void {
    this.disable_large_pages = false;
    this.#calculate_iova_alignment();
  }

  /** The page that a domain's device reaches at an I/O address, and what it may do there. */
  translate(iova: number): { readonly pfn: Pfn; readonly prot: IommuProt } | undefined {
    const at = BigInt(iova);
    const area = this.#areas.find((candidate) => candidate.start <= at && at <= candidate.last);
    if (area === undefined) return undefined;
    const byte = area.start_byte + Number(at - area.start);
    const pfn = area.pages.pinned(Math.floor(byte / PAGE_SIZE));
    return pfn === undefined ? undefined : { pfn, prot: area.prot };
  }

  /** The memory of all areas, each as often as an area shows it. */
  allPages(): iopt_pages[] {
    return this.#areas.map((area) => area.pages);
  }

  /** @kernel drivers/iommu/iommufd/io_pagetable.c iopt_check_iova_alignment */
  #hasWholePages(): boolean {
    return this.#areas.every(
      ({ start, last, start_byte }) =>
        start % PAGE === 0n && (last + 1n) % PAGE === 0n && start_byte % PAGE_SIZE === 0,
    );
  }

  #calculate_iova_alignment(): void {
    this.iova_alignment = this.#domains.size > 0 || this.disable_large_pages ? PAGE : 1n;
  }

  #check_iova(iova: bigint, length: bigint): number {
    if (iova % this.iova_alignment !== 0n) return -EINVAL;
    const range = { start: iova, last: iova + length - 1n };
    if (range.last > ULONG_MAX) return -EOVERFLOW;
    if (this.#reserved.some((reserved) => overlaps(reserved, range))) return -EINVAL;
    return this.#areas.some((area) => overlaps(area, range)) ? -EEXIST : 0;
  }

  /** A place of the table's own choice, by the alignment that the memory of the first element has. */
  #choose_iova(elements: readonly PagesElm[], length: bigint): bigint | number {
    const { pages, start_byte } = elements[0] as PagesElm;
    const { source } = pages;
    const addr = BigInt((source.type === "IOPT_ADDRESS_USER" ? source.uptr : source.start) + start_byte);
    const { iova_alignment } = this;
    const taken = [...this.#reserved, ...this.#areas];
    return iopt_alloc_iova({ addr, length, iova_alignment }, this.#allowed, taken);
  }

  #insert_area(area: iopt_area): number {
    if (this.#kernel.faults.hit("alloc")) return -ENOMEM;
    if (area.prot.write && !area.pages.writable) return -EPERM;
    if (BigInt(area.start_byte % PAGE_SIZE) % this.iova_alignment !== 0n) return -EINVAL;
    for (let filled = 0; filled < this.#domains.size; filled++) {
      const result = pinArea(area);
      if (result === 0) continue;
      for (; filled > 0; filled--) unpinArea(area);
      return result;
    }
    area.pages.iopt_get_pages();
    const after = this.#areas.findIndex((other) => other.start > area.start);
    this.#areas.splice(after < 0 ? this.#areas.length : after, 0, area);
    return 0;
  }

  /** The two parts show the same pages, and what is pinned stays so. */
  #split_area(area: iopt_area, last: bigint): number {
    const start = last + 1n;
    const start_byte = area.start_byte + Number(start - area.start);
    if (start % this.iova_alignment !== 0n || BigInt(start_byte) % this.iova_alignment !== 0n) return -EINVAL;
    if (this.#kernel.faults.hit("alloc") || this.#kernel.faults.hit("alloc")) return -ENOMEM;
    area.pages.iopt_get_pages();
    const parts = [
      { ...area, last },
      { ...area, start, start_byte },
    ];
    this.#areas.splice(this.#areas.indexOf(area), 1, ...parts);
    return 0;
  }

  #remove_area(area: iopt_area): void {
    for (let domain = 0; domain < this.#domains.size; domain++) unpinArea(area);
    this.#areas = this.#areas.filter((other) => other !== area);
    area.pages.iopt_put_pages();
  }
}

function pagesOf(area: iopt_area): readonly [number, number] {
  const first = Math.floor(area.start_byte / PAGE_SIZE);
  const bytes = area.start_byte + Number(area.last - area.start + 1n);
  return [first, Math.ceil(bytes / PAGE_SIZE) - first];
}

function pinArea(area: iopt_area): number {
  return area.pages.pin(...pagesOf(area));
}

function unpinArea(area: iopt_area): void {
  area.pages.unpin(...pagesOf(area));
}
