// SPDX-License-Identifier: MIT
import { errnoName } from "../../base/errno.ts";
import { plural } from "../../base/plural.ts";
import type { Host } from "../../boot.ts";
import { mappingsOf, realms } from "../../explore/mappings.ts";
import { brokenRules, type RuleContext, ruleById } from "../../explore/rules.ts";
import { TaskError } from "../../explore/task-error.ts";
import type { KernelVariant } from "../../kernel/variant.ts";
import type { TsmMapAbi } from "./submission.ts";

/** What is on trial: a kernel with the function, and the argument of its ioctl. */
export interface OnTrial {
  readonly kernel: KernelVariant;
  readonly abi: TsmMapAbi;
}

/** What a trial found. */
export interface Miss {
  /** The call or the case that shows it. */
  readonly call: string;
  readonly expected: string;
  readonly got: string;
  /** Why it matters, in a sentence or two. */
  readonly why: string;
  /** The rule that does not hold, where it is one of the races' rules. */
  readonly rule?: string;
  /** The function is none that a kernel could call: nothing else can be tried with it. */
  readonly notAFunction?: boolean;
}

/** One thing that a submission must get right. */
export interface Trial {
  readonly id: string;
  readonly title: string;
  /** Finds what is not right; nothing is good. */
  readonly play: (onTrial: OnTrial) => Miss | undefined;
}

/** A result as a person reads it. */
export function resultText(result: number): string {
  if (result < 0) return errnoName(result);
  return result === 0 ? "0" : plural(result, "page");
}

/** Pages that are mapped in any realm of a host. */
export function mappedCount(host: Host): number {
  return realms(host).flatMap((kvm) => mappingsOf(host, kvm)).length;
}

/** What came of a call, in few words. */
export function outcomeText(host: Host, result: number): string {
  return `${resultText(result)}, ${mappedCount(host)} mapped`;
}

/** The first rule that does not hold on a host where no call is under way, as a miss. */
export function ruleMiss(
  host: Host,
  call: string,
  context: RuleContext,
  onlyRules?: readonly string[],
): Miss | undefined {
  const found = brokenRules(host, context).find(
    ({ rule }) => onlyRules === undefined || onlyRules.includes(rule),
  );
  if (found === undefined) return undefined;
  const { title, text } = ruleById(found.rule);
  return { call, expected: title, got: found.text, why: text, rule: found.rule };
}

/** Plays a trial; a function that is none is a miss, too. */
export function played({ title, play }: Trial, onTrial: OnTrial): Miss | undefined {
  try {
    return play(onTrial);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return notAFunction(title, error.message);
  }
}

/** The miss of a function that no kernel could call. */
export function notAFunction(call: string, message: string): Miss {
  return {
    call,
    expected: "a function of the kernel",
    got: message,
    why: "The function did what no function of the kernel may, so nothing else can be tried with it.",
    notAFunction: true,
  };
}
