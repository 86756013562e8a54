// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import type { DmaResult } from "../../hw/pcie-function.ts";
import { RSI_RDEV_CONTINUE, RSI_RDEV_GET_INSTANCE_ID, RSI_RDEV_LOCK, RSI_RDEV_START } from "../../rmm/fid.ts";
import { RSI_INCOMPLETE } from "../../rmm/rsi-status.ts";
import type { GuestProgram } from "../../user/guest.ts";
import { assignDevice, bindDevice, connectTsm, tsmMap, VIRTUAL_DEVICE_ID } from "../../user/vmm-device.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { attachToIoas, type DeviceLab, mapSharedHalf, RAM, realmBesideDevices } from "./device-labs.ts";

const ID = "09-smmu";

/** What decides where a write of a device to an address of the guest goes. */
export interface DmaFacts {
  /** How far the device is. */
  readonly device: "not bound" | "bound" | "locked" | "started";
  /** Whether the device asks for its write to be marked as trusted. */
  readonly wantsTrusted: boolean;
  /** Whether the realm's tables hold a page for the address. */
  readonly inRealmTables: boolean;
  /** What the host set up for the device's own stream: nothing, a domain, a domain that maps the address. */
  readonly hostDomain: "none" | "empty" | "maps it";
}

const DEVICE = ["not bound", "bound", "locked", "started"] as const;
const DOMAIN = ["none", "empty", "maps it"] as const;

/** A guest that locks and then starts its device, one step each time it runs. */
function* stepwiseGuest(): GuestProgram {
  yield { op: "wait" };
  const found = yield { op: "smc", fid: RSI_RDEV_GET_INSTANCE_ID, args: [VIRTUAL_DEVICE_ID] };
  const args = [VIRTUAL_DEVICE_ID, found.kind === "returned" ? found.x1 : 0];
  for (const fid of [RSI_RDEV_LOCK, RSI_RDEV_START]) {
    yield { op: "smc", fid, args };
    for (;;) {
      const result = yield { op: "smc", fid: RSI_RDEV_CONTINUE, args };
      if (result.kind !== "returned" || result.x0 !== RSI_INCOMPLETE) break;
    }
    yield { op: "wait" };
  }
  return undefined;
}

/** A machine as the facts say. */
function machineFor({ device, inRealmTables, hostDomain }: DmaFacts): DeviceLab {
  const lab = realmBesideDevices(stepwiseGuest());
  const { vmm, runGuest } = lab;
  runGuest();
  connectTsm(vmm, "0000:01:00.0");
  const assigned = assignDevice(vmm);
  if (hostDomain !== "none") attachToIoas(vmm, assigned);
  if (hostDomain === "maps it") mapSharedHalf(vmm, assigned);
  if (inRealmTables) tsmMap(vmm, assigned, RAM, RAM + PAGE_SIZE);
  const steps = DEVICE.indexOf(device);
  if (steps > 0) bindDevice(vmm, assigned);
  for (let step = 1; step < steps; step++) runGuest();
  return lab;
}

/** Where a write went, or the name of the event. */
function whereItWent({ vmm }: DeviceLab, mark: number, { event }: DmaResult): string {
  if (event !== undefined) return event.name;
  const shared = vmm.host.user.read(vmm.memory[0]?.shared ?? 0, 1)[0];
  return shared === mark ? "shared memory" : "realm memory";
}

const CASES: readonly DmaFacts[] = DEVICE.flatMap((device) =>
  [true, false].flatMap((wantsTrusted) =>
    [true, false].flatMap((inRealmTables) =>
      DOMAIN.map((hostDomain) => ({ device, wantsTrusted, inRealmTables, hostDomain })),
    ),
  ),
);

/** Cases that show one thing each, and come first. */
const TELLING: readonly (DmaFacts & { readonly problem: string; readonly message: string })[] = [
  {
    device: "started",
    wantsTrusted: true,
    inRealmTables: true,
    hostDomain: "none",
    problem: "no-landing",
    message: "This is the end of the story: the device is started, the page is in the realm's tables.",
  },
  {
    device: "started",
    wantsTrusted: true,
    inRealmTables: false,
    hostDomain: "none",
    problem: "not-in-tables",
    message:
      "The stream has an entry, and its tables are walked. It is the walk that ends without a page, so this is a translation fault.",
  },
  {
    device: "started",
    wantsTrusted: true,
    inRealmTables: false,
    hostDomain: "maps it",
    problem: "falls-back",
    message:
      "A trusted write is looked up in the Realm stream table alone. What the host's domain holds does not matter for it.",
  },
  {
    device: "not bound",
    wantsTrusted: true,
    inRealmTables: true,
    hostDomain: "none",
    problem: "wish",
    message:
      "A device asks in vain before it is started: its link does not mark a write as trusted. So it is looked up in the host's stream table, which has no entry for it.",
  },
  {
    device: "bound",
    wantsTrusted: true,
    inRealmTables: true,
    hostDomain: "none",
    problem: "bound-is-enough",
    message:
      "The binding fills in the Realm stream table. The device still does not mark its writes, because its realm has not started it.",
  },
  {
    device: "locked",
    wantsTrusted: true,
    inRealmTables: true,
    hostDomain: "none",
    problem: "locked-is-enough",
    message: "LOCKED means that its configuration is frozen and can be inspected. It must not write yet.",
  },
  {
    device: "started",
    wantsTrusted: false,
    inRealmTables: true,
    hostDomain: "maps it",
    problem: "always-trusted",
    message: "A device that runs may send writes that are not marked, and those go the host's way.",
  },
  {
    device: "not bound",
    wantsTrusted: false,
    inRealmTables: true,
    hostDomain: "empty",
    problem: "empty-domain",
    message: "Here the stream has an entry. What is missing is a mapping in its domain.",
  },
];

