// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Recordings of the real RMM: sequences written to reach each answer, and seeded random ones. */
export const VECTORS = ["rmm-scripted", "rmm-random"] as const;

/** The lines of a recording, as text. */
export function vectorText(name: (typeof VECTORS)[number]): string {
  const file = new URL(`./rmm/${name}.jsonl.gz`, import.meta.url);
  return gunzipSync(readFileSync(file)).toString("utf8");
}
