// SPDX-License-Identifier: MIT
// npm run reference: writes docs/reference/rmi.md anew from the tables of the built library.
import { writeFileSync } from "node:fs";
import { rmiCommands } from "../lib/dist/rmm/commands.js";
import { rmiReference } from "./reference/rmi.mjs";

writeFileSync(new URL("../docs/reference/rmi.md", import.meta.url), rmiReference(rmiCommands));
