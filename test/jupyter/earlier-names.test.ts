// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Notebook } from "./notebook.ts";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
  await notebook.run("const slot = { base: 1, pages: 2 }; const page = 5; let first = 0; let last = 0;");
});
afterAll(() => notebook.close());

describe("a name of an earlier cell", () => {
  it.each([
    ["is taken apart under other names", "const { base: from, pages } = slot; from + pages", "3"],
    ["is taken apart with a rest", "const { base: start, ...others } = slot; start + others.pages", "3"],
    ["is taken apart inside of a list", "const [one, { pages: two }] = [1, slot]; one + two", "3"],
    [
      "is a parameter's type",
      "function sum({ base: a, pages: b = 9 }: typeof slot) { return a + b; } sum(slot)",
      "3",
    ],
    ["is a property and a value at once", "const box = { page, slot }; box.page + box.slot.pages", "7"],
    ["is such a property in a function", "const make = () => ({ page }); make().page", "5"],
    [
      "is such a property in a class",
      "class Box { all() { return { slot }; } } new Box().all().slot.base",
      "1",
    ],
    [
      "has a property that is given anew",
      "const other: typeof slot = { base: page, pages: page }; other.pages",
      "5",
    ],
    ["is assigned from a property", "({ base: first, pages: last } = slot); first + last", "3"],
    ["is assigned from a property of its own name", "({ first = 4 } = {} as { first?: number }); first", "4"],
  ])("%s", async (_, code, text) => {
    const cell = await notebook.run(code);

    expect(cell.result).toEqual({ "text/plain": text });
  });

  it("keeps what was assigned for the next cell", async () => {
    await notebook.run("({ base: first, pages: last } = slot);");

    expect((await notebook.run("[first, last].join()")).result).toEqual({ "text/plain": "1,2" });
  });
});
