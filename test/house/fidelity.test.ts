// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { unsupportedIommufd } from "../../lib/src/index.ts";

const page = readFileSync(new URL("../../docs/fidelity.md", import.meta.url), "utf8");

it.each(unsupportedIommufd.map(({ what, answer }) => [what, answer] as const))(
  "the fidelity page tells of %s, which answers %s",
  (what, answer) => {
    expect(page).toContain(`| ${what} | ${answer} |`);
  },
);
