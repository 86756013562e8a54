// SPDX-License-Identifier: MIT
"use strict";

/** A stand-in for an old Node: loaded into a process with `--require`, it makes that say it is version 18. */
Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.4" } });
