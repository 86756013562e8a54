// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE, pfnToPa } from "../../base/address.ts";
import { errnoName } from "../../base/errno.ts";
import type { Host } from "../../boot.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { lateRealm, mapAt, pageFor } from "./map-ipa-labs.ts";
import { RAM } from "./map-labs.ts";

const ID = "06-success-unmapped";

type Before = (host: Host, page: number) => unknown;

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function: before(host, page), which does something to the page.",
      came: typeof answer,
    };
  }
  const { host, kvm } = lateRealm();
  const pfn = pageFor(kvm, RAM);
  try {
    (answer as Before)(host, pfnToPa(pfn));
  } catch (error) {
    return {
      id: "throws",
      message: "The function threw.",
      came: error instanceof Error ? error.message : String(error),
    };
  }
  const isMapped = (): boolean => mappedPages(host, RAM, RAM + PAGE_SIZE).length === 1;
  if (isMapped()) {
    return { id: "mapped-before", message: `The function itself mapped something at ${hex(RAM)}.` };
  }
  const result = mapAt(kvm, RAM, pfn);
  const facts = {
    call: `realm_map_ipa of ${hex(RAM)}`,
    expected: "0, and nothing is mapped",
    came: `${errnoName(result)}, and ${isMapped() ? "the page is" : "nothing is"} mapped`,
  };
  if (host.kernel.faults.fired) {
    return {
      id: "injected",
      message:
        "A refusal by force does it, too. Find a state of the page for which the firmware itself refuses.",
      ...facts,
    };
  }
  if (result === 0 && isMapped())
    return untouched("The page is mapped as it should be: nothing stood in the way.");
  if (result !== 0) {
    return {
      id: "an-error",
      message: "That is an error, and the caller is told. It has to look like a success.",
      ...facts,
    };
  }
  return undefined;
}

function code(...body: string[]): string {
  return [
    "function before(host: Host, page: number): void {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", before);`,
  ].join("\n");
}

/** A zero that means nothing. */
export const successUnmapped: Exercise = {
  id: ID,
  title: "A success that maps nothing",
  task: "Before realm_map_ipa gets the page, your function may do something to it. Bring about that realm_map_ipa returns 0 and nothing is mapped, without an injected fault. page is the physical address, in bytes.",
  starter: code("// host.smc(fid, BigInt(page)) makes a firmware call"),
  check,
  hints: [
    "Which of the calls may be refused without the function answering an error?",
    "RMI_GRANULE_DELEGATE is refused for a page that is not the host's any more. The kernel takes that as a sign that another CPU was faster.",
    "One firmware call is enough: host.smc(RMI_..., BigInt(page));",
  ],
  wrongAnswers: [
    { problem: "injected", code: code('host.kernel.faults.arm("rmi", 1);') },
    { problem: "an-error", code: code("host.smc(RMI_REALM_DESTROY, BigInt(vmOf(host).arch.realm.rd));") },
    { problem: "throws", code: code("host.smc(RMI_GRANULE_DELEGATE, BigInt(page + 0.5));") },
  ],
  solution: {
    code: code("host.smc(RMI_GRANULE_DELEGATE, BigInt(page));"),
    reasons:
      "The page has left the Non-secure space already, so the firmware refuses to delegate it, and realm_map_ipa believes that another CPU is mapping it. Nobody is. The same happens when the page stands at another address of the realm. The only proof that a page is mapped would be to ask the tables.",
  },
};
