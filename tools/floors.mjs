// SPDX-License-Identifier: MIT
// npm run floors: draws the floors of the library as built, into docs/architecture.md.
import { readFileSync, writeFileSync } from "node:fs";
import { cruisedModules, houseOf, withFloors } from "./reference/floors.mjs";

const file = new URL("../docs/architecture.md", import.meta.url);
writeFileSync(file, withFloors(readFileSync(file, "utf8"), houseOf(cruisedModules())));
