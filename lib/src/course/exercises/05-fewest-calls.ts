// SPDX-License-Identifier: MIT
import { plural } from "../../base/plural.ts";
import type { Host } from "../../boot.ts";
import { RMI_RTT_READ_ENTRY } from "../../rmm/fid.ts";
import { RIPAS } from "../../rmm/rtt-entry.ts";
import { rmiResultName } from "../../rmm/status.ts";
import { Vmm } from "../../user/vmm.ts";
import { showRealmRtt } from "../../view/rtt.ts";
import { type Exercise, labOf, type Problem, untouched } from "../exercise.ts";
import { firmwareCalls, rdOf, realmMachine } from "./firmware-labs.ts";

const ID = "05-fewest-calls";
const IPA = 0x4060_5000n;
const FEWEST = 4;

function entryAt(host: Host): { level: bigint; assigned: boolean; ripas: bigint } {
  const [, level = 0n, state, , ripas = 0n] = host.smc(RMI_RTT_READ_ENTRY, rdOf(host), IPA, 3n);
  return { level, assigned: state === 1n, ripas };
}

function check(answer: unknown): Problem | undefined {
  const lab = labOf(answer, ID);
  if ("message" in lab) return lab;
  const { host } = lab;
  // Looking is a call, too.
  const made = [...firmwareCalls(host)];
  if (made.length === 0) return untouched("No firmware call was made on this machine yet.");
  const { level, assigned, ripas } = entryAt(host);
  const picture = showRealmRtt(host, rdOf(host));
  const refused = made.find(({ result }) => result !== 0);
  const call =
    refused === undefined
      ? `${plural(made.length, "call")}, none refused`
      : `${refused.name}: ${rmiResultName(refused.result ?? 0)}`;
  if (level !== 3n) {
    return {
      id: "no-table",
      message:
        "The walk ends at level 2: there is no table of level 3 over the address. RTT_CREATE takes the address where the 2 MiB around it begin.",
      call,
      expected: "an entry at level 3",
      came: `the walk ends at level ${level}`,
      picture,
    };
  }
  if (!assigned) {
    return {
      id: "no-page",
      message: "There is a table of level 3 over the address, and no page at the address in it.",
      call,
      expected: "ASSIGNED",
      came: "UNASSIGNED",
      picture,
    };
  }
  if (ripas !== BigInt(RIPAS.RAM)) {
    return {
      id: "not-ram",
      message:
        "A page is there, but its RIPAS is not RAM, so the realm does not reach it. Two commands make RAM before the realm runs.",
      call,
      expected: "RIPAS RAM",
      came: "RIPAS EMPTY",
      picture,
    };
  }
  if (made.length > FEWEST) {
    return {
      id: "too-many",
      message: "The page is there and reachable. It takes fewer calls, if one of them does two things.",
      call: made.map(({ name }) => name.replace("RMI_", "")).join(", "),
      expected: `${FEWEST} calls`,
      came: `${made.length}`,
    };
  }
  return undefined;
}

function code(...lines: string[]): string {
  return [
    `const lab = exercise("${ID}");`,
    "const at = (n: number) => dramPage(lab.host, n);",
    "const realm = at(4);",
    ...lines,
    `check("${ID}", lab);`,
  ].join("\n");
}

const smc = (call: string): string => `lab.host.smc(${call});`;
const TABLE = [
  smc("RMI_GRANULE_DELEGATE, at(5)"),
  smc("RMI_RTT_CREATE, realm, at(5), 0x4060_0000n, 3n"),
  smc("RMI_GRANULE_DELEGATE, at(6)"),
];
const COPY = smc("RMI_DATA_CREATE, realm, at(6), 0x4060_5000n, at(20), 0n");
const UNKNOWN = smc("RMI_DATA_CREATE_UNKNOWN, realm, at(6), 0x4060_5000n");

/** One page at a given address, from nothing. */
export const fewestCalls: Exercise = {
  id: ID,
  title: "From nothing, in the fewest calls",
  task: "Map a page at 0x4060_5000 of a realm that is still being built, so that the realm will be able to load from it; in the fewest firmware calls.",
  starter: code("// lab.host.smc(RMI_..., ...)"),
  prepare: () => new Vmm(realmMachine()),
  check,
  hints: [
    `showRealmRtt(lab.host, realm) shows that only the roots exist. What is missing on the way to a page at level 3? A second machine is one call of exercise("${ID}") away.`,
    "Every page that the RMM is to use must be delegated. DATA_CREATE_UNKNOWN leaves the RIPAS as it is, EMPTY here; DATA_CREATE copies a page of the host and makes RAM.",
    "DELEGATE, RTT_CREATE (at 0x4060_0000, level 3), DELEGATE, and one more:\nlab.host.smc(RMI_DATA_CREATE, realm, <data>, 0x4060_5000n, <page of the host>, 0n);",
  ],
  wrongAnswers: [
    { problem: "no-table", code: code(...TABLE, COPY).replace("0x4060_0000n", "0x4060_5000n") },
    { problem: "no-page", code: code(...TABLE.slice(0, 2), COPY) },
    { problem: "not-ram", code: code(...TABLE, UNKNOWN) },
    {
      problem: "too-many",
      code: code(...TABLE, smc("RMI_RTT_INIT_RIPAS, realm, 0x4060_5000n, 0x4060_6000n"), UNKNOWN),
    },
  ],
  solution: {
    code: code(...TABLE, COPY),
    reasons:
      "Two pages must be delegated, one table made, one page mapped: four calls is the least. DATA_CREATE makes the address RAM by itself. Once the realm runs it is refused, and then the realm has to make the address RAM.",
  },
};
