// SPDX-License-Identifier: MIT
import { plural } from "../../base/plural.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { lateRealm, mapAt, pageFor } from "./map-ipa-labs.ts";
import { RAM } from "./map-labs.ts";

const ID = "06-next-time";
/** The call whose refusal leaves the table of level 2 behind, and nothing else. */
const REFUSED = 5;

/** Names of the calls that the second attempt makes, without their prefix. */
function callsOfSecondAttempt(): string[] {
  const { host, kvm } = lateRealm();
  const pfn = pageFor(kvm, RAM);
  host.kernel.faults.arm("rmi", REFUSED);
  mapAt(kvm, RAM, pfn);
  host.kernel.faults.disarm();
  const events = host.trace.record(() => {
    mapAt(kvm, RAM, pfn);
  });
  return events.filter(({ kind }) => kind === "smc").map(({ name }) => name.replace("RMI_", ""));
}

function check(answer: unknown): Problem | undefined {
  if (!Array.isArray(answer) || !answer.every((name) => typeof name === "string")) {
    return {
      id: "no-list",
      message: "The answer is a list of names of firmware calls, in the order in which they are made.",
      expected: '["GRANULE_DELEGATE", ...]',
      came: typeof answer,
    };
  }
  if (answer.length === 0) return untouched("The list is still empty.");
  const given = (answer as string[]).map((name) => name.replace("RMI_", ""));
  const real = callsOfSecondAttempt();
  const at = real.findIndex((name, i) => name !== given[i]);
  if (at < 0 && given.length === real.length) return undefined;
  const right = at < 0 ? real.length : at;
  const facts = {
    expected: plural(real.length, "call"),
    came: `${plural(given.length, "call")}, ${right === 0 ? "and another one to begin with" : `right up to number ${right}`}`,
  };
  if (given.filter((name) => name === "RTT_CREATE").length > 1) {
    return {
      id: "both-again",
      message:
        "The table of level 2 is there from the first attempt. The firmware's answer says so, by its index.",
      ...facts,
    };
  }
  if (given.filter((name) => name === "DATA_CREATE_UNKNOWN").length < 2) {
    return {
      id: "knows-before",
      message:
        "The kernel does not know beforehand that a table is missing. It learns that from a call which is refused.",
      ...facts,
    };
  }
  if (given.includes("RTT_CREATE") && given.filter((name) => name === "GRANULE_DELEGATE").length < 2) {
    return {
      id: "not-delegated",
      message: "The firmware takes only pages that were delegated: the page for a table has to be, too.",
      ...facts,
    };
  }
  return { id: "other-order", message: "From some place on, the order is another one.", ...facts };
}

function code(...names: string[]): string {
  return [
    "const calls: string[] = [",
    ...names.map((name) => `  "${name}",`),
    "];",
    `check("${ID}", calls);`,
  ].join("\n");
}

const D = "GRANULE_DELEGATE";
const M = "DATA_CREATE_UNKNOWN";
const T = "RTT_CREATE";

/** The second attempt. */
export const nextTime: Exercise = {
  id: ID,
  title: "The next time",
  task: "The first attempt to map a page ended with -ENXIO and left the table of level 2 behind, as in the fifth row above. The same page is mapped again, and nothing is refused by force. Name the firmware calls of the second attempt, in order.",
  starter: code(),
  check,
  hints: [
    "The data page was given back by the undo, so the second attempt begins like the first.",
    "The walk now ends one level further down. The index of the refused call says how many tables are left to make.",
    "Five calls: one delegate, a create that is refused, two calls for a table, and a create.",
  ],
  wrongAnswers: [
    { problem: "both-again", code: code(D, M, D, T, D, T, M) },
    { problem: "knows-before", code: code(D, D, T, M) },
    { problem: "not-delegated", code: code(D, M, T, M) },
    { problem: "other-order", code: code(M, D, M, D, T) },
  ],
  solution: {
    code: code(D, M, D, T, M),
    reasons:
      "The page is delegated and its mapping refused, now with index 2. Only the table of level 3 is missing: one page out of the cache is delegated and made that table, and the mapping succeeds. So what the first attempt left is no leak: the realm owns the table, and it is used.",
  },
};
