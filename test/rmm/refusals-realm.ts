// SPDX-License-Identifier: MIT
import { REALM_FLAG } from "../../lib/src/rmm/realm-params.ts";
import { REC_ENTER_FLAG, rmi_rec_run } from "../../lib/src/rmm/rec-run.ts";
import { DeviceWorld } from "./device-world.ts";
import { World } from "./world.ts";

/** A call that one condition refuses: the condition as `command.condition`, and how to run into it. */
export interface Refusal {
  readonly condition: string;
  readonly provoke: () => World;
}

function inWorld(condition: string, provoke: (world: World) => void): Refusal {
  return {
    condition,
    provoke: () => {
      const world = new World();
      provoke(world);
      return world;
    },
  };
}

/** Refusals that the recordings do not contain, of commands on realms, RECs and tables. */
export const realmRefusals: readonly Refusal[] = [
  inWorld("RMI_REALM_CREATE.sve", (w) => {
    w.rmm.smc(w.fid.RMI_REALM_CREATE, w.delegated(), w.page(w.realmParams({ flags: REALM_FLAG.SVE })));
  }),
  inWorld("RMI_REALM_CREATE.da", (w) => {
    w.rmm.smc(w.fid.RMI_REALM_CREATE, w.delegated(), w.page(w.realmParams({ flags: REALM_FLAG.DA })));
  }),
  {
    condition: "RMI_REALM_DESTROY.realm_vdevs",
    provoke: () => {
      const w = new DeviceWorld();
      const rd = w.makeDaRealm();
      w.bind(rd, w.readyPdev());
      w.rmm.smc(w.fid.RMI_REALM_DESTROY, rd);
      return w;
    },
  },
  inWorld("RMI_REC_CREATE.rec_count", (w) => {
    const rd = w.makeRealm();
    // Index n as an MPIDR: Aff0 has 4 bits, Aff1 takes over from there.
    for (let n = 0; n < 1023; n++) w.makeRec(rd, undefined, (n & 15) | ((n >> 4) << 8));
    w.rmm.smc(w.fid.RMI_REC_CREATE, rd, w.delegated(), w.page(w.recParams({ mpidr: 0x3f0f })));
  }),
  inWorld("RMI_REC_ENTER.emul_mmio", (w) => {
    const rd = w.makeRealm();
    const rec = w.makeRec(rd);
    w.must(w.fid.RMI_REALM_ACTIVATE, rd);
    w.write(w.run, rmi_rec_run({ flags: REC_ENTER_FLAG.EMUL_MMIO }));
    w.rmm.smc(w.fid.RMI_REC_ENTER, rec, w.run);
  }),
  ...(["RMI_RTT_MAP_UNPROTECTED", "RMI_RTT_UNMAP_UNPROTECTED"] as const).map((command) =>
    inWorld(`${command}.level_start`, (w) => {
      const rd = w.makeRealm({ s2sz: 32, rtt_level_start: 2, rtt_num_start: 4 });
      w.rmm.smc(w.fid[command], rd, 2 ** 31, 1, 0);
    }),
  ),
];
