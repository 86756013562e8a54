// SPDX-License-Identifier: MIT
// What the firmware costs: pairs of GRANULE_DELEGATE and DATA_CREATE_UNKNOWN through smc(), from an empty realm on,
// with the tables that they need.
import { Machine } from "../../lib/dist/hw/machine.js";
import * as fid from "../../lib/dist/rmm/fid.js";
import { rmi_realm_params } from "../../lib/dist/rmm/realm-params.js";
import { Rmm } from "../../lib/dist/rmm/rmm.js";
import { bytesInUse, perSecond } from "./figures.mjs";

/** @typedef {import("./figures.mjs").Figure} Figure */

const PAGE = 4096;
const PAGES_PER_TABLE = 512;
const PAGES_PER_MIB = 256;
const DRAM_BASE = 0x8000_0000;

/** A realm with one root table at level 1, and a host that hands out its pages one after another. */
class Filler {
  /** @param {number} pages that will be mapped */
  constructor(pages) {
    const tables = Math.ceil(pages / PAGES_PER_TABLE) + Math.ceil(pages / PAGES_PER_TABLE ** 2);
    this.machine = new Machine({ dramBase: DRAM_BASE, dramPages: pages + tables + PAGES_PER_TABLE });
    this.rmm = new Rmm(this.machine);
    this.next = DRAM_BASE;
    const params = this.take();
    this.rd = this.delegated();
    const bytes = rmi_realm_params({
      s2sz: 39,
      rtt_level_start: 1,
      rtt_num_start: 1,
      rtt_base: this.delegated(),
      num_bps: 1,
      num_wps: 1,
    });
    this.machine.memory.bytes(/** @type {any} */ (params / PAGE)).set(bytes);
    must(this.rmm.smc(fid.RMI_REALM_CREATE, this.rd, params));
  }

  take() {
    const pa = this.next;
    this.next += PAGE;
    return pa;
  }

  delegated() {
    const pa = this.take();
    must(this.rmm.smc(fid.RMI_GRANULE_DELEGATE, pa));
    return pa;
  }

  /**
   * @param {number} ipa
   * @param {number} level
   */
  makeTable(ipa, level) {
    must(this.rmm.smc(fid.RMI_RTT_CREATE, this.rd, this.delegated(), ipa, level));
  }

  /** @param {number} pages */
  map(pages) {
    const { rmm, rd } = this;
    for (let page = 0; page < pages; page += PAGES_PER_TABLE) {
      if (page % PAGES_PER_TABLE ** 2 === 0) this.makeTable(page * PAGE, 2);
      this.makeTable(page * PAGE, 3);
      const end = Math.min(page + PAGES_PER_TABLE, pages);
      for (let ipa = page * PAGE; ipa < end * PAGE; ipa += PAGE) {
        const data = this.next;
        this.next += PAGE;
        const x0 =
          rmm.smc(fid.RMI_GRANULE_DELEGATE, data) | rmm.smc(fid.RMI_DATA_CREATE_UNKNOWN, rd, data, ipa);
        if (x0 !== 0) must(x0);
      }
    }
  }

  /** Maps 512 pages that can become a block. */
  mapBlock() {
    this.makeTable(0, 2);
    this.makeTable(0, 3);
    while (this.next % (PAGE * PAGES_PER_TABLE) !== 0) this.take();
    for (let ipa = 0; ipa < PAGE * PAGES_PER_TABLE; ipa += PAGE) {
      must(this.rmm.smc(fid.RMI_DATA_CREATE_UNKNOWN, this.rd, this.delegated(), ipa));
    }
  }

  /** Makes 512 entries one, and 512 again. */
  foldAndUnfold() {
    must(this.rmm.smc(fid.RMI_RTT_FOLD, this.rd, 0, 3));
    must(this.rmm.smc(fid.RMI_RTT_CREATE, this.rd, this.rmm.out.x1, 0, 3));
  }
}

/** @param {number} x0 */
function must(x0) {
  if (x0 !== 0) throw new Error(`an RMI call of the benchmark answered 0x${x0.toString(16)}`);
}

/**
 * @param {number} pages
 * @param {number} runs
 */
function pairsPerSecond(pages, runs) {
  return perSecond({
    units: pages,
    runs,
    prepare: () => new Filler(pages),
    work: (filler) => filler.map(pages),
  });
}

/**
 * Pairs a second, memory for each page beyond its table entry, and the time of a fold.
 *
 * @returns {Record<string, Figure>}
 */
export function measureRmi() {
  const pages = 1024 * PAGES_PER_MIB;
  pairsPerSecond(pages, 2);
  return {
    "rmi.pairsPerSecond": { value: pairsPerSecond(pages, 7), unit: "pairs/s", note: "1 GiB, median of 7" },
    "rmi.bytesPerPage": {
      value: heapPerPage(pages),
      unit: "bytes/page",
      note: "beyond the bytes of the translation tables",
    },
    "rmi.foldUnfold": { value: foldMicroseconds(), unit: "us", note: "512 entries to one and back" },
  };
}

/** @param {number} pages */
function heapPerPage(pages) {
  const filler = new Filler(pages);
  const before = settledBytes();
  const written = filler.machine.memory.writtenPages;
  filler.map(pages);
  const tables = (filler.machine.memory.writtenPages - written) * PAGE;
  return (settledBytes() - before - tables) / pages;
}

/** Bytes in use once nothing is freed any more: buffers of earlier runs go some time after their owners. */
function settledBytes() {
  let bytes = bytesInUse();
  for (let i = 0; i < 10; i++) bytes = Math.min(bytes, bytesInUse());
  return bytes;
}

function foldMicroseconds() {
  const rounds = 2000;
  const filler = new Filler(2048);
  filler.mapBlock();
  const rate = perSecond({
    units: rounds,
    runs: 5,
    prepare: () => filler,
    work: () => {
      for (let i = 0; i < rounds; i++) filler.foldAndUnfold();
    },
  });
  return 1e6 / rate;
}

/** Sizes of memory, in MiB, over which the growth of the cost is measured. */
const SIZES_MIB = [1, 16, 256, 4096, 65_536];

/**
 * How the cost of a page grows with the realm, as the ratio to a realm of 256 MiB in the same run: a cost that grows
 * linearly with the memory keeps all ratios near 1.
 *
 * @returns {Record<string, Figure>}
 */
export function measureGrowth() {
  const rates = SIZES_MIB.map((mib) => {
    const pages = mib * PAGES_PER_MIB;
    // Small realms are measured many times over, so that the clock sees enough.
    const runs = Math.min(501, Math.max(1, Math.ceil(65_536 / pages)));
    return pairsPerSecond(pages, runs % 2 === 0 ? runs + 1 : runs);
  });
  const reference = rates[SIZES_MIB.indexOf(256)] ?? 0;
  return Object.fromEntries(
    SIZES_MIB.map((mib, i) => [
      `rmi.costPerPage.${mib < 1024 ? `${mib}MiB` : `${mib / 1024}GiB`}`,
      { value: reference / (rates[i] ?? 1), unit: "of the cost at 256 MiB" },
    ]),
  );
}
