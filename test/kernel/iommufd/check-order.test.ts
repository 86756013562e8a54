// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import * as errno from "../../../lib/src/base/errno.ts";
import * as uapi from "../../../lib/src/kernel/iommufd/uapi.ts";
import * as structs from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import { bindDevice, type Chain, chain, destroy, hwptAlloc, PAGE, setup, userMemory } from "./setup.ts";

const { EBADF, EBUSY, EEXIST, EFAULT, EINVAL, EMSGSIZE, ENODEV, ENOENT, EOPNOTSUPP, EOVERFLOW } = errno;
const ALL = 2n ** 64n - 1n;
const RW = uapi.IOMMU_IOAS_MAP_READABLE | uapi.IOMMU_IOAS_MAP_WRITEABLE;
const NOTHING = 77;

/** Everything up to a vdevice, and what a row may need besides. */
interface On extends Chain {
  /** A domain that is no nesting parent. */
  readonly plain: number;
  /** Sixteen pages of memory, of which the IOAS shows the first four from the first page on. */
  readonly memory: number;
  readonly call: (command: number, bytes: Uint8Array) => number;
}

function prepared(): On {
  const { sys } = setup();
  const made = chain(sys);
  const plain = hwptAlloc(sys, made.fd, { dev_id: made.dev_id, pt_id: made.ioas });
  const memory = userMemory(sys, 16 * PAGE);
  const call = (command: number, bytes: Uint8Array): number => sys.ioctl(made.fd, command, bytes);
  const flags = RW | uapi.IOMMU_IOAS_MAP_FIXED_IOVA;
  const mapping = { flags, ioas_id: made.ioas, user_va: memory, length: 4 * PAGE, iova: PAGE };
  expect(call(uapi.IOMMU_IOAS_MAP, structs.iommu_ioas_map(mapping))).toBe(0);
  return { ...made, plain, memory, call };
}

/** What is wrong, first to last, the request, and the answer. */
type Row<F> = readonly [wrong: string, fields: (on: On) => F, answer: number];

/** One test for each row: a request that is wrong in several ways is answered for the first. */
function rows<F>(
  command: number,
  layout: (fields: F) => Uint8Array,
  base: (on: On) => F,
  table: readonly Row<F>[],
): void {
  it.each(table)("%s", (_, fields, answer) => {
    const on = prepared();
    expect(on.call(command, layout({ ...base(on), ...fields(on) }))).toBe(answer);
  });
}

describe("IOMMU_HWPT_ALLOC looks at", () => {
  rows<NonNullable<Parameters<typeof structs.iommu_hwpt_alloc>[0]>>(
    uapi.IOMMU_HWPT_ALLOC,
    structs.iommu_hwpt_alloc,
    ({ dev_id, ioas }) => ({ dev_id, pt_id: ioas }),
    [
      [
        "the reserved word, then everything else",
        () => ({ __reserved: 1, data_len: 1, dev_id: 0 }),
        -EOPNOTSUPP,
      ],
      ["data and its type, then the device", () => ({ data_len: 1, dev_id: 0 }), -EINVAL],
      ["a type without data, then the device", () => ({ data_type: 2, dev_id: 0 }), -EINVAL],
      ["the device, then what to build on", () => ({ dev_id: NOTHING, pt_id: NOTHING }), -ENOENT],
      ["the device's type", ({ ioas }) => ({ dev_id: ioas, flags: 0xff }), -ENOENT],
      ["what to build on, then the flags", () => ({ pt_id: NOTHING, flags: 0xff }), -EINVAL],
      ["the type of what to build on", ({ dev_id }) => ({ pt_id: dev_id, flags: 0xff }), -EINVAL],
      ["the flags, then the fault queue", () => ({ flags: 0x14, fault_id: NOTHING }), -EOPNOTSUPP],
      ["dirty tracking, which there is not", () => ({ flags: 6, fault_id: NOTHING }), -EOPNOTSUPP],
      ["page faults, which no parent has", () => ({ flags: 5, fault_id: NOTHING }), -EOPNOTSUPP],
      [
        "data, which no domain of one stage takes",
        () => ({ data_type: 2, data_len: 8, flags: 4 }),
        -EOPNOTSUPP,
      ],
      ["the fault queue", () => ({ flags: 4, fault_id: NOTHING }), -ENOENT],
      ["the fault queue's type", ({ ioas }) => ({ flags: 4, fault_id: ioas }), -ENOENT],
      ["data, which a nested domain needs", ({ hwpt }) => ({ pt_id: hwpt }), -EOPNOTSUPP],
      ["flags, then the parent of a nested domain", ({ plain }) => ({ pt_id: plain, flags: 1 }), -EOPNOTSUPP],
      ["the parent", ({ plain }) => ({ pt_id: plain, data_type: 9, data_len: 8 }), -EINVAL],
      [
        "the data's type, then its length and memory",
        ({ hwpt }) => ({ pt_id: hwpt, data_type: 9, data_len: 1 }),
        -EINVAL,
      ],
      [
        "the data's length, then its memory",
        ({ hwpt }) => ({ pt_id: hwpt, data_type: 2, data_len: 15 }),
        -EINVAL,
      ],
      ["the data's memory", ({ hwpt }) => ({ pt_id: hwpt, data_type: 2, data_len: 16 }), -EFAULT],
      ["not the second reserved word", () => ({ __reserved2: 1 }), 0],
    ],
  );
});

