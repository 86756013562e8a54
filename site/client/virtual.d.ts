// SPDX-License-Identifier: MIT

/** The function of the library that moves a recorded run, as a module. */
declare module "virtual:travel" {
  export function start(record: unknown, id: string): void;
}
