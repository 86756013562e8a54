// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { EFAULT, errnoName } from "../../base/errno.ts";
import type { GuestAction, GuestResult } from "../../hw/processor.ts";
import {
  KVM_EXIT_MEMORY_FAULT,
  KVM_MEMORY_ATTRIBUTE_PRIVATE,
  KVM_MEMORY_EXIT_FLAG_PRIVATE,
  KVM_SET_MEMORY_ATTRIBUTES,
  kvm_memory_attributes,
} from "../../kernel/kvm/uapi.ts";
import { changeRipas, type GuestProgram, RSI_RIPAS } from "../../user/guest.ts";
import { showMemslots } from "../../view/memslots.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { ALIAS, PRIVATE, type RunExit, realmWithGuest, runOnce } from "./convert-labs.ts";

const ID = "03-handler";
const SIZE = 2 * PAGE_SIZE;
const MOST_EXITS = 4;

/** What KVM tells the VMM with a memory-fault exit; addresses and sizes are bytes. */
export interface MemoryFault {
  readonly gpa: bigint;
  readonly size: bigint;
  readonly flags: bigint;
}

/** What the VMM asks of KVM: fields of struct kvm_memory_attributes. */
export interface AttributeRequest {
  readonly address: bigint | number;
  readonly size: bigint | number;
  readonly attributes: bigint | number;
}

type Handler = (fault: MemoryFault) => AttributeRequest | undefined;

/** Gives two pages up, uses them as shared memory, takes them back and uses them as private memory. */
function* thereAndBack(done: string[]): GuestProgram {
  yield* convert(RSI_RIPAS.EMPTY, ALIAS);
  done.push("shared");
  yield* convert(RSI_RIPAS.RAM, 0);
  done.push("private");
  yield { op: "wait" };
  return undefined;
}

function* convert(ripas: 0 | 1, half: number): Generator<GuestAction, void, GuestResult> {
  yield* changeRipas(PRIVATE, PRIVATE + SIZE, ripas);
  for (let offset = 0; offset < SIZE; offset += PAGE_SIZE) yield { op: "load", ipa: PRIVATE + half + offset };
}

function told({ gpa, size, flags }: RunExit): string {
  return `{ gpa: ${hex(gpa)}, size: ${hex(size)}, flags: ${hex(flags)} }`;
}

function problemOf(exit: RunExit, given: AttributeRequest): Pick<Problem, "id" | "message"> | undefined {
  const wantsPrivate = (exit.flags & BigInt(KVM_MEMORY_EXIT_FLAG_PRIVATE)) !== 0n;
  const setsPrivate = (BigInt(given.attributes) & BigInt(KVM_MEMORY_ATTRIBUTE_PRIVATE)) !== 0n;
  if (BigInt(given.address) !== exit.gpa)
    return { id: "elsewhere", message: "The request is about another address than the exit." };
  if (BigInt(given.size) < exit.size) {
    return {
      id: "too-small",
      message:
        "The guest asked for more than that. What is left keeps its attribute, and the guest is told that all of it was converted.",
    };
  }
  if (BigInt(given.size) > exit.size) {
    return { id: "too-large", message: "Memory that the guest said nothing about would change as well." };
  }
  if (wantsPrivate && !setsPrivate) {
    return {
      id: "stays-shared",
      message:
        "The flag KVM_MEMORY_EXIT_FLAG_PRIVATE is set, so the guest wants the memory private. It is bit 3, not bit 0.",
    };
  }
  if (!wantsPrivate && setsPrivate) {
    return {
      id: "stays-private",
      message: "The flag is not set, so the guest wants the memory shared: the attribute is 0 then.",
    };
  }
  return undefined;
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function of the memory fault, which returns address, size and attributes.",
      came: typeof answer,
    };
  }
  const done: string[] = [];
  const vmm = realmWithGuest(thereAndBack(done));
  for (let exits = 0; exits < MOST_EXITS; exits++) {
    const exit = runOnce(vmm);
    if (exit.result !== -EFAULT || exit.exit_reason !== KVM_EXIT_MEMORY_FAULT) break;
    const facts = { call: `attributesFor(${told(exit)})`, picture: showMemslots(vmm.host) };
    let given: unknown;
    let bytes: Uint8Array;
    try {
      given = (answer as Handler)({ gpa: exit.gpa, size: exit.size, flags: exit.flags });
      if (given === undefined) return untouched("The function returns nothing yet, and the guest waits.");
      bytes = kvm_memory_attributes(given as AttributeRequest);
      const problem = problemOf(exit, given as AttributeRequest);
      if (problem !== undefined) return { ...problem, ...facts };
    } catch (error) {
      return {
        id: "no-request",
        message: "The function must return an object with address, size and attributes, all of them numbers.",
        ...facts,
        came: error instanceof Error ? error.message : String(error),
      };
    }
    const result = vmm.host.sys.ioctl(vmm.vm, KVM_SET_MEMORY_ATTRIBUTES, bytes);
    if (result !== 0) {
      return {
        id: "refused",
        message: "KVM refuses the request: PRIVATE is the only attribute that there is.",
        ...facts,
        expected: "0",
        came: errnoName(result),
      };
    }
  }
  if (done.join() === "shared,private") return undefined;
  return {
    id: "stuck",
    message: "The guest did not get through its two conversions.",
    came: done.length === 0 ? "neither is done" : `only ${done.join(", ")} is done`,
  };
}

