// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cruisedModules, floorsDrawing, houseOf, withFloors } from "../../tools/reference/floors.mjs";

const module = (source: string, ...imports: string[]) => ({
  source: `lib/src/${source}`,
  dependencies: imports.map((file) => ({ resolved: `lib/src/${file}` })),
});

describe("the drawing of the floors", () => {
  it("stands on the architecture page as the house is built", () => {
    const page = readFileSync(new URL("../../docs/architecture.md", import.meta.url), "utf8");

    expect(page, "run `npm run floors`").toBe(withFloors(page, houseOf(cruisedModules())));
  });

  it("counts files and imports between parts, and leaves out those within one", () => {
    const { files, imports } = houseOf([
      module("hw/smmu.ts", "hw/tlb.ts", "base/bits.ts"),
      module("hw/tlb.ts", "base/bits.ts"),
      module("base/bits.ts"),
      module("index.ts", "hw/smmu.ts"),
    ]);

    expect([files.get("hw"), files.get("base")]).toEqual([2, 1]);
    expect([...(imports.get("hw") ?? [])]).toEqual([["base", 2]]);
  });

  it("shows an import that goes upward, where the picture is otherwise empty", () => {
    const good = floorsDrawing(houseOf([module("hw/smmu.ts", "base/bits.ts")]));
    const upward = floorsDrawing(houseOf([module("hw/smmu.ts", "rmm/fid.ts")]));

    expect(good).toMatch(/^1 {2}hw +1 +1$/m);
    expect(upward).toMatch(/^1 {2}hw +1 +1 +·$/m);
  });

  it("refuses a file on no floor", () => {
    expect(() => houseOf([module("attic/box.ts")])).toThrow("lib/src/attic/box.ts is on no floor");
  });
});
