// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../base/address.ts";
import type { Design, GpaRange, VmmHands } from "./design.ts";
import {
  KVM_MEMORY_ENCRYPT_OP,
  KVM_TDX_INIT_MEM_REGION,
  kvm_tdx_cmd,
  kvm_tdx_init_mem_region,
  takeInitialMemory,
} from "./initial-memory-kernel.ts";
import { mapShared } from "./moves.ts";
import { separateHalves } from "./separate-halves.ts";

/** Memory is given to the guest before it starts, as TDX does. */
export const initialMemory: Design = {
  id: "E",
  title: "initial memory, as TDX has it",
  origin: "named in the thread: KVM_TDX_INIT_MEM_REGION",
  idea: "The VMM fills private memory through a vCPU before the guest is finalised; later the call is refused.",
  boot: { kernel: "rfc-v1" },
  extend: ({ kernel }) => takeInitialMemory(kernel),
  commands: new Map([[KVM_MEMORY_ENCRYPT_OP, "KVM_TDX_INIT_MEM_REGION"]]),
  moves: (hands) => {
    // The command points to its region, so that lies in user memory.
    const data = hands.host.user.allocate(kvm_tdx_init_mem_region.byteLength);
    const add = (range: GpaRange): number => addInitialMemory(hands, range, data);
    return {
      ...separateHalves(hands, add),
      beforeActivate: add,
      startUp: (_ofPrivate, ofShared) => mapShared(hands, ofShared),
    };
  },
};

function addInitialMemory({ vmm, memory }: VmmHands, { start, end }: GpaRange, data: number): number {
  const { sys, user } = vmm.host;
  const vcpu = vmm.vcpus[0];
  if (vcpu === undefined) throw new TypeError("addInitialMemory: the VM has no vCPU yet");
  const source_addr = memory.shared + (start - memory.gpa);
  const nr_pages = (end - start) / PAGE_SIZE;
  user.write(data, kvm_tdx_init_mem_region({ source_addr, gpa: start, nr_pages }));
  return sys.ioctl(vcpu.fd, KVM_MEMORY_ENCRYPT_OP, kvm_tdx_cmd({ id: KVM_TDX_INIT_MEM_REGION, data }));
}