describe("IOMMU_VIOMMU_ALLOC looks at", () => {
  rows<NonNullable<Parameters<typeof structs.iommu_viommu_alloc>[0]>>(
    uapi.IOMMU_VIOMMU_ALLOC,
    structs.iommu_viommu_alloc,
    ({ dev_id, hwpt }) => ({ dev_id, hwpt_id: hwpt, type: 1 }),
    [
      ["the flags, then the device", () => ({ flags: 2, dev_id: NOTHING }), -EOPNOTSUPP],
      ["the default type, then the device", () => ({ type: 0, dev_id: NOTHING }), -EOPNOTSUPP],
      ["the device, then another type", () => ({ type: 7, dev_id: NOTHING }), -ENOENT],
      ["another type, then the domain", () => ({ type: 7, hwpt_id: NOTHING }), -EOPNOTSUPP],
      ["the domain, then the VM", () => ({ hwpt_id: NOTHING, flags: 1, kvm_vm_fd: 99 }), -ENOENT],
      ["the domain's type, then the VM", ({ ioas }) => ({ hwpt_id: ioas, flags: 1, kvm_vm_fd: 99 }), -ENOENT],
      [
        "whether the domain is a parent, then the VM",
        ({ plain }) => ({ hwpt_id: plain, flags: 1, kvm_vm_fd: 99 }),
        -EINVAL,
      ],
      ["the VM only when the flag says so", ({ vm }) => ({ flags: 1, kvm_vm_fd: vm }), 0],
    ],
  );
});

describe("IOMMU_VDEVICE_ALLOC looks at", () => {
  rows<NonNullable<Parameters<typeof structs.iommu_vdevice_alloc>[0]>>(
    uapi.IOMMU_VDEVICE_ALLOC,
    structs.iommu_vdevice_alloc,
    ({ dev_id, viommu }) => ({ viommu_id: viommu, dev_id, virt_id: 0x99 }),
    [
      ["the vIOMMU, then the device", () => ({ viommu_id: NOTHING, dev_id: NOTHING }), -ENOENT],
      ["the vIOMMU's type", ({ hwpt }) => ({ viommu_id: hwpt }), -ENOENT],
      ["the device, then its vdevice", () => ({ dev_id: NOTHING }), -ENOENT],
      ["the device's type", ({ vdevice }) => ({ dev_id: vdevice }), -ENOENT],
      ["the device's vdevice, whatever the virtual id", () => ({ virt_id: 1 }), -EEXIST],
    ],
  );

  it("the virtual id last, which may be any number", () => {
    const { sys } = setup({ devices: 2 });
    const { fd, viommu, dev_id, vdevice } = chain(sys);
    const other = bindDevice(sys, fd, 1).dev_id;
    const alloc = (device: number, virt_id: number | bigint): number => {
      const bytes = structs.iommu_vdevice_alloc({ viommu_id: viommu, dev_id: device, virt_id });
      return sys.ioctl(fd, uapi.IOMMU_VDEVICE_ALLOC, bytes);
    };
    expect([alloc(other, 0x99), alloc(other, ALL)]).toEqual([-EEXIST, 0]);
    expect(destroy(sys, fd, vdevice)).toBe(0);
    expect([alloc(dev_id, ALL), alloc(dev_id, 0x99), alloc(dev_id, 1)]).toEqual([-EEXIST, 0, -EEXIST]);
  });
});

