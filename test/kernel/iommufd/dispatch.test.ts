// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { E2BIG, EFAULT, EINVAL, ENOENT, ENOTTY } from "../../../lib/src/base/errno.ts";
import { iommufdIoctls } from "../../../lib/src/kernel/iommufd/ioctl-table.ts";
import { IOMMU_DESTROY, IOMMU_VDEVICE_TSM_MAP, IOMMUFD_TYPE } from "../../../lib/src/kernel/iommufd/uapi.ts";
import { setup } from "./setup.ts";

function withSize(size: number, length: number = size): Uint8Array {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, size, true);
  return bytes;
}

function open() {
  const { sys } = setup();
  return { sys, fd: sys.open("/dev/iommu") };
}

describe("the table of commands", () => {
  it("has every number from 0x80 to 0x97 once, encoded without direction and size", () => {
    expect(iommufdIoctls.map(({ nr }) => nr)).toEqual(Array.from({ length: 0x18 }, (_, i) => 0x80 + i));
    for (const { command, nr } of iommufdIoctls) expect(command).toBe((IOMMUFD_TYPE << 8) | nr);
  });

  it("has the sizes and least sizes that a C compiler gives", () => {
    const sizes = iommufdIoctls.map(({ nr, size, min_size }) => `${nr.toString(16)} ${size} ${min_size}`);

    expect(sizes).toMatchInlineSnapshot(`
      [
        "80 8 8",
        "81 12 12",
        "82 24 24",
        "83 40 40",
        "84 32 32",
        "85 40 40",
        "86 24 24",
        "87 24 24",
        "88 12 12",
        "89 48 24",
        "8a 40 32",
        "8b 16 16",
        "8c 48 48",
        "8d 32 32",
        "8e 16 16",
        "8f 40 40",
        "90 48 24",
        "91 24 24",
        "92 8 8",
        "93 32 28",
        "94 40 40",
        "95 16 16",
        "96 48 48",
        "97 32 28",
      ]
    `);
  });
});

describe("finding the command", () => {
  it("reads the size before it compares the number, so a hole with a bad pointer is a fault", () => {
    const { sys, fd } = open();

    expect(sys.ioctl(fd, 0xc0203b97)).toBe(-EFAULT);
    expect(sys.ioctl(fd, 0xc0203b97, withSize(32))).toBe(-ENOTTY);
  });

  it("sends numbers outside the table to the VFIO commands, which do not read a size", () => {
    const { sys, fd } = open();

    expect(sys.ioctl(fd, 0x3b7f)).toBe(-ENOTTY);
    expect(sys.ioctl(fd, 0x3b98)).toBe(-ENOTTY);
    expect(sys.ioctl(fd, 0x3b64)).toBe(0);
  });

  it("refuses three readable bytes: the size word does not fit", () => {
    const { sys, fd } = open();

    expect(sys.ioctl(fd, IOMMU_DESTROY, new Uint8Array(3))).toBe(-EFAULT);
  });
});

describe.each(iommufdIoctls)("the size rules of $name", ({ command, size, min_size }) => {
  it("refuses one byte less than the least size with -EINVAL", () => {
    const { sys, fd } = open();

    expect(sys.ioctl(fd, command, withSize(min_size - 1, size))).toBe(-EINVAL);
  });

  it("refuses a byte beyond the structure that is not zero with -E2BIG", () => {
    const { sys, fd } = open();
    const bytes = withSize(size + 1);
    bytes[size] = 0xff;

    expect(sys.ioctl(fd, command, bytes)).toBe(-E2BIG);
  });

  it("takes a zero byte beyond the structure as if it were not there", () => {
    const plain = open();
    const longer = open();

    const expected = plain.sys.ioctl(plain.fd, command, withSize(size));

    expect(longer.sys.ioctl(longer.fd, command, withSize(size + 1))).toBe(expected);
  });

  it("faults when the bytes that the size promises are not there", () => {
    const { sys, fd } = open();

    expect(sys.ioctl(fd, command, withSize(size + 8, size))).toBe(-EFAULT);
    expect(sys.ioctl(fd, command, withSize(min_size, min_size - 1))).toBe(-EFAULT);
  });
});

describe("IOMMU_VDEVICE_TSM_MAP's padding", () => {
  it.each([28, 29, 30, 31, 32])("accepts size %i and never looks at bytes 28 to 31", (size) => {
    const { sys, fd } = open();
    const bytes = withSize(size, 32);
    bytes.fill(0xff, 28);

    expect(sys.ioctl(fd, IOMMU_VDEVICE_TSM_MAP, bytes)).toBe(-ENOENT);
  });
});
