// SPDX-License-Identifier: MIT
export { type Gfn, gpaToGfn, PAGE_SIZE } from "./base/address.ts";
export { type Struct, struct } from "./base/layout.ts";
export { MemoryBus } from "./hw/memory-bus.ts";
