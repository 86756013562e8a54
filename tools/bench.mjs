// SPDX-License-Identifier: MIT
// npm run bench: how fast the model is, each figure the median of several runs in this process.
//   npm run bench                      a table
//   npm run --silent bench -- --json   one object: { "tsmMap.pagesPerSecond": { "value": …, "unit": "pages/s" }, … }
import { measureExplore } from "./bench/explore.mjs";
import { measureBoot, measureMap } from "./bench/kernel.mjs";
import { measureGrowth, measureRmi } from "./bench/rmm.mjs";

/** @typedef {{ value: number, unit: string, note?: string }} Figure */

/** @returns {Record<string, Figure>} */
function measureAll() {
  return { ...measureMap(), ...measureRmi(), ...measureBoot(), ...measureGrowth(), ...measureExplore() };
}

const figures = measureAll();
if (process.argv.includes("--json")) {
  const bare = Object.entries(figures).map(([name, { value, unit }]) => [name, { value, unit }]);
  console.log(JSON.stringify(Object.fromEntries(bare)));
} else {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  for (const [name, { value, unit, note }] of Object.entries(figures)) {
    const shown = value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(2);
    console.log(
      `${name.padEnd(width)}  ${shown.padStart(12)} ${unit}${note === undefined ? "" : `   ${note}`}`,
    );
  }
}
