// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EIO, ENODEV, ENOENT } from "../../../lib/src/base/errno.ts";
import {
  ARM_CCA_DA_OBJECT_READ,
  ARM_CCA_DA_OBJECT_SIZE,
  IOMMU_VDEVICE_TSM_GUEST_REQUEST,
} from "../../../lib/src/kernel/iommufd/uapi.ts";
import { iommu_vdevice_tsm_guest_request } from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import { bind, type World, world, writeConnect } from "./setup.ts";

const CERTIFICATE = 1;
const MEASUREMENT = 2;
const UNKNOWN_OBJECT = 9;

function bound(): World {
  const made = world();
  writeConnect(made.host, "1\n");
  expect(bind(made)).toBe(0);
  return made;
}

function send({ host, iommufd, vdevice }: World, type: number, request: Uint8Array, resp_len: number) {
  const resp_uptr = host.user.allocate(4096);
  const bytes = iommu_vdevice_tsm_guest_request({
    vdevice_id: vdevice,
    type,
    req_uptr: host.user.place(request),
    req_len: request.length,
    resp_uptr,
    resp_len,
  });
  const result = host.sys.ioctl(iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, bytes);
  const answered = iommu_vdevice_tsm_guest_request.decode(bytes).resp_len;
  return { result, resp_len: answered, response: host.user.read(resp_uptr, 256) };
}

function sizeRequest(object: number): Uint8Array {
  return new Uint8Array(new Int32Array([object]).buffer);
}

function readRequest(object: number, offset = 0n): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, object, true);
  view.setBigUint64(8, offset, true);
  return bytes;
}

describe("IOMMU_VDEVICE_TSM_GUEST_REQUEST", () => {
  it("tells the size of the certificate and gives it", () => {
    const made = bound();
    const key = made.host.machine.functions.get(0x100)?.publicKey ?? new Uint8Array(0);

    const size = send(made, ARM_CCA_DA_OBJECT_SIZE, sizeRequest(CERTIFICATE), 4);
    expect(size).toMatchObject({ result: 0, resp_len: 4 });
    expect(new DataView(size.response.buffer).getInt32(0, true)).toBe(key.length);

    const read = send(made, ARM_CCA_DA_OBJECT_READ, readRequest(CERTIFICATE), 256);
    expect(read).toMatchObject({ result: 0, resp_len: key.length });
    expect(read.response.slice(0, key.length)).toEqual(key);
  });

  it("succeeds for an object that is empty, and answers nothing", () => {
    expect(send(bound(), ARM_CCA_DA_OBJECT_SIZE, sizeRequest(MEASUREMENT), 4)).toMatchObject({
      result: 0,
      resp_len: 4,
    });
  });

  it.each([
    ["an unknown type", 7, sizeRequest(CERTIFICATE), 4],
    ["a request of the wrong length", ARM_CCA_DA_OBJECT_SIZE, readRequest(CERTIFICATE), 4],
    ["an unknown object", ARM_CCA_DA_OBJECT_SIZE, sizeRequest(UNKNOWN_OBJECT), 4],
    ["too little room for a size", ARM_CCA_DA_OBJECT_SIZE, sizeRequest(CERTIFICATE), 3],
    ["too little room for the object", ARM_CCA_DA_OBJECT_READ, readRequest(CERTIFICATE), 8],
  ] as const)("answers -EIO for %s, whatever the driver's error was", (_what, type, request, room) => {
    expect(send(bound(), type, request, room).result).toBe(-EIO);
  });

  it("answers -ENODEV for a device that is connected but not bound, and -ENOENT for another object", () => {
    const made = world();
    writeConnect(made.host, "1\n");

    expect(send(made, ARM_CCA_DA_OBJECT_SIZE, sizeRequest(CERTIFICATE), 4).result).toBe(-ENODEV);
    expect(send({ ...made, vdevice: 1 }, ARM_CCA_DA_OBJECT_SIZE, sizeRequest(1), 4).result).toBe(-ENOENT);
  });
});
