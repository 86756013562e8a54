// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../base/address.ts";
import type { SchedulingPoint, Task } from "../base/task.ts";
import type { KernelVariant } from "../kernel/variant.ts";
import { deleting, mapping, stage } from "./races/scene.ts";

/** How long a change of the slots was held up. */
export interface SrcuWait {
  /** Pages that were being mapped. */
  readonly pages: number;
  /** Firmware calls of the map that went by while the other call waited, holding `slots_lock`. */
  readonly calls: number;
}

/** Tables and other pages that a host needs besides the ones that are mapped. */
const SPARE_PAGES = 2048;

/**
 * SRCU as a cost: one task maps a slot of so many pages, and as soon as it is inside, another deletes a slot that has
 * nothing to do with it. Counts the firmware calls that the deletion waits for. Nothing is broken by that; but
 * whoever needs `slots_lock` waits, too.
 *
 * @example
 * ```ts
 * srcuWait(512, "rfc-v1").calls; // every call that is left of the range
 * ```
 */
export function srcuWait(pages: number, kernel: string | KernelVariant = "rfc-v1"): SrcuWait {
  const on = stage(kernel, { slots: [pages, 1], memory: (pages + SPARE_PAGES) * PAGE_SIZE });
  const map = new Steps(mapping(on, 0, pages - 1));
  const remove = new Steps(deleting(on, 1));
  const { scheduling } = on.host.kernel;
  let calls = 0;
  scheduling.preemptible = true;
  while (map.at?.kind !== "rmi") map.step();
  while (!remove.ended) {
    if (remove.canGo) remove.step();
    else {
      if (map.at?.kind === "rmi") calls++;
      map.step();
    }
  }
  while (!map.ended) map.step();
  scheduling.preemptible = false;
  return { pages, calls };
}

/** A task that is taken from point to point. */
class Steps {
  readonly #task: Task<number>;
  /** Where it stopped. */
  at: SchedulingPoint | undefined;
  ended = false;

  constructor(task: Task<number>) {
    this.#task = task;
  }

  get canGo(): boolean {
    return this.at?.until === undefined || this.at.until();
  }

  step(): void {
    const { done, value } = this.#task.next();
    this.ended = done === true;
    this.at = typeof value === "number" ? undefined : value;
  }
}
