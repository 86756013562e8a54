// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { paToPfn } from "../../lib/src/base/address.ts";
import { normalised } from "../../lib/src/course/prediction.ts";
import { tablePredictions } from "../../lib/src/course/predictions/05.ts";
import {
  boot,
  dramPage,
  type Host,
  hex,
  makeRealm,
  RMI_DATA_CREATE,
  RMI_DATA_CREATE_UNKNOWN,
  RMI_DATA_DESTROY,
  RMI_GRANULE_DELEGATE,
  RMI_RTT_CREATE,
  RMI_RTT_FOLD,
  RMI_RTT_READ_ENTRY,
} from "../../lib/src/index.ts";
import { type Ripas, ripasName } from "../../lib/src/rmm/rtt-entry.ts";

interface Realm {
  readonly host: Host;
  readonly rd: bigint;
  readonly delegated: (page: number) => bigint;
}

function realm(pages = 64): Realm {
  const host = boot({ memory: pages * 4096 });
  const delegated = (page: number): bigint => {
    host.smc(RMI_GRANULE_DELEGATE, dramPage(host, page));
    return dramPage(host, page);
  };
  return { host, rd: makeRealm(host, { root: 0, rd: 4, params: 15 }), delegated };
}

/** A realm with a table of level 3 at address 0. */
function withTable(pages?: number): Realm {
  const one = realm(pages);
  expect(one.host.smc(RMI_RTT_CREATE, one.rd, one.delegated(5), 0n, 3n)[0]).toBe(0n);
  return one;
}

function ripas({ host, rd }: Realm, ipa: bigint): string {
  return ripasName(Number(host.smc(RMI_RTT_READ_ENTRY, rd, ipa, 3n)[4]) as Ripas);
}

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => number | string | bigint | undefined> = {
  "05-fresh-entry": () => {
    const { host, rd } = realm();
    return host.smc(RMI_RTT_READ_ENTRY, rd, 0n, 3n)[1];
  },
  "05-create-twice": () => {
    const { host, rd, delegated } = withTable();
    const [x0 = 0n] = host.smc(RMI_RTT_CREATE, rd, delegated(6), 0n, 3n);
    expect(x0 & 0xffn).toBe(4n);
    return x0 >> 8n;
  },
  "05-top": () => {
    const { host, rd, delegated } = withTable();
    host.smc(RMI_DATA_CREATE_UNKNOWN, rd, delegated(6), 0x5000n);
    const registers = host.smc(RMI_DATA_DESTROY, rd, 0x1000n);
    expect(registers[0]).toBe(0x304n);
    return hex(registers[2] ?? 0n);
  },
  "05-unknown-ripas": () => {
    const one = withTable();
    one.host.smc(RMI_DATA_CREATE_UNKNOWN, one.rd, one.delegated(6), 0x5000n);
    return ripas(one, 0x5000n);
  },
  "05-destroy-ripas": () => {
    const one = withTable();
    one.host.smc(RMI_DATA_CREATE, one.rd, one.delegated(6), 0x6000n, dramPage(one.host, 15), 0n);
    expect(ripas(one, 0x6000n)).toBe("RAM");
    one.host.smc(RMI_DATA_DESTROY, one.rd, 0x6000n);
    return ripas(one, 0x6000n);
  },
  "05-fold-count": () => {
    const { host, rd, delegated } = withTable(1088);
    const root = paToPfn(Number(dramPage(host, 0)));
    host.smc(RMI_RTT_CREATE, rd, delegated(8), 0x20_0000n, 3n);
    for (let n = 0; n < 512; n++)
      host.smc(RMI_DATA_CREATE_UNKNOWN, rd, delegated(512 + n), 0x20_0000n + BigInt(n) * 0x1000n);
    expect(host.rmm.state.granules.countOf(root)).toBe(2);
    expect(host.smc(RMI_RTT_FOLD, rd, 0x20_0000n, 3n)[0]).toBe(0n);
    return host.rmm.state.granules.countOf(root);
  },
};

it.each(tablePredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);
