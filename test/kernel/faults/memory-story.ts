// SPDX-License-Identifier: MIT
import type { Host } from "../../../lib/src/boot.ts";
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE } from "../../../lib/src/kernel/fs/uapi.ts";
import * as kvm from "../../../lib/src/kernel/kvm/uapi.ts";
import { readingGuest } from "../../../lib/src/user/guest.ts";
import { Vmm } from "../../../lib/src/user/vmm.ts";
import { createGmem, createVm, GPA, PAGE, setAttributes, setRegion } from "../../support/vm.ts";
import { type Tell, tellingStory } from "./telling-story.ts";

/**
 * What a VMM does with memory besides giving it to a realm: slots that come, move, log and go, attributes back and
 * forth, files that are filled and emptied, pages that are made present ahead.
 */
export function memoryStory(host: Host): string {
  return tellingStory(host, live);
}

function live(host: Host, tell: Tell): void {
  const { sys, user } = host;
  const vmm = new Vmm(host);
  vmm.createVm();
  const memory = vmm.addMemory({ gpa: GPA, size: 4 * PAGE });
  const vcpu = vmm.addVcpu(readingGuest([GPA + PAGE], { read: [] }));
  vmm.createRealm();
  vmm.finalizeVcpus();
  vmm.activate();

  const { vm } = vmm;
  const hva = user.allocate(2 * PAGE);
  const spare = tell("KVM_CREATE_GUEST_MEMFD", createGmem(host, vm, 4 * PAGE));
  const region = (slot: number, gpa: number, rest: object): number =>
    tell("KVM_SET_USER_MEMORY_REGION2", setRegion(host, vm, { slot, gpa, size: 2 * PAGE, ...rest }));
  region(1, 0x1_0000, { gmem: spare });
  region(2, 0x2_0000, { hva });
  region(2, 0x3_0000, { hva });
  region(2, 0x3_0000, { hva, flags: kvm.KVM_MEM_LOG_DIRTY_PAGES });
  region(1, 0x1_0000, { size: 0 });

  const attributes = (value: number): number =>
    tell("KVM_SET_MEMORY_ATTRIBUTES", setAttributes(host, vm, GPA, 2 * PAGE, value));
  attributes(0);
  attributes(kvm.KVM_MEMORY_ATTRIBUTE_PRIVATE);
  const ahead = kvm.kvm_pre_fault_memory({ gpa: GPA, size: 3 * PAGE });
  tell("KVM_PRE_FAULT_MEMORY", sys.ioctl(vcpu.fd, kvm.KVM_PRE_FAULT_MEMORY, ahead));
  vmm.run(vcpu);
  tell("fallocate", sys.fallocate(memory.guestMemfd, FALLOC_FL_KEEP_SIZE, 0, 4 * PAGE));
  const punch = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
  tell("fallocate", sys.fallocate(memory.guestMemfd, punch, PAGE, 2 * PAGE));
  attributes(0);
  tell("munmap", sys.munmap(hva, 2 * PAGE));

  const plain = tell("KVM_CREATE_VM", createVm(host, 0));
  tell("KVM_CREATE_VCPU", sys.ioctl(plain, kvm.KVM_CREATE_VCPU, 0));
  sys.close(memory.guestMemfd);
  sys.close(vm);
}
