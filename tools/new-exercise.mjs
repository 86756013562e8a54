// SPDX-License-Identifier: MIT
// npm run new:exercise -- 07 which-page: begins an exercise, with gaps that `npm run exercises` names.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cellsFor, exerciseSource, inCatalogue, nameOf } from "./new-exercise/scaffold.mjs";

const course = new URL("../lib/src/course/", import.meta.url);
process.exitCode = main(process.argv.slice(2));

/** @param {string[]} args @returns {number} the exit code */
function main([number = "", words = "", ...more]) {
  const name = nameOf(number, words);
  if (name.problem !== undefined || more.length > 0) {
    console.error(
      `${name.problem ?? "There are too many words."}\nUsage: npm run new:exercise -- NN some-words`,
    );
    return 1;
  }
  const file = new URL(`exercises/${name.id}.ts`, course);
  if (existsSync(file)) {
    console.error(`lib/src/course/exercises/${name.id}.ts is there already; nothing was changed.`);
    return 1;
  }
  const catalogue = new URL("catalogue.ts", course);
  const entered = inCatalogue(readFileSync(catalogue, "utf8"), name);
  writeFileSync(file, exerciseSource(name));
  writeFileSync(catalogue, entered);
  console.log(`lib/src/course/exercises/${name.id}.ts is new, and the catalogue has it.

Next:
  1. Fill the gaps; npm run exercises says which are left.
  2. Put these cells into notebook ${number}, with the starter as it is then:

${cellsFor(name, `const answer = undefined;\ncheck("${name.id}", answer);`)}

  3. npm run notebooks -- notebooks/${number}-*.ipynb, then npm run lint:notebooks
  4. npm test -- test/course test/notebooks, then npm run workshop`);
  return 0;
}
