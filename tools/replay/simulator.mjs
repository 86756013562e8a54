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

/**
 * @param {URL} [build] folder of the built library
 * @returns {Promise<Omit<typeof import("./simulator.d.ts"), "default">>}
 */
export async function loadSimulator(build = new URL("../../lib/dist/", import.meta.url)) {
  const modules = await Promise.all(MODULES.map((name) => import(new URL(`${name}.js`, build).href)));
  return Object.assign({}, ...modules);
}
