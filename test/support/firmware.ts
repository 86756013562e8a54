// SPDX-License-Identifier: MIT
import { expect, onTestFinished } from "vitest";
import { auditRmm } from "../../lib/src/rmm/audit.ts";
import type { Rmm } from "../../lib/src/rmm/rmm.ts";

/** Has firmware that a test drives by hand audited when the test ends: it must contradict itself nowhere. */
export function auditedFirmware<W extends { readonly rmm: Rmm }>(world: W): W {
  onTestFinished(() => expect(auditRmm(world.rmm), "the audit after the test").toEqual([]));
  return world;
}