function code(...body: string[]): string {
  return [
    "function attributesFor(fault: MemoryFault): AttributeRequest | undefined {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", attributesFor);`,
  ].join("\n");
}

const WANTS = "const wantsPrivate = (fault.flags & BigInt(KVM_MEMORY_EXIT_FLAG_PRIVATE)) !== 0n;";
const reply = (attributes: string, size = "fault.size", address = "fault.gpa"): string =>
  `return { address: ${address}, size: ${size}, attributes: ${attributes} };`;
const BY_FLAG = "wantsPrivate ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0";

/** The VMM's half of a conversion. */
export const exitHandler: Exercise = {
  id: ID,
  title: "The VMM's half",
  task: "Write what a VMM does with a memory-fault exit: from gpa, size and flags of the exit, the address, size and attributes for KVM_SET_MEMORY_ATTRIBUTES. The check runs a guest that gives two pages up and takes them back.",
  starter: code("return undefined;"),
  check,
  hints: [
    "Look at what the exits of the conversion above said, and at what the VMM did between two runs.",
    "The exit names the whole range. The flag KVM_MEMORY_EXIT_FLAG_PRIVATE says that private memory is wanted; without it, shared memory.",
    "return { address: fault.gpa, size: fault.size, attributes: <flag set> ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0 };",
  ],
  wrongAnswers: [
    { problem: "stays-private", code: code(reply("KVM_MEMORY_ATTRIBUTE_PRIVATE")) },
    {
      problem: "stays-shared",
      code: code(reply("(fault.flags & 1n) !== 0n ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0")),
    },
    { problem: "too-small", code: code(WANTS, reply(BY_FLAG, "PAGE_SIZE")) },
    { problem: "too-large", code: code(WANTS, reply(BY_FLAG, "4 * PAGE_SIZE")) },
    { problem: "elsewhere", code: code(WANTS, reply(BY_FLAG, "fault.size", "gpaToGfn(Number(fault.gpa))")) },
    { problem: "refused", code: code(WANTS, reply("wantsPrivate ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 1")) },
  ],
  solution: {
    code: code(WANTS, reply(BY_FLAG)),
    reasons:
      "The VMM decides; this one grants what the guest asks for. A VMM may also refuse, for instance when a device still uses the memory. Flag and attribute happen to be the same bit, 3, but they belong to two different fields.",
  },
};
