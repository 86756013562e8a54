// SPDX-License-Identifier: MIT
import type { GuestAction, GuestResult } from "../../hw/processor.ts";
import { RSI_RDEV_CONTINUE, RSI_RDEV_GET_INSTANCE_ID, RSI_RDEV_LOCK } from "../../rmm/fid.ts";
import { RSI_INCOMPLETE } from "../../rmm/rsi-status.ts";
import { acceptDevice } from "../../user/driver.ts";
import type { GuestProgram } from "../../user/guest.ts";
import {
  assignDevice,
  bindDevice,
  connectTsm,
  unbindDevice,
  VIRTUAL_DEVICE_ID,
} from "../../user/vmm-device.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { realmBesideDevices } from "./device-labs.ts";

const ID = "09-same-device";

/** A question that a guest asks with calls of its own: is the device still the one that it let in? */
export type StillMine = (id: number, instance: number) => Generator<GuestAction, boolean, GuestResult>;

/** What happens between letting the device in and asking. */
type Between = "nothing" | "unbound" | "bound again" | "let in again" | "only locked";

const SCENES: readonly { readonly between: Between; readonly message: string }[] = [
  {
    between: "nothing",
    message: "Nothing happened to the device since it was let in, and it runs. It is still the same.",
  },
  {
    between: "unbound",
    message:
      "The host has taken the device out of the realm. The firmware answers an error when it is asked for it.",
  },
  {
    between: "bound again",
    message: "The host has taken the device out and bound it again. It is there, and it does not run.",
  },
  {
    between: "let in again",
    message:
      "The host has bound the device again, and another part of the guest has started it. That may be another device, or one that was reset: what was checked then says nothing about it.",
  },
  { between: "only locked", message: "The device is there and was locked. It was never started." },
];

function isFunction(answer: unknown): answer is StillMine {
  return typeof answer === "function";
}

/** What the function says, and how many calls the guest made for it. */
type Said = { readonly said: unknown; readonly calls: number } | { readonly threw: string };

/** What the function says after `between`. */
function asked(stillMine: StillMine, between: Between): Said {
  const notes: { instance: number; said: unknown } = { instance: 0, said: undefined };
  function* guest(): GuestProgram {
    yield { op: "wait" };
    const found = yield { op: "smc", fid: RSI_RDEV_GET_INSTANCE_ID, args: [VIRTUAL_DEVICE_ID] };
    notes.instance = found.kind === "returned" ? found.x1 : 0;
    if (between === "only locked") yield* lockOnly(notes.instance);
    else yield* acceptDevice(VIRTUAL_DEVICE_ID);
    yield { op: "wait" };
    if (between === "let in again") yield* acceptDevice(VIRTUAL_DEVICE_ID);
    notes.said = yield* stillMine(VIRTUAL_DEVICE_ID, notes.instance);
    return undefined;
  }
  const { vmm, runGuest } = realmBesideDevices(guest());
  runGuest();
  connectTsm(vmm, "0000:01:00.0");
  const device = assignDevice(vmm);
  bindDevice(vmm, device);
  runGuest();
  if (between !== "nothing" && between !== "only locked") unbindDevice(vmm, device);
  if (between === "bound again" || between === "let in again") bindDevice(vmm, device);
  try {
    const calls = vmm.host.trace.record(runGuest).filter(({ name }) => name.startsWith("RSI_"));
    return { said: notes.said, calls: calls.length };
  } catch (error) {
    return { threw: error instanceof Error ? error.message : String(error) };
  }
}

function* lockOnly(instance: number): Generator<GuestAction, void, GuestResult> {
  const args = [VIRTUAL_DEVICE_ID, instance];
  yield { op: "smc", fid: RSI_RDEV_LOCK, args };
  for (;;) {
    const result = yield { op: "smc", fid: RSI_RDEV_CONTINUE, args };
    if (result.kind !== "returned" || result.x0 !== RSI_INCOMPLETE) return;
  }
}

