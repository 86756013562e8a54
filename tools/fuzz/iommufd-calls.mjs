// SPDX-License-Identifier: MIT
/**
 * Calls on /dev/iommu and on device files, most of them sensible: I/O address spaces with memory in them, domains that
 * show them, and devices that come and go.
 */

/** @typedef {import("./random-program.mjs").RandomProgram} RandomProgram */

import { PAGE } from "./vocabulary.mjs";

/** Ids that an iommufd gives out first: a random one is something, mostly. */
const IDS = 12;
/** Where mappings are put, in pages: close enough together for them to meet. */
const IOVA_PAGES = 24;

/** One call. @param {RandomProgram} program @returns {number} */
export function iommufdCall(program) {
  return program.pick(CALLS)(program);
}

/** @type {((program: RandomProgram) => number)[]} */
const CALLS = [
  makeSpace,
  map,
  map,
  mapFile,
  copy,
  unmap,
  unmap,
  allowIovas,
  tellIovas,
  option,
  makeDomain,
  makeQueue,
  hwInfo,
  invalidate,
  destroy,
  bindDevice,
  attach,
  attach,
  detach,
  chooseSpace,
  setIommu,
  vfioMap,
  vfioUnmap,
  vfioInfo,
];

/** An I/O address space, mostly one that exists. @param {RandomProgram} program */
function spaceOf(program) {
  return program.chance(90) && program.spaces.length > 0
    ? program.pick(program.spaces)
    : { iommufd: program.fd("iommufd"), ioas_id: program.random.below(IDS) };
}

/** A mapping, mostly one that was made. @param {RandomProgram} program */
function mappingOf(program) {
  return program.chance(80) && program.mappings.length > 0
    ? program.pick(program.mappings)
    : { ...spaceOf(program), iova: someIova(program), length: someLength(program) };
}

/** An iommufd for VFIO's commands, mostly one that has chosen a space. @param {RandomProgram} program */
function vfioOf(program) {
  return program.chance(90) && program.chosen.length > 0
    ? program.pick(program.chosen)
    : program.fd("iommufd");
}

/** A device, mostly one that exists. @param {RandomProgram} program */
function deviceOf(program) {
  return program.chance(90) && program.devices.length > 0
    ? program.pick(program.devices)
    : { iommufd: program.fd("iommufd"), dev_id: program.random.below(IDS) };
}

/** An address for devices; a few are not aligned. @param {RandomProgram} program */
function someIova(program) {
  const page = PAGE * program.random.below(IOVA_PAGES);
  return program.chance(4) ? page + program.random.below(PAGE) : page;
}

/** A length of some pages; a few are none, or not whole. @param {RandomProgram} program */
function someLength(program) {
  const pages = PAGE * program.random.below(5);
  return program.chance(4) ? pages + program.random.below(PAGE) : pages;
}

/** Rights, and mostly that the address is given. @param {RandomProgram} program */
function mapFlags(program) {
  const { sim } = program;
  const [read, write] = [sim.IOMMU_IOAS_MAP_READABLE, sim.IOMMU_IOAS_MAP_WRITEABLE];
  const given = program.chance(70) ? sim.IOMMU_IOAS_MAP_FIXED_IOVA : 0;
  return program.chance(96) ? program.pick([read, write, read | write]) | given : given;
}

/** @param {RandomProgram} program */
function makeSpace(program) {
  const layout = program.sim.iommu_ioas_alloc;
  const bytes = layout();
  const iommufd = program.fd("iommufd");
  const result = program.ioctlAs("IOMMU_IOAS_ALLOC", iommufd, bytes);
  if (result === 0) program.spaces.push({ iommufd, ioas_id: layout.decode(bytes).out_ioas_id });
  return result;
}

/** @param {RandomProgram} program */
function map(program) {
  const { iommufd, ioas_id } = spaceOf(program);
  const layout = program.sim.iommu_ioas_map;
  const length = someLength(program);
  const bytes = layout({
    flags: mapFlags(program),
    ioas_id,
    user_va: program.pick(program.addresses) + (program.chance(5) ? program.random.below(PAGE) : 0),
    length,
    iova: someIova(program),
  });
  const result = program.ioctlAs("IOMMU_IOAS_MAP", iommufd, bytes);
  if (result === 0)
    program.mappings.push({ iommufd, ioas_id, iova: Number(layout.decode(bytes).iova), length });
  return result;
}

/** Of a file of ordinary memory, mostly. @param {RandomProgram} program */
function mapFile(program) {
  const { iommufd, ioas_id } = spaceOf(program);
  const fd = program.fd(program.chance(80) ? "shm" : "gmem");
  if (program.chance(60)) program.host.sys.ftruncate(fd, 8 * PAGE);
  const bytes = program.sim.iommu_ioas_map_file({
    flags: mapFlags(program),
    ioas_id,
    fd: Math.trunc(fd || 0),
    start: PAGE * program.random.below(6),
    length: someLength(program),
    iova: someIova(program),
  });
  return program.ioctlAs("IOMMU_IOAS_MAP_FILE", iommufd, bytes);
}

