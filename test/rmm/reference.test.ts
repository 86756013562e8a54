// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { rmiCommands } from "../../lib/src/rmm/commands.ts";
import { rmiReference } from "../../tools/reference/rmi.mjs";

it("has a reference page that says what the tables say", () => {
  const page = readFileSync(new URL("../../docs/reference/rmi.md", import.meta.url), "utf8");

  expect(page, "run `npm run reference`").toBe(rmiReference(rmiCommands));
});