function check(answer: unknown): Problem | undefined {
  if (!isFunction(answer)) {
    return {
      id: "no-function",
      message: "The answer is the generator stillMine(id, instance).",
      came: typeof answer,
    };
  }
  const answers = SCENES.map(({ between }) => asked(answer, between));
  const [first] = answers;
  if (first !== undefined && "said" in first && first.said === true && first.calls === 0)
    return untouched("The function trusts the device whatever happens.");
  for (const [i, { between, message }] of SCENES.entries()) {
    const one = answers[i];
    const expected = String(between === "nothing");
    const call = `stillMine(id, instance), the device ${HAPPENED[between]}`;
    if (one === undefined || "threw" in one) {
      return { id: "threw", message: "The function ended in an exception.", call, came: one?.threw ?? "" };
    }
    if (String(one.said) === expected) continue;
    return { id: PROBLEM_OF[between], message, call, expected, came: String(one.said) };
  }
  return undefined;
}

const HAPPENED: Readonly<Record<Between, string>> = {
  nothing: "was let in",
  unbound: "was let in, then unbound",
  "bound again": "was let in, unbound, and bound again",
  "let in again": "was let in, unbound, bound again, and started again",
  "only locked": "was locked and not started",
};

const PROBLEM_OF: Readonly<Record<Between, string>> = {
  nothing: "never",
  unbound: "ignores-errors",
  "bound again": "ignores-state",
  "let in again": "instance-anew",
  "only locked": "not-started",
};

function code(...body: string[]): string {
  return [
    "function* stillMine(id: number, instance: number): Generator<GuestAction, boolean, GuestResult> {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", stillMine);`,
  ].join("\n");
}

const ASK = 'const state = yield { op: "smc", fid: RSI_RDEV_GET_STATE, args: [id, instance] };';
const ANEW = 'const found = yield { op: "smc", fid: RSI_RDEV_GET_INSTANCE_ID, args: [id] };';
const NOW = 'const now = found.kind === "returned" ? found.x1 : 0;';
const RUNS = 'return state.kind === "returned" && state.x0 === RSI_SUCCESS && state.x1 === RSI_RDEV.STARTED;';

/** A guest that looks before it trusts again. */
export const sameDevice: Exercise = {
  id: ID,
  title: "Still the same device?",
  task: "A guest let a device in and kept the number of the binding. Before it hands the device its next piece of work, it asks: is it still this binding, and does it run? Repair stillMine, which trusts blindly.",
  starter: code("return true;"),
  check,
  hints: [
    "The guest cannot ask the device, nor the host. It asks the firmware, with a call that takes the id and the number of the binding.",
    "RSI_RDEV_GET_STATE answers RSI_ERROR_INPUT in x0 when the binding is not the one with that number. Otherwise x1 is the state: RSI_RDEV.STARTED is the one in which the device runs.",
    'const state = yield { op: "smc", fid: RSI_RDEV_GET_STATE, args: [id, instance] };\nreturn state.kind === "returned" && <x0 is success> && <x1 is the state>;',
  ],
  wrongAnswers: [
    { problem: "never", code: code("return false;") },
    { problem: "ignores-errors", code: code(ASK, 'return state.kind === "returned";') },
    {
      problem: "ignores-state",
      code: code(ANEW, 'return found.kind === "returned" && found.x0 === RSI_SUCCESS;'),
    },
    { problem: "instance-anew", code: code(ANEW, NOW, ASK.replace("instance]", "now]"), RUNS) },
    {
      problem: "not-started",
      code: code(ASK, 'return state.kind === "returned" && state.x0 === RSI_SUCCESS;'),
    },
  ],
  solution: {
    code: code(ASK, RUNS),
    reasons:
      "The host decides which device is bound, and when. What it cannot do is exchange one behind the guest's back: the firmware counts the bindings, and answers only to the number under which the guest let the device in. The answer may be out of date a moment later, but a device that is taken out loses its marks at the same time.",
  },
};
