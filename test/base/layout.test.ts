// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Struct, struct } from "../../lib/src/base/layout.ts";
import * as iommufd from "../../lib/src/kernel/iommufd/uapi-structs.ts";
import * as kvm from "../../lib/src/kernel/kvm/uapi.ts";

type AnyStruct = Struct<Record<string, readonly ["u32", number]>>;

const exported: unknown[] = Object.values({ ...kvm, ...iommufd });
const structs = exported.filter(
  (value): value is AnyStruct => typeof value === "function" && "structName" in value,
);

const sample = struct(
  "sample",
  {
    a: ["u8", 0],
    b: ["u16", 2],
    c: ["u32", 4],
    d: ["u64", 8],
    e: ["s32", 16],
    f: ["s64", 24],
    g: ["bytes", 32, 4],
  },
  40,
  "test",
);

describe("a structure", () => {
  it("decodes what it encoded, for any values of its fields", () => {
    const values = fc.record({
      a: fc.nat(0xff),
      b: fc.nat(0xffff),
      c: fc.nat(0xffff_ffff),
      d: fc.bigInt(0n, 2n ** 64n - 1n),
      e: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      f: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
      g: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    });
    fc.assert(
      fc.property(values, (given) => {
        expect(sample.decode(sample(given))).toEqual(given);
      }),
    );
  });

  it("is little-endian and leaves padding zero", () => {
    const bytes = sample({ a: 1, b: 0x0203, c: 0x04050607 });
    expect([...bytes.subarray(0, 8)]).toEqual([1, 0, 3, 2, 7, 6, 5, 4]);
  });

  it("takes a number for a field of 64 bits, and wraps a negative one", () => {
    expect(sample.decode(sample({ d: -1 })).d).toBe(2n ** 64n - 1n);
  });

  it("counts bytes past the end as zero when it decodes", () => {
    expect(sample.decode(Uint8Array.of(7)).a).toBe(7);
    expect(sample.decode(Uint8Array.of(7)).d).toBe(0n);
  });

  it("writes one field in place", () => {
    const bytes = sample({ a: 1 });
    sample.set(bytes, "c", 5);
    expect(sample.decode(bytes)).toMatchObject({ a: 1, c: 5 });
  });

  it("names a field that it does not have", () => {
    expect(() => sample({ wrong: 1 } as object)).toThrow("struct sample has no field wrong");
  });

  it("refuses more elements than an array has", () => {
    expect(() => sample({ g: new Uint8Array(5) })).toThrow("field g holds 4 elements, not 5");
  });

  it("fills in a leading size field unless it is given", () => {
    const sized = struct("sized", { size: ["u32", 0], x: ["u32", 4] }, 8, "test");
    expect(sized.decode(sized()).size).toBe(8);
    expect(sized.decode(sized({ size: 4 })).size).toBe(4);
  });
});

describe("the structures of the uAPI", () => {
  for (const layout of structs) {
    it(`${layout.structName} has fields that lie inside it and do not overlap`, () => {
      // Two members of a union share bytes; the model describes such a structure once for each.
      let reached = 0;
      for (const { offset, bytes } of layout.fields) {
        expect(offset).toBeGreaterThanOrEqual(reached);
        reached = offset + bytes;
      }
      expect(reached).toBeLessThanOrEqual(layout.byteLength);
    });
  }

  it.each([
    ["kvm_userspace_memory_region", kvm.kvm_userspace_memory_region.byteLength, 32],
    ["kvm_userspace_memory_region2", kvm.kvm_userspace_memory_region2.byteLength, 160],
    ["kvm_memory_attributes", kvm.kvm_memory_attributes.byteLength, 32],
    ["kvm_create_guest_memfd", kvm.kvm_create_guest_memfd.byteLength, 64],
    ["kvm_pre_fault_memory", kvm.kvm_pre_fault_memory.byteLength, 64],
    ["kvm_enable_cap", kvm.kvm_enable_cap.byteLength, 104],
    ["kvm_vcpu_init", kvm.kvm_vcpu_init.byteLength, 32],
  ])("%s has the size that its command number carries", (name, bytes, expected) => {
    const command = Object.entries(kvm).find(
      ([key, value]) => typeof value === "number" && COMMAND_OF[name] === key,
    )?.[1] as number;
    expect([bytes, (command >>> 16) & 0x3fff]).toEqual([expected, expected]);
  });
});

const COMMAND_OF: Readonly<Record<string, string>> = {
  kvm_userspace_memory_region: "KVM_SET_USER_MEMORY_REGION",
  kvm_userspace_memory_region2: "KVM_SET_USER_MEMORY_REGION2",
  kvm_memory_attributes: "KVM_SET_MEMORY_ATTRIBUTES",
  kvm_create_guest_memfd: "KVM_CREATE_GUEST_MEMFD",
  kvm_pre_fault_memory: "KVM_PRE_FAULT_MEMORY",
  kvm_enable_cap: "KVM_ENABLE_CAP",
  kvm_vcpu_init: "KVM_ARM_VCPU_INIT",
};
