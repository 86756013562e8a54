// SPDX-License-Identifier: MIT
import type { Host } from "../../lib/src/boot.ts";
import type { Execution } from "../../lib/src/explore/execution.ts";
import { mappingsOf, realms } from "../../lib/src/explore/mappings.ts";
import type { Race } from "../../lib/src/explore/race.ts";
import { Search } from "../../lib/src/explore/search.ts";
import { gmemOf, KVM_GMEM_FOPS } from "../../lib/src/kernel/kvm/gmem-inode.ts";
import { allMemslots } from "../../lib/src/kernel/kvm/kvm.ts";

/** Everything about a host that the order of its tasks could have changed, as text. */
export function finalState(host: Host): string {
  const { kernel, rmm, machine } = host;
  const pages: unknown[] = [];
  kernel.pages.forEachUsed((pfn, references) => pages.push([pfn, references]));
  const granules: unknown[] = [];
  rmm.state.granules.forEachInUse((pfn, state, count) => granules.push([pfn, state, count]));
  const spaces: unknown[] = [];
  machine.gpt.forEachAssigned((pfn, pas) => spaces.push([pfn, pas]));
  const vms = realms(host).map((kvm) => ({
    mapped: mappingsOf(host, kvm),
    slots: allMemslots(kvm).map(({ id, base_gfn, npages, flags, gmem }) => [
      id,
      base_gfn,
      npages,
      flags,
      gmem.file !== undefined,
    ]),
    attributes: kvm.mem_attr_array.within(0, Number.POSITIVE_INFINITY),
    counts: [kvm.users_count, kvm.mmu_invalidate_seq, kvm.mmu_invalidate_in_progress, kvm.srcu.readers],
  }));
  const files = kernel.processes.map((process) => [
    process.killed,
    process.openFds().map((fd) => {
      const file = process.file(fd);
      const cached: unknown[] = [];
      if (file?.f_op.name === KVM_GMEM_FOPS)
        gmemOf(file).inode.forEachPage((index, pfn) => cached.push([index, pfn]));
      return [fd, file?.f_op.name, file?.f_count, cached];
    }),
  ]);
  // Tasks write to the log as they come; only what they wrote counts.
  const log = kernel.log.lines.map(({ text }) => text).sort();
  return JSON.stringify({ pages, granules, spaces, vms, files, log, audit: host.audit().sort() });
}

/** A search that takes down every state in which a run ends, with what the tasks returned and the rules it broke. */
export class EndingsSearch extends Search {
  readonly endings: Map<string, string> = new Map();

  override judge(execution: Execution): ReturnType<Search["judge"]> {
    const state = finalState(execution.host);
    const broken = super.judge(execution);
    const ending = JSON.stringify([
      execution.results,
      broken.map(({ rule, text }) => rule + text).sort(),
      state,
    ]);
    if (!this.endings.has(ending)) this.endings.set(ending, execution.schedule);
    return broken;
  }
}

/** The endings of a race by one way of searching, with a schedule for each. */
export function endingsOf(
  race: Race,
  kernel: string,
  search: (search: Search) => void,
  maxSchedules?: number,
): EndingsSearch {
  const taken = new EndingsSearch(race, kernel, maxSchedules);
  search(taken);
  return taken;
}
