// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { lateRealm, mapAt, pageFor, tablesOf } from "../../lib/src/course/exercises/map-ipa-labs.ts";
import { normalised } from "../../lib/src/course/prediction.ts";
import { mapIpaPredictions } from "../../lib/src/course/predictions/06.ts";
import {
  boot,
  following,
  KVM_PGTABLE_PROT_W,
  kvm_mmu_topup_memory_cache,
  mappedPages,
  newMemoryCache,
  PAGE_SIZE,
  realm_map_ipa,
  runSchedule,
  Vmm,
  vmOf,
} from "../../lib/src/index.ts";
import { GRANULE } from "../../lib/src/rmm/granules.ts";

const RAM = 0x8000_0000;

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => number | string> = {
  "06-first-page": () => {
    const vmm = new Vmm(boot());
    vmm.createVm(48);
    vmm.createRealm();
    vmm.activate();
    vmm.addMemory({ gpa: RAM, size: PAGE_SIZE });
    const kvm = vmOf(vmm.host);
    const pfn = pageFor(kvm, RAM);
    const events = vmm.host.trace.record(() => {
      mapAt(kvm, RAM, pfn);
    });
    return String(events.filter(({ kind }) => kind === "smc").length);
  },
  "06-refused": () => {
    const { host, kvm } = lateRealm();
    const pfn = pageFor(kvm, RAM);
    host.kernel.faults.arm("rmi", 1);
    return mapAt(kvm, RAM, pfn);
  },
  "06-last-call": () => {
    const { host, kvm } = lateRealm();
    const pfn = pageFor(kvm, RAM);
    const before = tablesOf(host);
    host.kernel.faults.arm("rmi", 7);
    mapAt(kvm, RAM, pfn);
    expect(mappedPages(host, RAM, RAM + PAGE_SIZE)).toEqual([]);
    return String(tablesOf(host) - before);
  },
  "06-alias": () => {
    const { host, kvm } = lateRealm();
    const pfn = pageFor(kvm, RAM);
    expect(mapAt(kvm, RAM + 2 ** 39, pfn)).toBe(0);
    return host.rmm.state.granules.stateOf(pfn) === GRANULE.NS ? "Non-secure" : "Realm";
  },
  "06-race": () => {
    const { host, kvm } = lateRealm();
    const before = tablesOf(host);
    const task = (ipa: number) => {
      const cache = newMemoryCache();
      kvm_mmu_topup_memory_cache(host.kernel.pages, cache, 2);
      return realm_map_ipa(kvm, ipa, pageFor(kvm, ipa), PAGE_SIZE, KVM_PGTABLE_PROT_W, cache);
    };
    const tasks = { A: task(RAM), B: task(RAM + PAGE_SIZE) };
    const { results } = runSchedule(host, tasks, following("AB".repeat(20)));
    expect(results).toEqual({ A: 0, B: 0 });
    return String(tablesOf(host) - before);
  },
};

it.each(mapIpaPredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);