describe("IOMMU_IOAS_COPY looks at", () => {
  rows<NonNullable<Parameters<typeof structs.iommu_ioas_copy>[0]>>(
    uapi.IOMMU_IOAS_COPY,
    structs.iommu_ioas_copy,
    ({ ioas }) => ({ flags: RW, src_ioas_id: ioas, dst_ioas_id: ioas, src_iova: PAGE, length: PAGE }),
    [
      ["the flags, then the numbers", () => ({ flags: 8, length: ALL }), -EOPNOTSUPP],
      ["the length, then the rights", () => ({ flags: 0, length: ALL }), -EOVERFLOW],
      ["the addresses, then the rights", () => ({ flags: 0, dst_iova: ALL }), -EOVERFLOW],
      ["the rights, then the source", () => ({ flags: 0, src_ioas_id: NOTHING }), -EINVAL],
      ["the source, then its range", () => ({ src_ioas_id: NOTHING, length: 0 }), -ENOENT],
      ["the length of 0, then the target", () => ({ length: 0, dst_ioas_id: NOTHING }), -EINVAL],
      [
        "the source's end, then the target",
        () => ({ src_iova: ALL - 4095n, length: 8192, dst_ioas_id: NOTHING }),
        -EOVERFLOW,
      ],
      ["the source's range, then whole pages", () => ({ src_iova: 9 * PAGE, length: 100 }), -ENOENT],
      ["the target, then whole pages", () => ({ dst_ioas_id: NOTHING, length: 100 }), -ENOENT],
      ["whole pages, then what is there", () => ({ flags: RW | 1, length: 100, dst_iova: PAGE }), -EINVAL],
      ["the target's end", () => ({ flags: RW | 1, length: 2 * PAGE, dst_iova: ALL - 4095n }), -EOVERFLOW],
      ["reserved addresses, then what is there", () => ({ flags: RW | 1, dst_iova: 2n ** 48n }), -EINVAL],
      ["what is there", () => ({ flags: RW | 1, dst_iova: PAGE }), -EEXIST],
    ],
  );
});

describe("IOMMU_IOAS_MAP_FILE looks at", () => {
  rows<NonNullable<Parameters<typeof structs.iommu_ioas_map_file>[0]>>(
    uapi.IOMMU_IOAS_MAP_FILE,
    structs.iommu_ioas_map_file,
    ({ ioas, fd }) => ({ flags: RW, ioas_id: ioas, fd, length: PAGE }),
    [
      ["the flags, then the numbers", () => ({ flags: 8, length: ALL }), -EOPNOTSUPP],
      ["the numbers, then the rights", () => ({ flags: 0, iova: ALL }), -EOVERFLOW],
      ["the rights, then the IOAS", () => ({ flags: 0, ioas_id: NOTHING }), -EINVAL],
      ["the IOAS, then the descriptor", () => ({ ioas_id: NOTHING, fd: -1 }), -ENOENT],
      ["the length, then whole pages", () => ({ length: 0, start: 1 }), -EINVAL],
      ["the end of the range, then whole pages", () => ({ start: ALL, length: 2 }), -EOVERFLOW],
      ["the kind of file, last of all", () => ({}), -EINVAL],
    ],
  );
});

