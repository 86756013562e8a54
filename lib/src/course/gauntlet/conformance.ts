// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { EINVAL, errnoName } from "../../base/errno.ts";
import { boot, type Host } from "../../boot.ts";
import { realms } from "../../explore/mappings.ts";
import { mapping, memoryOf, pageAt, RAM, type Stage, stage } from "../../explore/races/scene.ts";
import { IOMMU_VDEVICE_TSM_MAP } from "../../kernel/iommufd/uapi.ts";
import { iommu_vdevice_tsm_map } from "../../kernel/iommufd/uapi-structs.ts";
import { KVM_SET_USER_MEMORY_REGION2, kvm_userspace_memory_region2 } from "../../kernel/kvm/uapi.ts";
import type { KernelVariant } from "../../kernel/variant.ts";
import { writingGuest } from "../../user/guest.ts";
import { must, Vmm } from "../../user/vmm.ts";
import { assignDevice } from "../../user/vmm-device.ts";
import { runCall } from "./run-call.ts";
import { mappedCount, type OnTrial, outcomeText, ruleMiss, type Trial } from "./trial.ts";

/** First address that is not in the private half of a realm with 40 bits of addresses. */
const HALF = 2 ** 39;

/** Calls the ioctl with a range (bytes, end exclusive). */
function call({ host, device }: Stage, start_gpa: number, end_gpa: number): number {
  const bytes = iommu_vdevice_tsm_map({ vdevice_id: device.vdevice_id, start_gpa, end_gpa });
  return runCall(host, host.sys.tasks.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, bytes));
}

/** Calls the function itself: on its way through the ioctl a reversed range of the model becomes an empty one. */
function callDirectly({ host }: Stage, kernel: KernelVariant, start_gpa: number, end_gpa: number): number {
  const [kvm] = realms(host);
  if (kvm === undefined) throw new RangeError("there is no realm to call the function for");
  return runCall(host, kernel.kvm_map_private_memory(kvm, start_gpa, end_gpa));
}

/** What is wanted of a call. */
interface Wanted {
  readonly text: string;
  readonly good: (result: number, mapped: number) => boolean;
}

function all(pages: number): Wanted {
  return { text: `0, ${pages} mapped`, good: (result, mapped) => result === 0 && mapped === pages };
}

const REFUSED: Wanted = {
  text: `${errnoName(-EINVAL)}, 0 mapped`,
  good: (result, mapped) => result === -EINVAL && mapped === 0,
};
const ERROR: Wanted = {
  text: "a negative errno, 0 mapped",
  good: (result, mapped) => result < 0 && mapped === 0,
};

/** Either everything is taken back, or the caller learns how far it came. */
function told(pages: number): Wanted {
  return {
    text: `${pages} page${pages === 1 ? "" : "s"}, ${pages} mapped; or a negative errno, 0 mapped`,
    good: (result, mapped) => (result === pages && mapped === pages) || (result < 0 && mapped === 0),
  };
}

interface Case {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly wanted: Wanted;
  readonly set: (kernel: KernelVariant) => Stage;
  readonly start: number;
  readonly end: number;
  /** The function is called, and not the ioctl. */
  readonly directly?: boolean;
  /** Made before the call that counts. */
  readonly before?: (on: Stage) => void;
}

const twoPages = (kernel: KernelVariant): Stage => stage(kernel);

function beforeRealm(kernel: KernelVariant): Stage {
  const host: Host = boot({ memory: 1024 * PAGE_SIZE, kernel });
  const vmm = new Vmm(host);
  vmm.createVm();
  vmm.addMemory({ gpa: RAM, size: 2 * PAGE_SIZE });
  return { host, vmm, device: assignDevice(vmm) };
}

function withSlotAt(kernel: KernelVariant, gpa: number): Stage {
  const on = stage(kernel);
  on.vmm.addMemory({ gpa, size: PAGE_SIZE });
  return on;
}

/** A slot without a guest_memfd, right behind the two pages. */
function withPlainSlot(kernel: KernelVariant): Stage {
  const on = stage(kernel);
  const { host, vmm } = on;
  const region = kvm_userspace_memory_region2({
    slot: 7,
    guest_phys_addr: pageAt(2),
    memory_size: PAGE_SIZE,
    userspace_addr: host.user.allocate(PAGE_SIZE),
  });
  must("KVM_SET_USER_MEMORY_REGION2", host.sys.ioctl(vmm.vm, KVM_SET_USER_MEMORY_REGION2, region));
  return on;
}

