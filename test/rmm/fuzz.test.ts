// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";

// A number of calls from outside makes this the long run: npm run fuzz:rmm.
const CALLS = Number(process.env["FUZZ_CALLS"] ?? 50_000);

it(`answers ${CALLS} calls with random function ids and registers by a status, and keeps its books in order`, () => {
  const { succeeded, findings } = fuzz(CALLS, 7);

  expect(findings).toEqual([]);
  expect(succeeded).toBeGreaterThan(CALLS / 100);
}, 600_000);
