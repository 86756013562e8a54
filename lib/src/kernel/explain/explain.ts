// SPDX-License-Identifier: MIT
import { hex } from "../../base/address.ts";
import { Displayable } from "../../base/displayable.ts";
import { errnoName } from "../../base/errno.ts";
import { RMI_SUCCESS, rmiResultName } from "../../rmm/status.ts";
import { ioctlName } from "../ioctl-names.ts";
import type { Kernel } from "../kernel.ts";
import type { Process } from "../process.ts";
import { KILLED } from "../syscall-tasks.ts";
import { reasonsOf } from "./catalogue.ts";
import type { FailedCall, Reason } from "./reason.ts";

/** Why a call returned what it did. */
export class Explanation extends Displayable {
  readonly text: string;
  /** Id of the condition that was reached, where it is known. */
  readonly condition: string | undefined;
  /** Ids of conditions that give the same answer for this call. */
  readonly candidates: readonly string[];

  constructor(lines: readonly string[], condition?: string, candidates: readonly string[] = []) {
    super();
    this.text = lines.join("\n");
    this.condition = condition;
    this.candidates = candidates;
  }
}

function callText({ name, detail }: { name: string; detail: FailedCall["detail"] }): string {
  if (name !== "ioctl") {
    const list = Object.entries(detail).map(
      ([key, value]) => `${key} ${typeof value === "bigint" ? hex(value) : value}`,
    );
    return `${name}(${list.join(", ")})`;
  }
  return `ioctl(fd ${detail["fd"]}, ${ioctlName(Number(detail["command"]))})`;
}

function failedCall(kernel: Kernel, process: Process): FailedCall | undefined {
  const { lastCall } = process;
  if (lastCall === undefined) return undefined;
  const fd = lastCall.detail["fd"];
  const { refusals, lastRefusal } = kernel.rmm.state;
  return {
    ...lastCall,
    kernel,
    process,
    file: typeof fd === "number" ? process.file(fd) : undefined,
    refusal: refusals > lastCall.refusalsBefore ? lastRefusal : undefined,
  };
}

function reasonLines({ id, text, source }: Reason): string[] {
  return [`because: ${text}`, `condition: ${id}`, `source: ${source}`];
}

/**
 * Why the last system call of a process failed. The reasons of the call are gone through in the order of the kernel;
 * the first of its errno whose evidence is there is the one that was reached. They are judged by the arguments and by
 * the state after the call.
 *
 * @param ret what the call returned
 */
export function explainSyscall(kernel: Kernel, process: Process, ret?: number): Explanation {
  if (process.killed !== undefined && (ret === undefined || ret === KILLED))
    return new Explanation(["the process was killed", `because: ${process.killed}`]);
  const call = failedCall(kernel, process);
  if (call === undefined) return new Explanation(["this process has made no system call yet"]);
  const head = `${errnoName(call.result)} from ${callText(call)}`;
  if (ret !== undefined && ret !== call.result) {
    return new Explanation([
      `${errnoName(ret)} is not what the last system call returned; only the last one can be explained`,
      `the last one: ${head}`,
    ]);
  }
  if (call.result >= 0) return new Explanation([head, "the call succeeded"]);
  const reasons = reasonsOf(call.name, Number(call.detail["command"]), call.file?.f_op.name).filter(
    ({ errno }) => errno === -call.result,
  );
  return explained(call, head, reasons);
}

function explained(call: FailedCall, head: string, reasons: readonly Reason[]): Explanation {
  const ids = reasons.map(({ id }) => id);
  const injected = call.kernel.faults.fired
    ? ["an injected fault has fired since the last one was armed"]
    : [];
  for (const reason of reasons) {
    const values = reason.evidence?.(call);
    if (values === undefined) continue;
    const lines = [head, ...reasonLines(reason), `values: ${values}`, ...injected];
    return new Explanation(lines, reason.id, ids);
  }
  const [only] = reasons;
  if (reasons.length === 1 && only !== undefined)
    return new Explanation([head, ...reasonLines(only), ...injected], only.id, ids);
  if (reasons.length === 0)
    return new Explanation([head, "the catalogue has no reason for this errno of this call", ...injected]);
  const silent = reasons.filter(({ evidence }) => evidence === undefined);
  const list = (silent.length > 0 ? silent : reasons).map(
    ({ id, text, source }) => `- ${id}: ${text} (${source})`,
  );
  return new Explanation(
    [head, "it is one of these; the state does not tell which:", ...list, ...injected],
    undefined,
    ids,
  );
}

/**
 * Why the firmware refused the last command that it refused: the condition of the command's table, and its arguments.
 *
 * @param x0 what the command returned
 */
export function explainRmi(kernel: Kernel, x0: bigint): Explanation {
  const result = Number(BigInt.asIntN(64, x0));
  const name = rmiResultName(result);
  if (result === RMI_SUCCESS) return new Explanation([name, "the command succeeded"]);
  const { lastRefusal } = kernel.rmm.state;
  if (lastRefusal === undefined || lastRefusal.x0 !== result) {
    const last =
      lastRefusal === undefined
        ? "the firmware has refused no command by a condition yet"
        : `the last one: ${rmiResultName(lastRefusal.x0)} from ${lastRefusal.command.name}`;
    return new Explanation([
      `${name} is not the last answer of a condition; only that can be explained`,
      last,
    ]);
  }
  const { command, condition, args } = lastRefusal;
  const values = command.args.map((argument, i) => `${argument} ${hex(args[i] ?? 0)}`).join(", ");
  return new Explanation(
    [
      `${name} from ${command.name}`,
      `because: ${condition.text}`,
      `condition: ${condition.id}`,
      `source: table of ${command.name}, ${condition.evidence}`,
      `values: ${values === "" ? "none" : values}`,
    ],
    condition.id,
    [condition.id],
  );
}
