// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { normalised } from "../../lib/src/course/prediction.ts";
import { granulePredictions } from "../../lib/src/course/predictions/04.ts";
import {
  boot,
  dramPage,
  type Host,
  hex,
  hostLoad,
  hostStore,
  makeRealm,
  makeSecure,
  probe,
  RMI_DATA_CREATE,
  RMI_DATA_DESTROY,
  RMI_GRANULE_DELEGATE,
  RMI_GRANULE_UNDELEGATE,
  RMI_RTT_CREATE,
} from "../../lib/src/index.ts";

function delegated(): { host: Host; page: bigint } {
  const host = boot({ memory: 64 * 4096 });
  const page = dramPage(host, 5);
  hostStore(host, page, 0xcafen);
  host.smc(RMI_GRANULE_DELEGATE, page);
  return { host, page };
}

function read(host: Host, page: bigint): string | bigint {
  const value = hostLoad(host, page);
  return typeof value === "bigint" ? value : "fault";
}

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => number | string | bigint> = {
  "04-host-reads": () => read(delegated().host, delegated().page),
  "04-still-there": () => hex(probe(delegated().host, delegated().page)),
  "04-after-undelegate": () => {
    const { host, page } = delegated();
    host.smc(RMI_GRANULE_UNDELEGATE, page);
    return read(host, page);
  },
  "04-secure": () => {
    const host = boot({ memory: 64 * 4096 });
    makeSecure(host, dramPage(host, 8));
    return host.smc(RMI_GRANULE_DELEGATE, dramPage(host, 8))[0] ?? -1;
  },
  "04-destroyed": () => {
    const host = boot({ memory: 64 * 4096 });
    const rd = makeRealm(host, { root: 0, rd: 4, params: 15 });
    const page = dramPage(host, 6);
    for (const pa of [dramPage(host, 5), page]) host.smc(RMI_GRANULE_DELEGATE, pa);
    host.smc(RMI_RTT_CREATE, rd, dramPage(host, 5), 0n, 3n);
    host.smc(RMI_DATA_CREATE, rd, page, 0n, dramPage(host, 15), 0n);
    expect(host.smc(RMI_DATA_DESTROY, rd, 0n).slice(0, 2)).toEqual([0n, page]);
    return read(host, page);
  },
};

it.each(granulePredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);
