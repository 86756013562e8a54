// SPDX-License-Identifier: MIT
import type { Task } from "../base/task.ts";
import type { KernelVariant } from "../kernel/variant.ts";
import { isSchedulingPoint, shown } from "./execution.ts";
import { NotAKernelFunction } from "./not-a-kernel-function.ts";

/** Largest number that an errno can have. @kernel include/linux/err.h MAX_ERRNO */
const MAX_ERRNO = 4095;

/**
 * The same kernel, with a check on what its `kvm_map_private_memory` is, yields and returns. A function that somebody
 * wrote by hand is known by its mistakes then, and not by what they break further on.
 */
export function checked(variant: KernelVariant): KernelVariant {
  const { kvm_map_private_memory: map } = variant;
  return {
    ...variant,
    *kvm_map_private_memory(kvm, start_gpa, end_gpa): Task<number> {
      const task: unknown = map(kvm, start_gpa, end_gpa);
      if (!isTask(task))
        throw wrong(`gave ${shown(task)} and not a task; it has to be a generator, written "function*"`);
      for (;;) {
        const { done, value } = task.next() as { done?: unknown; value?: unknown };
        if (done === true) return resultOf(value);
        if (!isSchedulingPoint(value))
          throw wrong(
            `yielded ${shown(value)}, which is no scheduling point; write "yield*" before a call of a task`,
          );
        yield value;
      }
    },
  };
}

function isTask(value: unknown): value is Task<unknown> {
  return typeof (value as { next?: unknown } | undefined | null)?.next === "function";
}

function resultOf(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= -MAX_ERRNO) return value;
  throw wrong(`returned ${shown(value)}; it has to return 0, or a negative errno such as -EINVAL`);
}

function wrong(what: string): NotAKernelFunction {
  return new NotAKernelFunction(`kvm_map_private_memory ${what}`);
}