/** @param {RandomProgram} program */
function copy(program) {
  const { iommufd, ioas_id, iova, length } = mappingOf(program);
  const bytes = program.sim.iommu_ioas_copy({
    flags: mapFlags(program),
    src_ioas_id: ioas_id,
    dst_ioas_id: program.chance(50) ? ioas_id : spaceOf(program).ioas_id,
    length: program.chance(70) ? length : someLength(program),
    src_iova: iova,
    dst_iova: someIova(program),
  });
  return program.ioctlAs("IOMMU_IOAS_COPY", iommufd, bytes);
}

/** @param {RandomProgram} program */
function unmap(program) {
  const { iommufd, ioas_id, iova, length } = mappingOf(program);
  const everything = { iova: 0n, length: 2n ** 64n - 1n };
  const part = { iova, length: program.chance(70) ? length : 3 * someLength(program) };
  const bytes = program.sim.iommu_ioas_unmap({ ioas_id, ...(program.chance(20) ? everything : part) });
  return program.ioctlAs("IOMMU_IOAS_UNMAP", iommufd, bytes);
}

/** @param {RandomProgram} program */
function allowIovas(program) {
  const { sim, random } = program;
  const { iommufd, ioas_id } = spaceOf(program);
  const num_iovas = random.below(3);
  const ranges = new Uint8Array(48);
  for (let n = 0; n < num_iovas; n++) {
    const start = PAGE * IOVA_PAGES * 2 * n + someIova(program);
    ranges.set(sim.iommu_iova_range({ start, last: start + someLength(program) * 8 - 1 }), 16 * n);
  }
  const allowed_iovas = program.chance(90)
    ? program.host.user.place(ranges)
    : program.pick(program.addresses);
  const bytes = sim.iommu_ioas_allow_iovas({ ioas_id, num_iovas, allowed_iovas });
  return program.ioctlAs("IOMMU_IOAS_ALLOW_IOVAS", iommufd, bytes);
}

/** @param {RandomProgram} program */
function tellIovas(program) {
  const { iommufd, ioas_id } = spaceOf(program);
  const allowed_iovas = program.pick(program.addresses);
  const bytes = program.sim.iommu_ioas_iova_ranges({
    ioas_id,
    num_iovas: program.random.below(4),
    allowed_iovas,
  });
  return program.ioctlAs("IOMMU_IOAS_IOVA_RANGES", iommufd, bytes);
}

/** @param {RandomProgram} program */
function option(program) {
  const { iommufd, ioas_id } = spaceOf(program);
  const option_id = program.sim.IOMMU_OPTION_HUGE_PAGES;
  const values = {
    option_id,
    op: program.random.below(3),
    object_id: ioas_id,
    val64: program.random.below(3),
  };
  return program.ioctlAs("IOMMU_OPTION", iommufd, program.sim.iommu_option(values));
}

/** On a space, or nested on whatever has the id. @param {RandomProgram} program */
function makeDomain(program) {
  const { sim, random } = program;
  const { iommufd, dev_id } = deviceOf(program);
  const isNested = program.chance(40);
  const own = program.spaces.filter((space) => space.iommufd === iommufd);
  const pt_id = !isNested && own.length > 0 ? program.pick(own).ioas_id : random.below(IDS);
  const ste = [program.pick([0n, 1n, 9n, 11n, 13n]), 0n];
  const data = isNested
    ? {
        data_type: sim.IOMMU_HWPT_DATA_ARM_SMMUV3,
        data_len: 16,
        data_uptr: program.host.user.place(sim.iommu_hwpt_arm_smmuv3({ ste })),
      }
    : {};
  const flags = isNested ? 0 : program.pick([0, 1, 1, 2, 4, 8, 9]);
  const bytes = sim.iommu_hwpt_alloc({ dev_id, pt_id, flags, fault_id: random.below(IDS), ...data });
  return program.ioctlAs("IOMMU_HWPT_ALLOC", iommufd, bytes);
}

/** A fault queue, whose file stays open among the others. @param {RandomProgram} program */
function makeQueue(program) {
  const layout = program.sim.iommu_fault_alloc;
  const bytes = layout();
  const result = program.ioctlAs("IOMMU_FAULT_QUEUE_ALLOC", program.fd("iommufd"), bytes);
  if (result === 0) program.keep("queue", layout.decode(bytes).out_fault_fd);
  return result;
}

/** @param {RandomProgram} program */
function hwInfo(program) {
  const { iommufd, dev_id } = deviceOf(program);
  const data_uptr = program.pick(program.addresses);
  const bytes = program.sim.iommu_hw_info({ dev_id, data_len: program.pick([0, 4, 40, 100]), data_uptr });
  return program.ioctlAs("IOMMU_GET_HW_INFO", iommufd, bytes);
}

