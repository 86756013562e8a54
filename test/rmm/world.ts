// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../lib/src/base/address.ts";
import { PAS } from "../../lib/src/hw/granule-protection.ts";
import { Machine } from "../../lib/src/hw/machine.ts";
import type { RealmProgram } from "../../lib/src/hw/processor.ts";
import * as fid from "../../lib/src/rmm/fid.ts";
import { type rmi_realm_params as Params, rmi_realm_params } from "../../lib/src/rmm/realm-params.ts";
import { rmi_rec_params } from "../../lib/src/rmm/rec-params.ts";
import { rmi_rec_run } from "../../lib/src/rmm/rec-run.ts";
import { Rmm } from "../../lib/src/rmm/rmm.ts";
import { rmiResultName } from "../../lib/src/rmm/status.ts";

export const DRAM_BASE = 0x8000_0000;
/** Address of the first byte of the shared half in the realms that `makeRealm` makes by default. */
export const SHARED: number = 2 ** 38;

type RealmParams = NonNullable<Parameters<typeof Params>[0]>;

/** A machine with an RMM, and a host that hands out its pages one by one. */
export class World {
  readonly machine: Machine;
  readonly rmm: Rmm;
  readonly fid: typeof fid = fid;
  #next: number = DRAM_BASE;

  constructor(options: { deviceAssignment?: boolean; dramPages?: number } = {}) {
    this.machine = new Machine({ dramBase: DRAM_BASE, dramPages: options.dramPages ?? 65536 });
    this.rmm = new Rmm(this.machine, { deviceAssignment: options.deviceAssignment ?? false });
  }

  /** The next pages of the host's memory: address of the first, aligned to all of them. */
  take(pages = 1): number {
    const size = pages * PAGE_SIZE;
    const at = Math.ceil(this.#next / size) * size;
    this.#next = at + size;
    return at;
  }

  /** Makes a call that must succeed. */
  must(fid: number, ...x: number[]): number {
    const x0 = this.rmm.smc(fid, ...x);
    if (x0 !== 0) throw new Error(`call 0x${fid.toString(16)} answered ${rmiResultName(x0)}`);
    return x0;
  }

  /** Makes a call and answers its result in words. */
  smc(fid: number, ...x: number[]): string {
    return rmiResultName(this.rmm.smc(fid, ...x));
  }

  /** A page that the RMM takes for the host's, but which is in the Secure space. */
  securePage(): number {
    const pa = this.take();
    this.machine.gpt.assign((pa / PAGE_SIZE) as never, PAS.Secure);
    return pa;
  }

  /** Fresh pages, delegated: address of the first. */
  delegated(pages = 1): number {
    const at = this.take(pages);
    for (let i = 0; i < pages; i++) this.must(fid.RMI_GRANULE_DELEGATE, at + i * PAGE_SIZE);
    return at;
  }

  /** A page of the host with the given content. */
  page(bytes: Uint8Array): number {
    const pa = this.take();
    this.write(pa, bytes);
    return pa;
  }

  write(pa: number, bytes: Uint8Array): void {
    if (this.machine.bus.write(PAS.NonSecure, pa, bytes) !== undefined)
      throw new Error("not the host's page");
  }

  read(pa: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    if (this.machine.bus.read(PAS.NonSecure, pa, bytes) !== undefined) throw new Error("not the host's page");
    return bytes;
  }

  /** Makes a realm of 39 bits with one root table at level 1, unless told otherwise. Answers its RD. */
  makeRealm(params: RealmParams = {}): number {
    const rd = this.delegated();
    this.must(fid.RMI_REALM_CREATE, rd, this.page(this.realmParams(params)));
    return rd;
  }

  /** Parameters of a realm, with root tables that are delegated. */
  realmParams(params: RealmParams = {}): Uint8Array {
    const roots = params.rtt_num_start ?? 1;
    return rmi_realm_params({
      s2sz: 39,
      rtt_level_start: 1,
      num_bps: 1,
      num_wps: 1,
      vmid: this.#vmid++,
      rtt_num_start: roots,
      ...(params.rtt_base === undefined ? { rtt_base: this.delegated(roots) } : {}),
      ...params,
    });
  }
  #vmid = 1;

  /** Makes the tables down to level 3 for an address, from level `from` on. Answers the lowest. */
  makeTables(rd: number, ipa: number, from = 2, to = 3): number {
    let rtt = 0;
    for (let level = from; level <= to; level++) {
      rtt = this.delegated();
      const size = [2 ** 39, 2 ** 30, 2 ** 21][level - 1] as number;
      this.must(fid.RMI_RTT_CREATE, rd, rtt, ipa - (ipa % size), level);
    }
    return rtt;
  }

  /** Maps a fresh page at an address, with tables and RIPAS as they are. Answers the page. */
  mapUnknown(rd: number, ipa: number): number {
    const data = this.delegated();
    this.must(fid.RMI_DATA_CREATE_UNKNOWN, rd, data, ipa);
    return data;
  }

  /** Makes a REC, with a program. */
  makeRec(rd: number, program?: RealmProgram, index = 0, flags = 1): number {
    const rec = this.delegated();
    this.must(fid.RMI_REC_CREATE, rd, rec, this.page(this.recParams({ mpidr: index, flags })));
    if (program !== undefined) this.machine.programs.set(rec, program);
    return rec;
  }

  recParams(params: NonNullable<Parameters<typeof rmi_rec_params>[0]> = {}): Uint8Array {
    const aux = this.delegated(16);
    return rmi_rec_params({
      flags: 1,
      num_aux: 16,
      aux: Array.from({ length: 16 }, (_, i) => aux + i * PAGE_SIZE),
      ...params,
    });
  }

  readonly run: number = this.take();

  /** Enters a REC and answers what it left in the run page. */
  enter(rec: number, flags = 0, gprs: bigint[] = []): ReturnType<(typeof rmi_rec_run)["decode"]> {
    this.write(this.run, rmi_rec_run({ flags, enter_gprs: gprs }));
    this.must(fid.RMI_REC_ENTER, rec, this.run);
    return rmi_rec_run.decode(this.read(this.run, PAGE_SIZE));
  }
}
