// SPDX-License-Identifier: MIT
/** Loads the parts of the built library that the replayer needs. */

const MODULES = [
  "hw/granule-protection",
  "hw/machine",
  "rmm/commands",
  "rmm/granules",
  "rmm/realm-params",
  "rmm/rec-params",
  "rmm/rec-run",
  "rmm/registers",
  "rmm/rmm",
];

/** @returns {Promise<Omit<typeof import("./simulator.d.ts"), "default">>} */
export async function loadSimulator() {
  const modules = await Promise.all(
    MODULES.map((name) => import(new URL(`../../lib/dist/${name}.js`, import.meta.url).href)),
  );
  return Object.assign({}, ...modules);
}
