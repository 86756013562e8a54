// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import type { Host } from "../../boot.ts";
import { RSI_IPA_STATE_SET } from "../../rmm/fid.ts";
import type { GuestProgram } from "../../user/guest.ts";
import { showRtt } from "../../view/rtt.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { PRIVATE, realmWithGuest, withSignal } from "./convert-labs.ts";

const ID = "03-recover";
const LAPS = 3;

type Recover = (ipa: number) => GuestProgram;

/** How far the guest came. */
interface Course {
  asked: boolean;
  recovered: boolean;
  /** What it read at the end; `undefined` when the access aborted. */
  read: bigint | undefined;
  finished: boolean;
}

/** Touches its page, sleeps while the host takes it away, and goes on with the learner's code. */
function* guest(recover: Recover, course: Course): GuestProgram {
  yield { op: "load", ipa: PRIVATE };
  yield { op: "wait" };
  const repair = recover(PRIVATE);
  let given = repair.next();
  while (given.done !== true) {
    if (given.value.op === "smc" && given.value.fid === RSI_IPA_STATE_SET) course.asked = true;
    given = repair.next(yield given.value);
  }
  course.recovered = true;
  const result = yield { op: "load", ipa: PRIVATE };
  course.read = result.kind === "loaded" ? result.value : undefined;
  course.finished = true;
  yield { op: "wait" };
  return undefined;
}

function play(recover: Recover): { course: Course; host: Host } {
  const course: Course = { asked: false, recovered: false, read: undefined, finished: false };
  const vmm = realmWithGuest(guest(recover, course));
  const run = (): void => {
    for (const vcpu of vmm.vcpus) vmm.run(vcpu);
  };
  run();
  for (const memory of vmm.memory) vmm.punchHole(memory, 0, PAGE_SIZE);
  withSignal(vmm.host, LAPS, run);
  return { course, host: vmm.host };
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a program for the guest: function*(ipa).",
      came: typeof answer,
    };
  }
  let played: ReturnType<typeof play>;
  try {
    played = play(answer as Recover);
  } catch (error) {
    return {
      id: "throws",
      message:
        "The guest's program threw. It must be a generator (function*), and ask for things with yield.",
      came: error instanceof Error ? error.message : String(error),
    };
  }
  const { course, host } = played;
  const picture = showRtt(host);
  if (course.finished && course.read !== undefined) return undefined;
  if (!course.asked) return untouched("The guest still touches its page, faults and faults again.");
  if (course.finished) {
    return {
      id: "gave-up",
      message:
        "The guest gave its memory up: RIPAS EMPTY is what it says of addresses without memory, and there the access aborts.",
      expected: "a load that goes through",
      came: "an abort in the guest",
      picture,
    };
  }
  if (course.recovered) {
    return {
      id: "still-destroyed",
      message:
        "The guest asked for a change, but its page at 0x8000_0000 is DESTROYED as before, and the next access does not come back.",
      expected: "a load that goes through",
      came: `still faulting after ${LAPS} laps`,
      picture,
    };
  }
  return {
    id: "touched-too-early",
    message: "The guest touches the page while it is still DESTROYED. It must ask first.",
    expected: "a load that goes through",
    came: `still faulting after ${LAPS} laps`,
    picture,
  };
}

function code(...lines: string[]): string {
  return [
    "function* recover(ipa: number): GuestProgram {",
    ...lines.map((line) => `  ${line}`),
    "  return undefined;",
    "}",
    `check("${ID}", recover);`,
  ].join("\n");
}

const LOAD = 'yield { op: "load", ipa };';

/** What only the guest can repair. */
export const recoverPage: Exercise = {
  id: ID,
  title: "Only the guest can repair it",
  task: "The host has punched a hole under a page that the guest was using. Write what the guest must do so that its next load of ipa goes through. The check runs it, and ends the run with a signal when the guest faults for the third time.",
  starter: code(LOAD),
  check,
  hints: [
    "The picture of the tables says DESTROYED for this address. Who may change that: the host, or the realm?",
    "changeRipas(base, top, ripas) asks the firmware for the change, and allows DESTROYED memory to become RAM again. It is a task, so it is called with yield*.",
    "yield* changeRipas(ipa, ipa + PAGE_SIZE, RSI_RIPAS.<which>);",
  ],
  wrongAnswers: [
    { problem: "gave-up", code: code("yield* changeRipas(ipa, ipa + PAGE_SIZE, RSI_RIPAS.EMPTY);") },
    {
      problem: "still-destroyed",
      code: code("yield* changeRipas(ipa + PAGE_SIZE, ipa + 2 * PAGE_SIZE, RSI_RIPAS.RAM);"),
    },
    {
      problem: "touched-too-early",
      code: code(
        "yield* changeRipas(ipa + PAGE_SIZE, ipa + 2 * PAGE_SIZE, RSI_RIPAS.RAM);",
        LOAD,
        "yield* changeRipas(ipa, ipa + PAGE_SIZE, RSI_RIPAS.RAM);",
      ),
    },
  ],
  solution: {
    code: code("yield* changeRipas(ipa, ipa + PAGE_SIZE, RSI_RIPAS.RAM);"),
    reasons:
      "DESTROYED tells the realm that its content was taken away, and only the realm may accept that, by asking for RAM again with the flag that allows it. So a host cannot swap a page for an empty one unnoticed.",
  },
};