describe("IOMMU_OPTION looks at", () => {
  const { IOMMU_OPTION_HUGE_PAGES: HUGE, IOMMU_OPTION_OP_SET: SET } = uapi;
  rows<NonNullable<Parameters<typeof structs.iommu_option>[0]>>(
    uapi.IOMMU_OPTION,
    structs.iommu_option,
    () => ({}),
    [
      [
        "the reserved word, then the object",
        () => ({ __reserved: 1, option_id: HUGE, object_id: NOTHING }),
        -EOPNOTSUPP,
      ],
      ["the option", () => ({ option_id: 2, object_id: NOTHING }), -EOPNOTSUPP],
      ["the object, which accounting has not", () => ({ object_id: 1, op: SET, val64: 9 }), -EOPNOTSUPP],
      ["the operation", () => ({ op: 2, val64: 9 }), -EOPNOTSUPP],
      ["whether there are objects, then the value", () => ({ op: SET, val64: 9 }), -EBUSY],
      ["the object, then the operation", () => ({ option_id: HUGE, object_id: NOTHING, op: 2 }), -ENOENT],
      ["the object's type", ({ hwpt }) => ({ option_id: HUGE, object_id: hwpt }), -ENOENT],
      ["the operation on an IOAS", ({ ioas }) => ({ option_id: HUGE, object_id: ioas, op: 2 }), -EOPNOTSUPP],
      [
        "the value for an IOAS",
        ({ ioas }) => ({ option_id: HUGE, object_id: ioas, op: SET, val64: ALL }),
        -EINVAL,
      ],
    ],
  );
});

