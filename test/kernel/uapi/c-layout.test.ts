// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FieldLayout, FieldType } from "../../../lib/src/base/layout.ts";
import * as fs from "../../../lib/src/kernel/fs/uapi.ts";
import * as iommufd from "../../../lib/src/kernel/iommufd/uapi.ts";
import * as iommufdStructs from "../../../lib/src/kernel/iommufd/uapi-structs.ts";
import * as kvm from "../../../lib/src/kernel/kvm/uapi.ts";
import * as vfio from "../../../lib/src/kernel/vfio/uapi.ts";

/** What this test needs of a structure's description. */
interface Layout {
  readonly structName: string;
  readonly byteLength: number;
  readonly fields: readonly FieldLayout[];
}

function isLayout(value: unknown): value is Layout {
  return typeof value === "function" && "structName" in value && "fields" in value;
}

const compiler = ["cc", "gcc", "clang"].find((name) => spawnSync(name, ["--version"]).status === 0);

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "layout "));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a C program prints, line by line. */
function outputOf(program: string): string[] {
  const source = path.join(folder, "program.c");
  const binary = path.join(folder, "program");
  writeFileSync(source, program);
  const built = spawnSync(compiler as string, ["-o", binary, source], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(built.stderr);
  return spawnSync(binary, { encoding: "utf8" }).stdout.trim().split("\n");
}

const C_TYPE: Readonly<Record<FieldType, string>> = {
  u8: "uint8_t",
  u16: "uint16_t",
  u32: "uint32_t",
  u64: "uint64_t",
  s32: "int32_t",
  s64: "int64_t",
  bytes: "uint8_t",
};
const C_WIDTH: Readonly<Record<FieldType, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  s32: 4,
  s64: 8,
  bytes: 1,
};

/** A structure of C with the same types in the same order; where the bytes go is left to the compiler. */
function inC({ structName, fields }: Layout): string {
  const members = fields.map(({ name, type, bytes }) => {
    const count = bytes / C_WIDTH[type];
    return `  ${C_TYPE[type]} ${name}${count === 1 && type !== "bytes" ? "" : `[${count}]`};`;
  });
  return [`struct ${structName} {`, ...members, "};"].join("\n");
}

function measure({ structName, fields }: Layout): string[] {
  return [
    `printf("${structName} %zu\\n", sizeof(struct ${structName}));`,
    ...fields.map(
      ({ name }) => `printf("${structName}.${name} %zu\\n", offsetof(struct ${structName}, ${name}));`,
    ),
  ];
}

function described({ structName, byteLength, fields }: Layout): string[] {
  return [
    `${structName} ${byteLength}`,
    ...fields.map(({ name, offset }) => `${structName}.${name} ${offset}`),
  ];
}

function program(
  includes: readonly string[],
  declarations: readonly string[],
  body: readonly string[],
): string {
  const headers = ["stddef.h", "stdint.h", "stdio.h", ...includes].map((header) => `#include <${header}>`);
  return [...headers, ...declarations, "int main(void) {", ...body, "return 0;", "}", ""].join("\n");
}

// The descriptions of these leave fields or a union out, so a compiler cannot find their places.
const PARTIAL = ["stat", "kvm_run", "kvm_cap_arm_rme_config_item"];

describe.skipIf(compiler === undefined)("the structures, measured by a C compiler", () => {
  const exported: unknown[] = Object.values({ ...kvm, ...iommufdStructs, ...vfio });
  const layouts = exported.filter(isLayout).filter(({ structName }) => !PARTIAL.includes(structName));

  it("have the size and the offsets that C gives to their types in their order", () => {
    const lines = outputOf(program([], layouts.map(inC), layouts.flatMap(measure)));

    expect(layouts.length).toBeGreaterThan(30);
    expect(lines).toEqual(layouts.flatMap(described));
  });

  it("have the size and the offsets of the system's own kernel headers, where these know them", () => {
    const known = [kvm.kvm_userspace_memory_region, kvm.kvm_enable_cap];

    const lines = outputOf(program(["linux/kvm.h"], [], known.flatMap(measure)));

    expect(lines).toEqual(known.flatMap(described));
  });

  it("give the padding of the patch's structure: 28 bytes of fields, 32 in all, and 28 where u64 needs 4 only", () => {
    const declaration = inC(iommufdStructs.iommu_vdevice_tsm_map);
    const packed = declaration
      .replace("struct iommu_vdevice_tsm_map", "struct on_i386")
      .replaceAll("uint64_t", "u64_4");

    const lines = outputOf(
      program(
        [],
        ["typedef uint64_t u64_4 __attribute__((aligned(4)));", declaration, packed],
        [
          'printf("%zu %zu\\n", sizeof(struct iommu_vdevice_tsm_map), sizeof(struct on_i386));',
          'printf("%zu\\n", offsetof(struct iommu_vdevice_tsm_map, vdevice_id) + sizeof(uint32_t));',
        ],
      ),
    );

    expect(lines).toEqual(["32 28", "28"]);
  });
});

describe.skipIf(compiler === undefined)("the constants, asked of the system's kernel headers", () => {
  // Numbers that only the posted series have; a header may use the same name for something else.
  const POSTED = /^KVM_CAP_ARM_RME|^KVM_ARM_VCPU_REC$|^KVM_VM_TYPE_ARM_(NORMAL|REALM|MASK)$/;

  it("are what the headers say, for every macro that the headers have", () => {
    const all = { ...fs, ...kvm, ...vfio, ...iommufd };
    const constants = Object.entries(all).filter(
      ([name, value]) => typeof value === "number" && !POSTED.test(name),
    );
    const body = constants.flatMap(([name]) => [
      `#ifdef ${name}`,
      `printf("${name} %llu\\n", (unsigned long long)(${name}));`,
      "#endif",
    ]);

    // The number of KVM_ARM_VCPU_INIT holds the size of a structure that only arm64 headers have.
    const declarations = [inC(kvm.kvm_vcpu_init)];

    const lines = outputOf(
      program(["fcntl.h", "linux/falloc.h", "linux/kvm.h", "linux/vfio.h", "sys/mman.h"], declarations, body),
    );

    const ours = new Map(constants.map(([name, value]) => [name, `${name} ${value}`]));
    expect(lines.length).toBeGreaterThan(40);
    expect(lines).toEqual(lines.map((line) => ours.get(line.split(" ")[0] as string)));
  });
});

it("finds a C compiler wherever CI runs", () => {
  expect(compiler ?? process.env["CI"], "on Debian: apt install gcc").not.toBe("true");
});
