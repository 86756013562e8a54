// SPDX-License-Identifier: MIT
import { EndlessTaskError } from "../../base/task.ts";
import { NotAKernelFunction } from "../../explore/not-a-kernel-function.ts";
import type { Problem } from "../exercise.ts";

/** The problem of a function for the kernel that ended in an exception, or was stopped for what it did. */
export function threw(error: Error, call: string, expected?: string): Problem {
  const facts = { call, ...(expected === undefined ? {} : { expected }), came: error.message };
  if (error instanceof NotAKernelFunction || error instanceof EndlessTaskError) {
    return {
      id: "no-kernel-function",
      message:
        "The function did what no function of the kernel may. It must be a generator (function*), call tasks with yield*, and come to an end with a number.",
      ...facts,
    };
  }
  return {
    id: "throws",
    message: "The function threw. In the kernel that would be an oops.",
    ...facts,
  };
}