describe("the rest looks at", () => {
  const table: readonly (readonly [string, number, (on: On) => Uint8Array, number])[] = [
    [
      "IOVA_RANGES: the reserved word, then the IOAS",
      uapi.IOMMU_IOAS_IOVA_RANGES,
      () => structs.iommu_ioas_iova_ranges({ __reserved: 1 }),
      -EOPNOTSUPP,
    ],
    [
      "IOVA_RANGES: the memory, then the room",
      uapi.IOMMU_IOAS_IOVA_RANGES,
      ({ ioas }) => structs.iommu_ioas_iova_ranges({ ioas_id: ioas, num_iovas: 1 }),
      -EFAULT,
    ],
    [
      "IOVA_RANGES: the room",
      uapi.IOMMU_IOAS_IOVA_RANGES,
      ({ ioas }) => structs.iommu_ioas_iova_ranges({ ioas_id: ioas }),
      -EMSGSIZE,
    ],
    [
      "ALLOW_IOVAS: the reserved word, then the IOAS",
      uapi.IOMMU_IOAS_ALLOW_IOVAS,
      () => structs.iommu_ioas_allow_iovas({ __reserved: 1 }),
      -EOPNOTSUPP,
    ],
    [
      "ALLOW_IOVAS: the IOAS, then the memory",
      uapi.IOMMU_IOAS_ALLOW_IOVAS,
      () => structs.iommu_ioas_allow_iovas({ num_iovas: 1 }),
      -ENOENT,
    ],
    [
      "ALLOW_IOVAS: the memory",
      uapi.IOMMU_IOAS_ALLOW_IOVAS,
      ({ ioas }) => structs.iommu_ioas_allow_iovas({ ioas_id: ioas, num_iovas: 1 }),
      -EFAULT,
    ],
    [
      "UNMAP: the IOAS, then the numbers",
      uapi.IOMMU_IOAS_UNMAP,
      () => structs.iommu_ioas_unmap({ iova: 1, length: ALL }),
      -ENOENT,
    ],
    [
      "UNMAP: the numbers",
      uapi.IOMMU_IOAS_UNMAP,
      ({ ioas }) => structs.iommu_ioas_unmap({ ioas_id: ioas, iova: ALL }),
      -EOVERFLOW,
    ],
    [
      "UNMAP: the length of 0",
      uapi.IOMMU_IOAS_UNMAP,
      ({ ioas }) => structs.iommu_ioas_unmap({ ioas_id: ioas, iova: ALL - 1n }),
      -EINVAL,
    ],
    [
      "UNMAP: the end",
      uapi.IOMMU_IOAS_UNMAP,
      ({ ioas }) => structs.iommu_ioas_unmap({ ioas_id: ioas, iova: ALL - 1n, length: 3 }),
      -EOVERFLOW,
    ],
    [
      "IOAS_ALLOC: the flags",
      uapi.IOMMU_IOAS_ALLOC,
      () => structs.iommu_ioas_alloc({ flags: 1 }),
      -EOPNOTSUPP,
    ],
    [
      "FAULT_QUEUE_ALLOC: the flags",
      uapi.IOMMU_FAULT_QUEUE_ALLOC,
      () => structs.iommu_fault_alloc({ flags: 1 }),
      -EOPNOTSUPP,
    ],
    [
      "VFIO_IOAS: the reserved word, then the operation",
      uapi.IOMMU_VFIO_IOAS,
      () => structs.iommu_vfio_ioas({ __reserved: 1, op: 1 }),
      -EOPNOTSUPP,
    ],
    ["VFIO_IOAS: the operation", uapi.IOMMU_VFIO_IOAS, () => structs.iommu_vfio_ioas({ op: 3 }), -EOPNOTSUPP],
    [
      "GET_HW_INFO: the flags, then the device",
      uapi.IOMMU_GET_HW_INFO,
      () => structs.iommu_hw_info({ flags: 2 }),
      -EOPNOTSUPP,
    ],
    [
      "GET_HW_INFO: the reserved bytes, then the device",
      uapi.IOMMU_GET_HW_INFO,
      () => structs.iommu_hw_info({ __reserved: [0, 0, 1] }),
      -EOPNOTSUPP,
    ],
    [
      "GET_HW_INFO: the device, then the type",
      uapi.IOMMU_GET_HW_INFO,
      () => structs.iommu_hw_info({ flags: 1, out_data_type: 1 }),
      -ENOENT,
    ],
    [
      "GET_HW_INFO: the type, then the memory",
      uapi.IOMMU_GET_HW_INFO,
      ({ dev_id }) => structs.iommu_hw_info({ dev_id, flags: 1, out_data_type: 1, data_len: 4 }),
      -EOPNOTSUPP,
    ],
    [
      "GET_HW_INFO: the memory",
      uapi.IOMMU_GET_HW_INFO,
      ({ dev_id }) => structs.iommu_hw_info({ dev_id, out_data_type: 1, data_len: 4 }),
      -EFAULT,
    ],
    [
      "SET_DIRTY_TRACKING: the flags, then the domain",
      uapi.IOMMU_HWPT_SET_DIRTY_TRACKING,
      () => structs.iommu_hwpt_set_dirty_tracking({ flags: 2 }),
      -EOPNOTSUPP,
    ],
    [
      "SET_DIRTY_TRACKING: the domain",
      uapi.IOMMU_HWPT_SET_DIRTY_TRACKING,
      ({ ioas }) => structs.iommu_hwpt_set_dirty_tracking({ hwpt_id: ioas }),
      -ENOENT,
    ],
    [
      "GET_DIRTY_BITMAP: the reserved word, then the domain",
      uapi.IOMMU_HWPT_GET_DIRTY_BITMAP,
      () => structs.iommu_hwpt_get_dirty_bitmap({ __reserved: 1 }),
      -EOPNOTSUPP,
    ],
    [
      "GET_DIRTY_BITMAP: the domain, then the range",
      uapi.IOMMU_HWPT_GET_DIRTY_BITMAP,
      () => structs.iommu_hwpt_get_dirty_bitmap({ iova: 1 }),
      -ENOENT,
    ],
    [
      "VEVENTQ_ALLOC: the flags, then the depth",
      uapi.IOMMU_VEVENTQ_ALLOC,
      () => structs.iommu_veventq_alloc({ flags: 1, type: 1 }),
      -EOPNOTSUPP,
    ],
    [
      "VEVENTQ_ALLOC: the depth, then the vIOMMU",
      uapi.IOMMU_VEVENTQ_ALLOC,
      () => structs.iommu_veventq_alloc({ type: 1 }),
      -EINVAL,
    ],
    [
      "VEVENTQ_ALLOC: the vIOMMU",
      uapi.IOMMU_VEVENTQ_ALLOC,
      () => structs.iommu_veventq_alloc({ type: 1, veventq_depth: 1 }),
      -ENOENT,
    ],
    [
      "HW_QUEUE_ALLOC: the type, then the length",
      uapi.IOMMU_HW_QUEUE_ALLOC,
      () => structs.iommu_hw_queue_alloc(),
      -EOPNOTSUPP,
    ],
    [
      "HW_QUEUE_ALLOC: the length, then the vIOMMU",
      uapi.IOMMU_HW_QUEUE_ALLOC,
      () => structs.iommu_hw_queue_alloc({ type: 1 }),
      -EINVAL,
    ],
    [
      "HW_QUEUE_ALLOC: the end, then the vIOMMU",
      uapi.IOMMU_HW_QUEUE_ALLOC,
      () => structs.iommu_hw_queue_alloc({ type: 1, length: 2, nesting_parent_iova: ALL }),
      -EOVERFLOW,
    ],
    [
      "HW_QUEUE_ALLOC: the vIOMMU",
      uapi.IOMMU_HW_QUEUE_ALLOC,
      () => structs.iommu_hw_queue_alloc({ type: 1, length: 1 }),
      -ENOENT,
    ],
    [
      "TSM_OP: the flags, then the vdevice",
      uapi.IOMMU_VDEVICE_TSM_OP,
      () => structs.iommu_vdevice_tsm_op({ flags: 1 }),
      -EOPNOTSUPP,
    ],
    [
      "TSM_OP: the vdevice, then the operation",
      uapi.IOMMU_VDEVICE_TSM_OP,
      ({ dev_id }) => structs.iommu_vdevice_tsm_op({ op: 9, vdevice_id: dev_id }),
      -ENOENT,
    ],
    [
      "TSM_OP: the operation",
      uapi.IOMMU_VDEVICE_TSM_OP,
      ({ vdevice }) => structs.iommu_vdevice_tsm_op({ op: 9, vdevice_id: vdevice }),
      -ENODEV,
    ],
    [
      "GUEST_REQUEST: the vdevice",
      uapi.IOMMU_VDEVICE_TSM_GUEST_REQUEST,
      ({ viommu }) => structs.iommu_vdevice_tsm_guest_request({ vdevice_id: viommu, type: 99 }),
      -ENOENT,
    ],
    [
      "CHANGE_PROCESS: the reserved word, then the memory",
      uapi.IOMMU_IOAS_CHANGE_PROCESS,
      () => structs.iommu_ioas_change_process({ __reserved: 1 }),
      -EOPNOTSUPP,
    ],
    [
      "CHANGE_PROCESS: memory by address",
      uapi.IOMMU_IOAS_CHANGE_PROCESS,
      () => structs.iommu_ioas_change_process(),
      -EINVAL,
    ],
    [
      "DESTROY: an id that nothing has",
      uapi.IOMMU_DESTROY,
      () => structs.iommu_destroy({ id: 2 ** 32 - 1 }),
      -ENOENT,
    ],
  ];

  it.each(table)("%s", (_, command, bytes, answer) => {
    const on = prepared();
    expect(on.call(command, bytes(on))).toBe(answer);
  });

  it("nothing at all where the descriptor is not open", () => {
    const { sys } = setup();
    for (const fd of [-1, 99, 2 ** 31]) expect(sys.ioctl(fd, uapi.IOMMU_DESTROY)).toBe(-EBADF);
  });
});