/** Through a vIOMMU, mostly. @param {RandomProgram} program */
function invalidate(program) {
  const { sim, random } = program;
  const through =
    program.chance(80) && program.viommus.length > 0
      ? program.pick(program.viommus)
      : { iommufd: program.fd("iommufd"), viommu_id: random.below(IDS) };
  const entry_num = 1 + random.below(3);
  const entries = new Uint8Array(64);
  for (let n = 0; n < entry_num; n++) {
    const cmd = [program.pick([0x10n, 0x12n, 0x40n, (1n << 32n) | 5n, 0xffn]), 0n];
    entries.set(sim.iommu_viommu_arm_smmuv3_invalidate({ cmd }), 16 * n);
  }
  const bytes = sim.iommu_hwpt_invalidate({
    hwpt_id: through.viommu_id,
    data_uptr: program.host.user.place(entries),
    data_type: sim.IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
    entry_len: 16,
    entry_num,
  });
  return program.ioctlAs("IOMMU_HWPT_INVALIDATE", through.iommufd, bytes);
}

/** @param {RandomProgram} program */
function destroy(program) {
  const bytes = program.sim.iommu_destroy({ id: program.random.below(IDS) });
  return program.ioctlAs("IOMMU_DESTROY", program.fd("iommufd"), bytes);
}

/** Mostly through a file that was opened for it. @param {RandomProgram} program */
function bindDevice(program) {
  const { sim } = program;
  const path = program.pick(["/dev/vfio/devices/vfio0", "/dev/vfio/devices/vfio1"]);
  const fd = program.chance(60) ? program.keep("vfio", program.host.sys.open(path)) : program.fd("vfio");
  const iommufd = Math.trunc(program.fd("iommufd") || 0);
  const layout = sim.vfio_device_bind_iommufd;
  const bytes = layout({ iommufd });
  const result = program.ioctlAs("VFIO_DEVICE_BIND_IOMMUFD", fd, bytes);
  if (result === 0) program.devices.push({ iommufd, dev_id: layout.decode(bytes).out_devid, hwpt_id: 0 });
  return result;
}

/** @param {RandomProgram} program */
function attach(program) {
  const pt_id = program.chance(60) ? spaceOf(program).ioas_id : program.random.below(IDS);
  const bytes = program.sim.vfio_device_attach_iommufd_pt({ argsz: 12, pt_id });
  return program.ioctlAs("VFIO_DEVICE_ATTACH_IOMMUFD_PT", program.fd("vfio"), bytes);
}

/** @param {RandomProgram} program */
function detach(program) {
  const bytes = program.sim.vfio_device_detach_iommufd_pt({ argsz: 8 });
  return program.ioctlAs("VFIO_DEVICE_DETACH_IOMMUFD_PT", program.fd("vfio"), bytes);
}

/** @param {RandomProgram} program */
function chooseSpace(program) {
  const { iommufd, ioas_id } = spaceOf(program);
  const op = program.pick([0, 1, 1, 1, 1, 1, 2]);
  const result = program.ioctlAs("IOMMU_VFIO_IOAS", iommufd, program.sim.iommu_vfio_ioas({ ioas_id, op }));
  if (result === 0 && op === program.sim.IOMMU_VFIO_IOAS_SET) program.chosen.push(iommufd);
  return result;
}

/** @param {RandomProgram} program */
function setIommu(program) {
  const name = program.pick(["VFIO_SET_IOMMU", "VFIO_CHECK_EXTENSION"]);
  return program.ioctlAs(name, vfioOf(program), program.pick([1, 1, 3, 4, 9]));
}

/** @param {RandomProgram} program */
function vfioMap(program) {
  const bytes = program.sim.vfio_iommu_type1_dma_map({
    flags: program.random.below(4),
    vaddr: program.pick(program.addresses),
    iova: someIova(program),
    size: someLength(program),
  });
  return program.ioctlAs("VFIO_IOMMU_MAP_DMA", vfioOf(program), bytes);
}

/** @param {RandomProgram} program */
function vfioUnmap(program) {
  const flags = program.chance(10) ? program.sim.VFIO_DMA_UNMAP_FLAG_ALL : 0;
  const part = flags === 0 ? { iova: someIova(program), size: someLength(program) } : {};
  const bytes = program.sim.vfio_iommu_type1_dma_unmap({ flags, ...part });
  return program.ioctlAs("VFIO_IOMMU_UNMAP_DMA", vfioOf(program), bytes);
}

/** @param {RandomProgram} program */
function vfioInfo(program) {
  const bytes = new Uint8Array(128);
  bytes.set(program.sim.vfio_iommu_type1_info({ argsz: program.pick([0, 16, 24, 40, 84, 128]) }));
  return program.ioctlAs("VFIO_IOMMU_GET_INFO", vfioOf(program), bytes);
}
