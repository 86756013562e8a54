// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { boot } from "../../../lib/src/index.ts";

it("a page that has failed is never handed out again", () => {
  const { pages } = boot({ memory: 64 * 4096 }).kernel;
  const failed = pages.alloc_page();
  pages.poison(failed);

  pages.put_page(failed);

  expect(pages.alloc_page()).not.toBe(failed);
  expect(pages.page_count(failed)).toBe(0);
});
