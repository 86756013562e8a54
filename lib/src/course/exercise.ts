// SPDX-License-Identifier: MIT

import { Displayable } from "../base/displayable.ts";
import type { Host, UserView } from "../boot.ts";
import type { Syscalls } from "../kernel/syscalls.ts";
import type { Vmm } from "../user/vmm.ts";
import type { Picture } from "../view/display.ts";

/** The first thing that is not right about an answer. */
export interface Problem {
  /** Which of the known problems it is; `"starter"` means that nothing was tried yet. */
  readonly id: string;
  /** What is not right and why, in a sentence or two. */
  readonly message: string;
  /** The call or the case that shows it. */
  readonly call?: string;
  readonly expected?: string;
  /** What came instead. */
  readonly came?: string;
  /** The state that shows it. */
  readonly picture?: Picture;
}

/** Problem of an answer that is still the starter's. */
export function untouched(message: string): Problem {
  return { id: "starter", message };
}

/** An answer that people give and that is not right, as a whole cell, and which problem it must be told. */
export interface WrongAnswer {
  readonly code: string;
  readonly problem: string;
}

/**
 * An exercise. Its code is what stands in a cell, imports aside; the last line of each is the call of `check`.
 */
export interface Exercise {
  /** Number of the notebook and a few words, for example `"01-which-slot"`. */
  readonly id: string;
  readonly title: string;
  /** What is asked, in a few sentences. */
  readonly task: string;
  readonly starter: string;
  /** Sets up the machine that the exercise is worked on, where there is one. */
  readonly prepare?: () => Vmm;
  /** Finds the first problem of an answer; none means that it is accepted. Never throws for an answer. */
  readonly check: (answer: unknown) => Problem | undefined;
  /** Where to look, which rule decides, and the shape of the code. */
  readonly hints: readonly [string, string, string];
  readonly wrongAnswers: readonly WrongAnswer[];
  readonly solution: { readonly code: string; readonly reasons: string };
}

/** A machine that was set up for one exercise, fresh each time. */
export class Lab extends Displayable {
  readonly id: string;
  readonly vmm: Vmm;
  readonly text: string;
  /** Results of the ioctls made on it so far, oldest first. */
  readonly ioctlResults: number[] = [];

  constructor(exercise: Exercise, vmm: Vmm) {
    super();
    this.id = exercise.id;
    this.vmm = vmm;
    vmm.host.trace.listen(({ kind, name, result }) => {
      if (kind === "syscall" && name === "ioctl" && result !== undefined) this.ioctlResults.push(result);
    });
    this.text = `${exercise.title}\n${exercise.task}`;
  }

  get host(): Host {
    return this.vmm.host;
  }

  /** System calls of the VMM's process. */
  get sys(): Syscalls {
    return this.vmm.host.sys;
  }

  /** Memory of the VMM's process. */
  get user(): UserView {
    return this.vmm.host.user;
  }

  /** Descriptor of the VM. */
  get vm(): number {
    return this.vmm.vm;
  }

  /** Descriptor of the first guest_memfd; -1 without one. */
  get guestMemfd(): number {
    return this.vmm.memory[0]?.guestMemfd ?? -1;
  }
}

/** The lab that an answer must be, or the problem that it is not. */
export function labOf(answer: unknown, id: string): Lab | Problem {
  if (answer instanceof Lab && answer.id === id) return answer;
  return {
    id: "no-lab",
    message: `The answer to this exercise is the machine that exercise("${id}") made, after you worked on it.`,
    expected: `check("${id}", lab)`,
    came: answer instanceof Lab ? `the machine of exercise "${answer.id}"` : typeof answer,
  };
}