function told(facts: DmaFacts): string {
  const { device, wantsTrusted, inRealmTables, hostDomain } = facts;
  return `dma({ device: "${device}", wantsTrusted: ${wantsTrusted}, inRealmTables: ${inRealmTables}, hostDomain: "${hostDomain}" })`;
}

type Dma = (facts: DmaFacts) => unknown;

function answerOf(dma: Dma, facts: DmaFacts): string {
  try {
    return String(dma({ ...facts }));
  } catch (error) {
    return `threw ${error instanceof Error ? error.message : String(error)}`;
  }
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return { id: "no-function", message: "The answer is the function dma(facts).", came: typeof answer };
  }
  const dma = answer as Dma;
  if (CASES.every((facts) => answerOf(dma, facts) === "?"))
    return untouched("The function gives no answer yet.");
  for (const { problem, message, ...facts } of [...TELLING, ...CASES.map(anyOf)]) {
    const lab = machineFor(facts);
    const mark = 0x5a;
    const result = lab.pci.write(RAM, Uint8Array.of(mark), facts.wantsTrusted);
    const expected = whereItWent(lab, mark, result);
    const came = answerOf(dma, facts);
    if (came !== expected) return { id: problem, message, call: told(facts), expected, came };
  }
  return undefined;
}

function anyOf(facts: DmaFacts): (typeof TELLING)[number] {
  return { ...facts, problem: "other", message: "The machine says something else here." };
}

function code(...body: string[]): string {
  return [
    "function dma(facts: DmaFacts): string {",
    "  const { device, wantsTrusted, inRealmTables, hostDomain } = facts;",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", dma);`,
  ].join("\n");
}

const TRUSTED = 'const trusted = wantsTrusted && device === "started";';
const REALM = 'if (trusted) return inRealmTables ? "realm memory" : "F_TRANSLATION";';
const NONE = 'if (hostDomain === "none") return "C_BAD_STE";';
const HOST = 'return hostDomain === "maps it" ? "shared memory" : "F_TRANSLATION";';

/** Where a write of a device goes. */
export const beTheSmmu: Exercise = {
  id: ID,
  title: "Be the SMMU",
  task: 'Say where a write of the device to an address of the guest goes: "realm memory", "shared memory", or the event "C_BAD_STE" or "F_TRANSLATION". The machine is asked the same, in all 48 cases.',
  starter: code('return "?";'),
  check,
  hints: [
    "Begin with the question which of the two stream tables is looked at. Everything else follows from that.",
    "A write is trusted when the device wants it and its interface runs. Trusted: the realm's tables decide. Not trusted: the host's domain decides. No entry in the stream table is C_BAD_STE, no page behind the address F_TRANSLATION.",
    'const trusted = ...;\nif (trusted) return inRealmTables ? ... : ...;\nif (hostDomain === "none") return ...;\nreturn hostDomain === "maps it" ? ... : ...;',
  ],
  wrongAnswers: [
    { problem: "wish", code: code(TRUSTED.replace(' && device === "started"', ""), REALM, NONE, HOST) },
    {
      problem: "bound-is-enough",
      code: code(TRUSTED.replace('=== "started"', '!== "not bound"'), REALM, NONE, HOST),
    },
    {
      problem: "locked-is-enough",
      code: code(
        'const trusted = wantsTrusted && (device === "locked" || device === "started");',
        REALM,
        NONE,
        HOST,
      ),
    },
    {
      problem: "always-trusted",
      code: code('const trusted = device === "started";', REALM, NONE, HOST),
    },
    {
      problem: "not-in-tables",
      code: code(TRUSTED, REALM.replace("F_TRANSLATION", "C_BAD_STE"), NONE, HOST),
    },
    {
      problem: "falls-back",
      code: code(
        TRUSTED,
        'if (trusted && inRealmTables) return "realm memory";',
        'if (hostDomain === "maps it") return "shared memory";',
        'return hostDomain === "none" && !trusted ? "C_BAD_STE" : "F_TRANSLATION";',
      ),
    },
    {
      problem: "empty-domain",
      code: code(TRUSTED, REALM, NONE.replace('=== "none"', '!== "maps it"'), HOST),
    },
  ],
  solution: {
    code: code(TRUSTED, REALM, NONE, HOST),
    reasons:
      "One mark on the transaction decides everything: which stream table, whose tables, whose memory. The host can write the one table, the firmware the other, and neither is a fallback for the other. The mark can be set only by an interface in state RUN, and only the realm takes it there.",
  },
};