const CASES: readonly Case[] = [
  {
    id: "two-pages",
    title: "both pages of a realm",
    why: "What was right must stay right.",
    wanted: all(2),
    set: twoPages,
    start: RAM,
    end: pageAt(2),
  },
  {
    id: "two-slots",
    title: "two pages in two slots",
    why: "A range may go over several slots: each page is looked up by itself.",
    wanted: all(2),
    set: (kernel) => stage(kernel, { slots: [1, 1] }),
    start: RAM,
    end: pageAt(2),
  },
  {
    id: "last-of-half",
    title: "the last page of the private half",
    why: "The end is exclusive, so a range may end where the private half ends.",
    wanted: all(1),
    set: (kernel) => withSlotAt(kernel, HALF - PAGE_SIZE),
    start: HALF - PAGE_SIZE,
    end: HALF,
  },
  {
    id: "empty",
    title: "an empty range",
    why: "A caller who asks for nothing has made a mistake, and is better told.",
    wanted: REFUSED,
    set: twoPages,
    start: RAM,
    end: RAM,
  },
  {
    id: "reversed",
    title: "a reversed range",
    why: "The end lies before the start: nothing that this could mean was meant.",
    wanted: REFUSED,
    set: twoPages,
    start: pageAt(2),
    end: RAM,
    directly: true,
  },
  {
    id: "unaligned-start",
    title: "from the middle of page 0 to the end of page 1",
    why: "The walk steps from the start in whole pages: what it does with the rest is an accident.",
    wanted: REFUSED,
    set: twoPages,
    start: RAM + 0x800,
    end: pageAt(2),
  },
  {
    id: "unaligned-end",
    title: "from page 0 to the middle of page 1",
    why: "Half a page cannot be mapped. Both ends have to be looked at.",
    wanted: REFUSED,
    set: twoPages,
    start: RAM,
    end: pageAt(1) + 0x800,
  },
  {
    id: "shared-half",
    title: "a slot in the shared half of the address space",
    why: "Addresses there are the shared alias. Mapping them takes another route, and nothing ever takes it back.",
    wanted: ERROR,
    set: (kernel) => withSlotAt(kernel, HALF),
    start: HALF,
    end: HALF + PAGE_SIZE,
  },
  {
    id: "no-realm",
    title: "before the realm exists",
    why: "Without a realm the firmware refuses, and the kernel must not warn about what user space did.",
    wanted: ERROR,
    set: beforeRealm,
    start: RAM,
    end: pageAt(2),
  },
  {
    id: "plain-slot",
    title: "a slot without a guest_memfd",
    why: "Memory that has no guest_memfd cannot be private.",
    wanted: REFUSED,
    set: withPlainSlot,
    start: pageAt(2),
    end: pageAt(3),
  },
  {
    id: "shared",
    title: "both pages, whose attribute is shared",
    why: "This is the first question of the patch: memory that VMM and guest believe shared was mapped as private.",
    wanted: REFUSED,
    set: (kernel) => stage(kernel, { shared: true }),
    start: RAM,
    end: pageAt(2),
  },
  {
    id: "second-shared",
    title: "two pages, of which the second is shared",
    why: "The attribute belongs to a page, not to the range, and the caller has to know what was done.",
    wanted: told(1),
    set: twoPages,
    start: RAM,
    end: pageAt(2),
    before: ({ vmm }) => vmm.setShared(pageAt(1), PAGE_SIZE),
  },
  {
    id: "half-there",
    title: "four pages, of which two are there",
    why: "Pages stayed mapped and the caller was not told, so it cannot go on, nor clean up.",
    wanted: told(2),
    set: twoPages,
    start: RAM,
    end: pageAt(4),
  },
  {
    id: "twice",
    title: "both pages, a second time",
    why: "Mapping again maps nothing: the reference that was taken for it has to go back.",
    wanted: all(2),
    set: twoPages,
    start: RAM,
    end: pageAt(2),
    before: (on) => {
      runCall(on.host, mapping(on, 0, 1));
    },
  },
  {
    id: "after-fault",
    title: "a page that the guest has touched already",
    why: "The guest's fault came first and mapped the page. The call maps nothing, and must keep nothing.",
    wanted: all(1),
    set: (kernel) => stage(kernel, { slots: [1], guest: writingGuest([[RAM, 1n]]) }),
    start: RAM,
    end: pageAt(1),
    before: ({ vmm }) => {
      for (const vcpu of vmm.vcpus) vmm.run(vcpu);
    },
  },
  {
    id: "file-closed",
    title: "after the guest_memfd was closed",
    why: "The slot is still there, and its file is not.",
    wanted: ERROR,
    set: twoPages,
    start: RAM,
    end: pageAt(2),
    before: (on) => {
      on.host.sys.close(memoryOf(on).guestMemfd);
    },
  },
];

function trialOf({ id, title, why, wanted, set, start, end, before, directly = false }: Case): Trial {
  return {
    id,
    title,
    play: ({ kernel }: OnTrial) => {
      const on = set(kernel);
      before?.(on);
      const result = directly ? callDirectly(on, kernel, start, end) : call(on, start, end);
      const got = outcomeText(on.host, result);
      if (!wanted.good(result, mappedCount(on.host))) return { call: title, expected: wanted.text, got, why };
      const context = { results: { M: result } };
      return ruleMiss(on.host, title, context);
    },
  };
}

/** Calls of the ioctl with nobody else at work, and what each has to come to. */
export const conformanceTrials: readonly Trial[] = CASES.map(trialOf);

/** Some of them, by id. */
export function conformanceOf(...ids: readonly string[]): Trial[] {
  return ids.map((id) => {
    const found = conformanceTrials.find((trial) => trial.id === id);
    if (found === undefined) throw new RangeError(`there is no case "${id}"`);
    return found;
  });
}
