// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { declarationsOf, testTitlesOf } from "../../tools/reference/declarations.mjs";
import { readNotebooks } from "../../tools/reference/notebooks.mjs";
import { modelledSymbols, symbolsPage } from "../../tools/reference/symbols.mjs";

const symbols = modelledSymbols(readNotebooks());

describe("the symbol index", () => {
  it.each([
    ["kvm_map_private_memory", "kernel/kvm/arm64/map-private-memory.ts", "arch/arm64/kvm/mmu.c"],
    ["kvm_gmem_get_pfn", "kernel/kvm/gmem-get-pfn.ts", "virt/kvm/guest_memfd.c"],
    ["IOMMU_VDEVICE_TSM_MAP", "kernel/iommufd/uapi.ts", "include/uapi/linux/iommufd.h"],
    ["RMI_DATA_CREATE_UNKNOWN", "rmm/fid.ts", "RMM 1.0"],
  ])("leads from %s to %s and to %s", (name, model, origin) => {
    const found = symbols.find((one) => one.name === name && one.model === model);

    expect(found?.origin).toContain(origin);
    expect(found?.cells).not.toEqual([]);
  });

  it("has functions, types and constants, and no name of ours", () => {
    const count = (wanted: string): number => symbols.filter(({ kind }) => kind === wanted).length;

    expect(Math.min(count("function"), count("type"), count("value"))).toBeGreaterThan(15);
    expect(symbols.filter(({ name }) => !name.includes("_"))).toEqual([]);
  });

  it("names a place for each", () => {
    expect(symbols.filter(({ origin }) => !/[a-z/]/.test(origin)).map(({ name }) => name)).toEqual([]);
  });

  it("is the page that readers see", () => {
    const page = readFileSync(new URL("../../docs/symbols.md", import.meta.url), "utf8");

    expect(page, "run `npm run reference`").toBe(symbolsPage(symbols));
  });
});

describe("declarations of a file", () => {
  it("have the origin of their own comment, and know that of the group above", () => {
    const text = [
      "/** First. @kernel a/b.c */",
      "export function f_one(): void {}",
      "/** Second. */",
      "export const two = 2;",
      "/** Third. @rmm RMI_X */",
      "export class Three {\n  four(): void {}\n}",
    ].join("\n");

    expect(
      declarationsOf(text).map(({ name, kind, origins, above }) => [name, kind, origins, above]),
    ).toEqual([
      ["f_one", "function", ["a/b.c"], ["a/b.c"]],
      ["two", "value", [], ["a/b.c"]],
      ["Three", "type", ["RMI_X"], ["RMI_X"]],
      ["four", "function", [], ["RMI_X"]],
    ]);
  });

  it("give the titles of tests, those of tables and templates too", () => {
    const text = `describe("a", () => { it.each([1])("b %i", f); it(\`c \${d}\`, f); other("e"); });`;

    expect(testTitlesOf(text)).toEqual(["a", "b %i", `c \${d}`]);
  });
});
