// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const compiler = path.join(root, "node_modules/@tslab/typescript-for-tslab/bin/tsc");
const options = [
  "--noEmit",
  "--strict",
  "--target",
  "es2022",
  "--module",
  "commonjs",
  "--moduleResolution",
  "node10",
];

// Below the root, so that the package is found as a notebook finds it.
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(root, ".cache-declarations-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What TypeScript 5.0, the one that notebooks are checked with, says of a program. */
function check(program: string): string[] {
  const file = path.join(folder, "cell.ts");
  writeFileSync(file, program);
  const { stdout } = spawnSync(process.execPath, [compiler, ...options, "--types", "node", file], {
    encoding: "utf8",
  });
  return stdout.split("\n").filter((line) => line.includes("error TS"));
}

describe("the declarations of the library", () => {
  it("are read by TypeScript 5.0 without a complaint", () => {
    expect(check('import * as sim from "tsm-map-sim";\nsim.boot();\n')).toEqual([]);
  });

  it("keep their types in TypeScript 5.0: bytes are bytes, not any", () => {
    const program = [
      'import { boot, iommu_vdevice_tsm_map } from "tsm-map-sim";',
      "const wrong: string = iommu_vdevice_tsm_map({ vdevice_id: 1 });",
      "const alsoWrong: bigint = boot().sys.ioctl(3, 0x3b97);",
      "iommu_vdevice_tsm_map({ no_such_field: 1 });",
      "",
    ].join("\n");

    expect(check(program)).toHaveLength(3);
  });

  it("name no generic typed array, which TypeScript 5.0 would turn into any", () => {
    const files = readdirSync(path.join(root, "lib/dist"), { recursive: true, encoding: "utf8" });
    const generic = files
      .filter((file) => file.endsWith(".d.ts"))
      .filter((file) =>
        /\b(Uint|Int|BigUint|Float)\w*Array</.test(readFileSync(path.join(root, "lib/dist", file), "utf8")),
      );

    expect(files.length).toBeGreaterThan(50);
    expect(generic).toEqual([]);
  });

  it("come from a package without any dependency", () => {
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(path.join(root, "lib/package.json"), "utf8"),
    ) as Record<string, unknown>;

    expect([dependencies, peerDependencies]).toEqual([undefined, undefined]);
  });
});
