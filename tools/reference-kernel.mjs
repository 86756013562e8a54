// SPDX-License-Identifier: MIT
// npm run reference: writes the pages on structures, errors and recorded cases anew.
import { readFileSync, writeFileSync } from "node:fs";
import * as sim from "tsm-map-sim";
import { caseReference } from "./reference/cases.mjs";
import { errnoReference } from "./reference/errno.mjs";
import { structReference } from "./reference/structs.mjs";

/** @param {string} name */
const page = (name) => new URL(`../docs/reference/${name}`, import.meta.url);
/** @param {string} name */
const recorded = (name) =>
  JSON.parse(readFileSync(new URL(`../test/conformance/${name}`, import.meta.url), "utf8"));

const layouts = Object.values(sim).filter((value) => typeof value === "function" && "structName" in value);
writeFileSync(page("structs.md"), structReference(/** @type {any} */ (layouts)));
writeFileSync(page("errno.md"), errnoReference(sim.errnoCatalogue, sim.errnoName, sim.ioctlOf));
writeFileSync(
  page("cases.md"),
  caseReference(
    [...recorded("kernel-kvm-cases.json"), ...recorded("kernel-iommufd-cases.json")],
    recorded("kernel-iommufd-exceptions.json"),
    recorded("kernel-kvm-not-applicable.json"),
  ),
);
