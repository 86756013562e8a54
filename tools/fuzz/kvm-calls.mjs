// SPDX-License-Identifier: MIT
/** Calls on files of KVM, most of them sensible: VMs, memory, attributes, vCPUs, and the steps to a realm that runs. */

/** @typedef {import("./random-program.mjs").RandomProgram} RandomProgram */

import { GPA, PAGE } from "./vocabulary.mjs";

/** One call. @param {RandomProgram} program @returns {number} */
export function kvmCall(program) {
  return program.pick(CALLS)(program);
}

/** @type {((program: RandomProgram) => number)[]} */
const CALLS = [
  makeVm,
  makeGmem,
  setRegion,
  setRegion,
  setAttributes,
  setAttributes,
  setUpRealm,
  setUpRealm,
  makeVcpu,
  initVcpu,
  finalizeVcpu,
  run,
  run,
  preFault,
  allocateOrPunch,
  allocateOrPunch,
  checkExtension,
];

/** Some pages of the guest's memory: address and bytes. @param {RandomProgram} program */
function someMemory({ random }) {
  return { address: GPA + PAGE * random.below(10), size: PAGE * random.below(12) };
}

/** @param {RandomProgram} program */
function makeVm(program) {
  const type = program.sim.KVM_VM_TYPE_ARM_REALM | program.pick([0, 40, 48, 33]);
  return program.keep("vm", program.ioctlAs("KVM_CREATE_VM", program.fd("kvm"), type));
}

/** @param {RandomProgram} program */
function makeGmem(program) {
  const bytes = program.sim.kvm_create_guest_memfd({ size: PAGE * (1 + program.random.below(64)) });
  return program.keep("gmem", program.ioctlAs("KVM_CREATE_GUEST_MEMFD", program.fd("vm"), bytes));
}

/** Makes, moves or removes a slot. @param {RandomProgram} program */
function setRegion(program) {
  const { sim, random } = program;
  const bytes = sim.kvm_userspace_memory_region2({
    slot: random.below(4),
    flags: program.pick([0, sim.KVM_MEM_LOG_DIRTY_PAGES, sim.KVM_MEM_GUEST_MEMFD, sim.KVM_MEM_GUEST_MEMFD]),
    guest_phys_addr: GPA + PAGE * random.below(16),
    memory_size: program.chance(15) ? 0 : PAGE * (1 + random.below(16)),
    userspace_addr: program.pick(program.addresses),
    guest_memfd: Math.trunc(program.fd("gmem") || 0),
    guest_memfd_offset: PAGE * random.below(4),
  });
  return program.ioctlAs("KVM_SET_USER_MEMORY_REGION2", program.fd("vm"), bytes);
}

/** @param {RandomProgram} program */
function setAttributes(program) {
  const attributes = program.pick([0, program.sim.KVM_MEMORY_ATTRIBUTE_PRIVATE]);
  const bytes = program.sim.kvm_memory_attributes({ ...someMemory(program), attributes });
  return program.ioctlAs("KVM_SET_MEMORY_ATTRIBUTES", program.fd("vm"), bytes);
}

/** One of the realm's set-up calls. @param {RandomProgram} program */
function setUpRealm(program) {
  const { sim, host, random } = program;
  const { address: base, size } = someMemory(program);
  const range = sim.kvm_cap_arm_rme_populate_realm_args({ base, size, flags: random.below(2) });
  const pointer = program.chance(90) ? host.user.place(range) : program.pick(program.addresses);
  const bytes = sim.kvm_enable_cap({ cap: sim.KVM_CAP_ARM_RME, args: [random.below(5), pointer] });
  return program.ioctlAs("KVM_ENABLE_CAP", program.fd("vm"), bytes);
}

/** @param {RandomProgram} program */
function makeVcpu(program) {
  return program.keep("vcpu", program.ioctlAs("KVM_CREATE_VCPU", program.fd("vm"), program.random.below(3)));
}

/** @param {RandomProgram} program */
function initVcpu(program) {
  const { sim } = program;
  const features = [program.chance(90) ? 1 << sim.KVM_ARM_VCPU_REC : program.random.below(2048)];
  return program.ioctlAs("KVM_ARM_VCPU_INIT", program.fd("vcpu"), sim.kvm_vcpu_init({ features }));
}

/** @param {RandomProgram} program */
function finalizeVcpu(program) {
  const feature = program.chance(90) ? program.sim.KVM_ARM_VCPU_REC : program.random.below(12);
  return program.ioctlAs("KVM_ARM_VCPU_FINALIZE", program.fd("vcpu"), Uint8Array.of(feature, 0, 0, 0));
}

/** @param {RandomProgram} program */
function run(program) {
  return program.ioctlAs("KVM_RUN", program.fd("vcpu"));
}

/** @param {RandomProgram} program */
function preFault(program) {
  const { address: gpa, size } = someMemory(program);
  const bytes = program.sim.kvm_pre_fault_memory({ gpa, size });
  return program.ioctlAs("KVM_PRE_FAULT_MEMORY", program.fd("vcpu"), bytes);
}

/** @param {RandomProgram} program */
function allocateOrPunch(program) {
  const { random, host } = program;
  const [offset, length] = [PAGE * random.below(8), PAGE * (1 + random.below(8))];
  return host.sys.fallocate(program.fd("gmem"), program.pick([1, 3]), offset, length);
}

/** @param {RandomProgram} program */
function checkExtension(program) {
  const fd = program.fd(program.pick(["vm", "kvm"]));
  return program.ioctlAs("KVM_CHECK_EXTENSION", fd, program.random.below(300));
}
