// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as library from "../../lib/src/index.ts";
import { caseReference } from "../../tools/reference/cases.mjs";
import { errnoReference } from "../../tools/reference/errno.mjs";
import { structReference } from "../../tools/reference/structs.mjs";

type Layouts = Parameters<typeof structReference>[0];

function page(name: string): string {
  return readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), "utf8");
}

function recorded<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../conformance/${name}`, import.meta.url), "utf8")) as T;
}

describe("the generated pages", () => {
  it("say of each structure what its description says", () => {
    const layouts = Object.values(library).filter(
      (value) => typeof value === "function" && "structName" in value,
    );

    expect(page("structs.md"), "run `npm run reference`").toBe(
      structReference(layouts as unknown as Layouts),
    );
    expect(page("structs.md")).toContain("| 28 | 4 | (padding) |  |");
  });

  it("say of each errno what host.explain says", () => {
    const { errnoCatalogue, errnoName, ioctlOf } = library;

    expect(page("errno.md"), "run `npm run reference`").toBe(
      errnoReference(errnoCatalogue, errnoName, ioctlOf),
    );
  });

  it("list each recorded case of the kernel side with its result", () => {
    const cases = [
      ...recorded<Case[]>("kernel-kvm-cases.json"),
      ...recorded<Case[]>("kernel-iommufd-cases.json"),
    ];

    const expected = caseReference(
      cases,
      recorded("kernel-iommufd-exceptions.json"),
      recorded("kernel-kvm-not-applicable.json"),
    );

    expect(cases).toHaveLength(217);
    expect(page("cases.md"), "run `npm run reference`").toBe(expected);
  });
});

type Case = Parameters<typeof caseReference>[0][number];
