// SPDX-License-Identifier: MIT
import { KVM_CREATE_GUEST_MEMFD, kvm_create_guest_memfd } from "../kernel/kvm/uapi.ts";
import { type GuestMemory, must } from "../user/vmm.ts";
import type { Design, GpaRange, VmmHands } from "./design.ts";
import { setSlot } from "./moves.ts";
import { PINNED, pinGuestMemfds } from "./pinned-gmem-kernel.ts";
import { separateHalves } from "./separate-halves.ts";

/** A file whose memory is there from the start and mapped whenever it is private. */
export const pinnedGmem: Design = {
  id: "C",
  title: "a pinned guest_memfd",
  origin: "the thread: Jason Gunthorpe, 28 July 2025",
  idea: "The guest_memfd allocates all its pages, and KVM maps private ones by itself once a device is bound.",
  boot: { kernel: "rfc-v1" },
  extend: ({ kernel }) => pinGuestMemfds(kernel),
  commands: new Map(),
  moves: (hands) => ({
    ...separateHalves(hands, () => 0),
    addMemory: (range) => addPinnedMemory(hands, range),
  }),
};

function addPinnedMemory({ vmm }: VmmHands, { start, end }: GpaRange): GuestMemory {
  const { sys, user } = vmm.host;
  const size = end - start;
  const create = kvm_create_guest_memfd({ size, flags: PINNED });
  const guestMemfd = must("KVM_CREATE_GUEST_MEMFD", sys.ioctl(vmm.vm, KVM_CREATE_GUEST_MEMFD, create));
  const shared = must("mmap", user.allocate(size));
  const memory: GuestMemory = { slot: vmm.memory.length, gpa: start, size, guestMemfd, shared };
  must("KVM_SET_USER_MEMORY_REGION2", setSlot(vmm, memory, size));
  vmm.memory.push(memory);
  return memory;
}
