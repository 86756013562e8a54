// SPDX-License-Identifier: MIT

/** Thrown when a run reaches something that exists in reality but not in the model. The message names it. */
export class UnmodelledError extends Error {
  override readonly name: string = "UnmodelledError";
  /** What was reached, in the name the real thing has. */
  readonly what: string;

  constructor(what: string) {
    super(`${what} is not modelled. The fidelity page lists what is; nothing was changed by this call.`);
    this.what = what;
  }
}

/** Ends a run that reached `what`, a path of the real system that the model leaves out. */
export function unmodelled(what: string): never {
  throw new UnmodelledError(what);
}
