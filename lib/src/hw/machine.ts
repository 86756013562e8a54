// SPDX-License-Identifier: MIT
import type { Pfn } from "../base/address.ts";
import { PAGE_SIZE } from "../base/address.ts";
import { Trace } from "../base/trace.ts";
import { GranuleProtectionTable } from "./granule-protection.ts";
import { MemoryBus } from "./memory-bus.ts";
import { Monitor } from "./monitor.ts";
import { PcieFunction } from "./pcie-function.ts";
import { PhysicalMemory } from "./physical-memory.ts";
import type { RealmProgram } from "./processor.ts";
import { Smmu } from "./smmu.ts";
import { Tlb } from "./tlb.ts";

/** What a machine is made of. */
export interface MachineOptions {
  /** First byte of DRAM: a physical address, a multiple of 4096. */
  readonly dramBase: number;
  /** Size of DRAM in pages of 4 KiB. */
  readonly dramPages: number;
  /** Where the machine tells what happens in it. */
  readonly trace?: Trace;
}

/** The hardware: memory with its protection table, EL3, the bus, translation caches, the IOMMU and its devices. */
export class Machine {
  readonly trace: Trace;
  readonly memory: PhysicalMemory;
  readonly gpt: GranuleProtectionTable;
  readonly monitor: Monitor;
  readonly bus: MemoryBus;
  /** Cached stage 2 translations of the processors. */
  readonly tlb: Tlb;
  /** The IOMMU of all devices. */
  readonly smmu: Smmu;
  /** The functions that are plugged in, by requester id. */
  readonly functions: Map<number, PcieFunction> = new Map();
  /** What runs in each REC, by the physical address of the REC (bytes). Without a program a REC only waits. */
  readonly programs: Map<number, RealmProgram> = new Map();

  constructor(options: MachineOptions) {
    this.trace = options.trace ?? new Trace();
    this.memory = new PhysicalMemory((options.dramBase / PAGE_SIZE) as Pfn, options.dramPages);
    this.gpt = new GranuleProtectionTable(this.memory);
    this.monitor = new Monitor(this.gpt);
    this.bus = new MemoryBus(this.memory, this.gpt);
    this.tlb = new Tlb();
    this.smmu = new Smmu(this.bus, this.trace);
  }

  /** Plugs in a PCIe function; one that has the id already is replaced. */
  plug(requesterId: number): PcieFunction {
    const plugged = new PcieFunction(requesterId, this.bus, this.smmu, this.trace);
    this.functions.set(requesterId, plugged);
    return plugged;
  }
}
