// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { declarationsOf, testTitlesOf } from "../../tools/reference/declarations.mjs";
import { calledFunctions, type PatchMap, parts, patchMapPage } from "../../tools/reference/patch-map.mjs";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const map = JSON.parse(read("docs/data/patch-map.json")) as PatchMap;
const hunks = map.files.flatMap(({ file, hunks }) => hunks.map((hunk) => ({ file, ...hunk })));
const lines = hunks.flatMap((hunk) => hunk.lines.map((one) => ({ where: `${hunk.file} ${one.at}`, ...one })));

/** Lines that each file of the patch adds, and where in it. The patch says so in its summary and its hunks. */
const ADDED = [
  ["arch/arm64/kvm/mmu.c", 45, [[1530, 4, 48]]],
  ["drivers/iommu/iommufd/iommufd_private.h", 1, [[698, 4, 4]]],
  [
    "drivers/iommu/iommufd/main.c",
    4,
    [
      [411, 4, 4],
      [476, 4, 6],
    ],
  ],
  [
    "drivers/iommu/iommufd/viommu.c",
    43,
    [
      [516, 4, 41],
      [593, 4, 8],
    ],
  ],
  ["include/linux/kvm_host.h", 1, [[2602, 4, 4]]],
  [
    "include/uapi/linux/iommufd.h",
    10,
    [
      [59, 4, 4],
      [1147, 4, 12],
    ],
  ],
] as const;

/** Declarations of a file of the library with the given name. */
function declared(place: string): readonly { readonly above: readonly string[] }[] {
  const [file, name] = parts(place);
  if (!existsSync(path.join(root, "lib/src", file))) return [];
  return declarationsOf(read(`lib/src/${file}`)).filter((one) => one.name === name);
}

describe("the patch map", () => {
  it("knows the files and the hunks of the patch: 104 lines in six files", () => {
    const known = map.files.map(({ file, added, hunks }) => [
      file,
      added,
      hunks.map((hunk) => [hunk.newStart, ...hunk.added]),
    ]);

    expect(known).toEqual(ADDED);
    expect(map.patch).toMatchObject({ added: 104, files: 6 });
  });

  it.each(hunks)("has each added line of $file from $newStart on exactly once", ({ added, lines }) => {
    const [first = 0, last = 0] = added;
    const mapped = lines.flatMap(({ at: [from = 0, to = 0] }) =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i),
    );

    expect(mapped).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  });

  it("maps as many lines as the patch adds", () => {
    const mapped = lines.reduce((sum, { at: [from = 0, to = 0] }) => sum + to - from + 1, 0);

    expect(mapped).toBe(104);
  });

  it.each(lines)("leads from $where to something that the model declares", ({ model, calls = [] }) => {
    expect([model, ...calls].filter((place) => declared(place).length === 0)).toEqual([]);
  });

  it.each(lines)("leads from $where to a code cell of a notebook", ({ step }) => {
    const [notebook, cell] = parts(step);
    const { cells } = JSON.parse(read(`notebooks/${notebook}.ipynb`)) as {
      cells: { id: string; cell_type: string }[];
    };

    expect(cells.find(({ id }) => id === cell)?.cell_type, step).toBe("code");
  });

  it.each(lines)("leads from $where to a test", ({ test }) => {
    const [file, title] = parts(test);

    expect(testTitlesOf(read(`test/${file}`))).toContain(title);
  });

  it.each([...calledFunctions(map), ...map.beneath].filter((place) => parts(place)[1].includes("_")))(
    "names %s with its origin in the kernel",
    (place) => {
      expect(declared(place).flatMap(({ above }) => above)).not.toEqual([]);
    },
  );

  it("says in its own words what the lines do", () => {
    expect(lines.filter(({ what }) => !/^[A-Z].*\.$/.test(what) || /[{}=>*]|->/.test(what))).toEqual([]);
  });

  it("is the page that readers see", () => {
    expect(read("docs/patch-map.md"), "run `npm run reference`").toBe(patchMapPage(map));
  });
});
