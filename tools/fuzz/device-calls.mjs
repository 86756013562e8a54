// SPDX-License-Identifier: MIT
/**
 * Calls on assigned devices, most of them sensible: the ioctls of the TSM are at the end of a long way, and only a
 * program that goes it gets to what they do.
 */

/** @typedef {import("./random-program.mjs").RandomProgram} RandomProgram */

import { GPA, PAGE } from "./vocabulary.mjs";

/** Ids of objects that an iommufd has given out by the time a device is assigned, and a few that it has not. */
const IDS = 10;

/** One call. @param {RandomProgram} program @returns {number} */
export function deviceCall(program) {
  switch (program.random.below(9)) {
    case 0:
    case 1:
      return tsmOp(program);
    case 2:
      return guestRequest(program);
    case 3:
      return connect(program);
    case 4:
      return makeViommu(program);
    case 5:
      return makeVdevice(program);
    default:
      return tsmMap(program);
  }
}

/** A vdevice and the iommufd it is in, mostly of those that exist. @param {RandomProgram} program */
function vdeviceOf(program) {
  return program.chance(85) && program.vdevices.length > 0
    ? program.pick(program.vdevices)
    : { iommufd: program.fd("iommufd"), vdevice_id: program.random.below(IDS) };
}

/** @param {RandomProgram} program */
function tsmMap(program) {
  const { sim, random } = program;
  const start_gpa = GPA + PAGE * random.below(9);
  const { iommufd, vdevice_id } = vdeviceOf(program);
  const end_gpa = start_gpa + PAGE * random.below(9);
  const bytes = sim.iommu_vdevice_tsm_map({ vdevice_id, start_gpa, end_gpa });
  return program.ioctlAs("IOMMU_VDEVICE_TSM_MAP", iommufd, bytes);
}

/** @param {RandomProgram} program */
function tsmOp(program) {
  const { sim } = program;
  const op = program.pick([
    sim.IOMMU_VDEICE_TSM_BIND,
    sim.IOMMU_VDEICE_TSM_BIND,
    sim.IOMMU_VDEICE_TSM_UNBIND,
  ]);
  const { iommufd, vdevice_id } = vdeviceOf(program);
  const bytes = sim.iommu_vdevice_tsm_op({ op, vdevice_id });
  return program.ioctlAs("IOMMU_VDEVICE_TSM_OP", iommufd, bytes);
}

/** @param {RandomProgram} program */
function guestRequest(program) {
  const { sim, host } = program;
  const asksForSize = program.chance(50);
  const request = new Uint8Array(asksForSize ? 4 : 16);
  request[0] = program.random.below(6);
  const { iommufd, vdevice_id } = vdeviceOf(program);
  const bytes = sim.iommu_vdevice_tsm_guest_request({
    vdevice_id,
    type: asksForSize ? sim.ARM_CCA_DA_OBJECT_SIZE : sim.ARM_CCA_DA_OBJECT_READ,
    req_uptr: program.chance(90) ? host.user.place(request) : program.pick(program.addresses),
    req_len: program.chance(90) ? request.length : program.random.below(20),
    resp_uptr: program.pick(program.addresses),
    resp_len: program.pick([0, 4, 256, 4096]),
  });
  return program.ioctlAs("IOMMU_VDEVICE_TSM_GUEST_REQUEST", iommufd, bytes);
}

/** An administrator at work: links a device, or takes the link down. @param {RandomProgram} program */
function connect(program) {
  const { sys } = program.host;
  const name = program.pick(["0000:01:00.0", "0000:02:00.0"]);
  const fd = sys.open(`/sys/bus/pci/devices/${name}/tsm/connect`);
  const result = sys.write(fd, new TextEncoder().encode(program.pick(["1", "1", "0", "maybe"])));
  sys.close(fd);
  return result;
}

/** With a VM, with something that is no VM, or with none at all. @param {RandomProgram} program */
function makeViommu(program) {
  const { sim, random } = program;
  const device =
    program.chance(85) && program.devices.length > 0
      ? program.pick(program.devices)
      : { iommufd: program.fd("iommufd"), dev_id: random.below(IDS), hwpt_id: random.below(IDS) };
  const vms = program.fds["vm"] ?? [];
  const layout = sim.iommu_viommu_alloc;
  const bytes = layout({
    flags: program.chance(95) ? sim.IOMMU_VIOMMU_KVM_FD : 0,
    type: sim.IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
    dev_id: device.dev_id,
    hwpt_id: device.hwpt_id,
    kvm_vm_fd: program.chance(97) && vms.length > 0 ? program.pick(vms) : 99,
  });
  const result = program.ioctlAs("IOMMU_VIOMMU_ALLOC", device.iommufd, bytes);
  if (result === 0) program.viommus.push({ ...device, viommu_id: layout.decode(bytes).out_viommu_id });
  return result;
}

/** Half of the time the old vdevice goes first: a device has room for one. @param {RandomProgram} program */
function makeVdevice(program) {
  const { sim, random } = program;
  if (program.viommus.length === 0) return makeViommu(program);
  const { iommufd, dev_id, viommu_id } = program.pick(program.viommus);
  if (program.chance(50) && program.vdevices.length > 0) {
    const old = program.pick(program.vdevices);
    program.ioctlAs("IOMMU_DESTROY", old.iommufd, sim.iommu_destroy({ id: old.vdevice_id }));
  }
  const layout = sim.iommu_vdevice_alloc;
  const bytes = layout({ viommu_id, dev_id, virt_id: random.below(4) });
  const result = program.ioctlAs("IOMMU_VDEVICE_ALLOC", iommufd, bytes);
  if (result === 0) program.vdevices.push({ iommufd, vdevice_id: layout.decode(bytes).out_vdevice_id });
  return result;
}
