// SPDX-License-Identifier: MIT
import { RMI_DEV_COMM, rmi_dev_comm_data } from "../../lib/src/rmm/device-communication.ts";
import { RMI_PDEV, rmi_public_key_params } from "../../lib/src/rmm/devices.ts";
import { DeviceWorld } from "./device-world.ts";
import type { Refusal } from "./refusals-realm.ts";

function device(condition: string, provoke: (world: DeviceWorld) => void): Refusal {
  return {
    condition,
    provoke: () => {
      const world = new DeviceWorld();
      provoke(world);
      return world;
    },
  };
}

/** A communication page with a status and, unless told otherwise, good buffers. */
function commPage(w: DeviceWorld, fields: Parameters<typeof rmi_dev_comm_data>[0] = {}): number {
  return w.page(rmi_dev_comm_data({ req_addr: w.request, resp_addr: w.response, ...fields }));
}

function bound(w: DeviceWorld): { rd: number; pdev: number; vdev: number } {
  const rd = w.makeDaRealm();
  const pdev = w.readyPdev();
  return { rd, pdev, vdev: w.bind(rd, pdev) };
}

type PdevParams = Parameters<DeviceWorld["pdevParams"]>[0];

function createPdev(condition: string, params: (w: DeviceWorld, pdev: number) => PdevParams): Refusal {
  return device(`RMI_PDEV_CREATE.${condition}`, (w) => {
    const pdev = w.delegated();
    w.rmm.smc(w.fid.RMI_PDEV_CREATE, pdev, w.page(w.pdevParams(params(w, pdev))));
  });
}

const pdevRefusals: readonly Refusal[] = [
  device("RMI_PDEV_CREATE.params_state", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_CREATE, w.delegated(), w.delegated());
  }),
  device("RMI_PDEV_CREATE.params_pas", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_CREATE, w.delegated(), w.securePage());
  }),
  createPdev("flags", () => ({ flags: 1 })),
  createPdev("hash_algo", () => ({ hash_algo: 2 })),
  createPdev("num_aux", () => ({ num_aux: 5 })),
  createPdev("pdev_id", () => ({ pdev_id: 0x1_0000 })),
  device("RMI_PDEV_CREATE.pdev_id", (w) => {
    w.newPdev();
    w.rmm.smc(w.fid.RMI_PDEV_CREATE, w.delegated(), w.page(w.pdevParams()));
  }),
  createPdev("aux_state", (w) => ({ aux_granule: [w.take(), w.delegated(), w.delegated(), w.delegated()] })),
  createPdev("aux_alias", (w, pdev) => ({
    aux_granule: [pdev, w.delegated(), w.delegated(), w.delegated()],
  })),
  device("RMI_PDEV_CREATE.pdev_state", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_CREATE, w.take(), w.page(w.pdevParams()));
  }),
  device("RMI_PDEV_COMMUNICATE.data_state", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_COMMUNICATE, w.newPdev(), w.delegated());
  }),
  device("RMI_PDEV_COMMUNICATE.data_pas", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_COMMUNICATE, w.newPdev(), w.securePage());
  }),
  ...[
    { req_addr: 0x8000_0008 },
    { req_addr: 0 },
    { resp_addr: 0 },
    { resp_addr: 0x8000_0008 },
    { resp_len: 4097 },
  ].map((fields) =>
    device("RMI_PDEV_COMMUNICATE.buffers", (w) => {
      w.rmm.smc(w.fid.RMI_PDEV_COMMUNICATE, w.newPdev(), commPage(w, fields));
    }),
  ),
  device("RMI_PDEV_COMMUNICATE.pdev_granule", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_COMMUNICATE, w.delegated(), commPage(w));
  }),
  device("RMI_PDEV_COMMUNICATE.pdev_state", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_COMMUNICATE, w.readyPdev(), commPage(w));
  }),
  device("RMI_PDEV_COMMUNICATE.comm_status", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_COMMUNICATE, w.newPdev(), commPage(w, { status: RMI_DEV_COMM.RESPONSE }));
  }),
  device("RMI_PDEV_COMMUNICATE.comm_status", (w) => {
    const pdev = w.newPdev();
    w.must(w.fid.RMI_PDEV_COMMUNICATE, pdev, commPage(w));
    w.rmm.smc(w.fid.RMI_PDEV_COMMUNICATE, pdev, commPage(w, { status: RMI_DEV_COMM.NONE }));
  }),
  device("RMI_PDEV_SET_PUBKEY.params_state", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_SET_PUBKEY, w.newPdev(), w.delegated());
  }),
  device("RMI_PDEV_SET_PUBKEY.params_pas", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_SET_PUBKEY, w.newPdev(), w.securePage());
  }),
  device("RMI_PDEV_SET_PUBKEY.algorithm", (w) => {
    w.rmm.smc(
      w.fid.RMI_PDEV_SET_PUBKEY,
      w.newPdev(),
      w.page(rmi_public_key_params({ rmi_signature_algorithm: 3 })),
    );
  }),
  device("RMI_PDEV_SET_PUBKEY.pdev_granule", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_SET_PUBKEY, w.delegated(), w.keyPage());
  }),
  device("RMI_PDEV_SET_PUBKEY.pdev_state", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_SET_PUBKEY, w.newPdev(), w.keyPage());
  }),
  ...[
    (key: Uint8Array): Uint8Array => key.slice(0, 96),
    (key: Uint8Array): Uint8Array => key.map((byte, i) => (i === 96 ? byte ^ 1 : byte)),
  ].map((spoil) =>
    device("RMI_PDEV_SET_PUBKEY.key", (w) => {
      const pdev = w.newPdev();
      w.relayPdev(pdev, RMI_PDEV.NEEDS_KEY);
      w.rmm.smc(w.fid.RMI_PDEV_SET_PUBKEY, pdev, w.keyPage(spoil(w.certificate)));
    }),
  ),
  device("RMI_PDEV_GET_STATE.pdev_granule", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_GET_STATE, w.delegated());
  }),
  device("RMI_PDEV_STOP.pdev_granule", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_STOP, w.delegated());
  }),
  device("RMI_PDEV_STOP.pdev_stopped", (w) => {
    const pdev = w.newPdev();
    w.must(w.fid.RMI_PDEV_STOP, pdev);
    w.rmm.smc(w.fid.RMI_PDEV_STOP, pdev);
  }),
  device("RMI_PDEV_STOP.pdev_stopped", (w) => {
    const pdev = w.newPdev();
    w.must(w.fid.RMI_PDEV_STOP, pdev);
    w.relayPdev(pdev, RMI_PDEV.STOPPED);
    w.rmm.smc(w.fid.RMI_PDEV_STOP, pdev);
  }),
  device("RMI_PDEV_STOP.pdev_vdevs", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_STOP, bound(w).pdev);
  }),
  device("RMI_PDEV_DESTROY.pdev_granule", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_DESTROY, w.delegated());
  }),
  device("RMI_PDEV_DESTROY.pdev_state", (w) => {
    w.rmm.smc(w.fid.RMI_PDEV_DESTROY, w.newPdev());
  }),
];

function createVdev(condition: string, args: (w: DeviceWorld) => [number, number, number, number]): Refusal {
  return device(`RMI_VDEV_CREATE.${condition}`, (w) => {
    w.rmm.smc(w.fid.RMI_VDEV_CREATE, ...args(w));
  });
}

const vdevRefusals: readonly Refusal[] = [
  createVdev("params_state", (w) => [w.makeDaRealm(), w.readyPdev(), w.delegated(), w.delegated()]),
  createVdev("params_pas", (w) => [w.makeDaRealm(), w.readyPdev(), w.delegated(), w.securePage()]),
  ...[{ num_aux: 1 }, { flags: 1 }].map((params) =>
    createVdev("params_zero", (w) => [
      w.makeDaRealm(),
      w.readyPdev(),
      w.delegated(),
      w.page(w.vdevParams(params)),
    ]),
  ),
  createVdev("rd_state", (w) => [w.delegated(), w.readyPdev(), w.delegated(), w.page(w.vdevParams())]),
  createVdev("pdev_granule", (w) => [w.makeDaRealm(), w.delegated(), w.delegated(), w.page(w.vdevParams())]),
  createVdev("vdev_state", (w) => [w.makeDaRealm(), w.readyPdev(), w.take(), w.page(w.vdevParams())]),
  createVdev("realm_da", (w) => [w.makeRealm(), w.readyPdev(), w.delegated(), w.page(w.vdevParams())]),
  createVdev("pdev_state", (w) => [w.makeDaRealm(), w.newPdev(), w.delegated(), w.page(w.vdevParams())]),
  createVdev("tdi_id", (w) => {
    const { pdev } = bound(w);
    return [w.makeDaRealm(), pdev, w.delegated(), w.page(w.vdevParams({ vdev_id: 9 }))];
  }),
  createVdev("tdi_id", (w) => {
    const { rd, pdev } = bound(w);
    return [rd, pdev, w.delegated(), w.page(w.vdevParams({ tdi_id: 0x101 }))];
  }),
  device("RMI_VDEV_COMMUNICATE.pdev_granule", (w) => {
    w.rmm.smc(w.fid.RMI_VDEV_COMMUNICATE, w.delegated(), bound(w).vdev, commPage(w));
  }),
  device("RMI_VDEV_COMMUNICATE.vdev_granule", (w) => {
    w.rmm.smc(w.fid.RMI_VDEV_COMMUNICATE, bound(w).pdev, w.delegated(), commPage(w));
  }),
  device("RMI_VDEV_COMMUNICATE.vdev_owner", (w) => {
    const { vdev } = bound(w);
    const other = w.delegated();
    w.must(w.fid.RMI_PDEV_CREATE, other, w.page(w.pdevParams({ pdev_id: 0x200 })));
    w.rmm.smc(w.fid.RMI_VDEV_COMMUNICATE, other, vdev, commPage(w));
  }),
  device("RMI_VDEV_COMMUNICATE.data_state", (w) => {
    const { pdev, vdev } = bound(w);
    w.rmm.smc(w.fid.RMI_VDEV_COMMUNICATE, pdev, vdev, w.delegated());
  }),
  device("RMI_VDEV_COMMUNICATE.data_pas", (w) => {
    const { pdev, vdev } = bound(w);
    w.rmm.smc(w.fid.RMI_VDEV_COMMUNICATE, pdev, vdev, w.securePage());
  }),
  device("RMI_VDEV_COMMUNICATE.buffers", (w) => {
    const { pdev, vdev } = bound(w);
    w.rmm.smc(w.fid.RMI_VDEV_COMMUNICATE, pdev, vdev, commPage(w, { req_addr: 0 }));
  }),
  device("RMI_VDEV_COMMUNICATE.vdev_state", (w) => {
    const { pdev, vdev } = bound(w);
    w.rmm.smc(w.fid.RMI_VDEV_COMMUNICATE, pdev, vdev, commPage(w));
  }),
  device("RMI_VDEV_COMMUNICATE.comm_status", (w) => {
    const { pdev, vdev } = bound(w);
    w.must(w.fid.RMI_VDEV_STOP, vdev);
    w.rmm.smc(w.fid.RMI_VDEV_COMMUNICATE, pdev, vdev, commPage(w, { status: RMI_DEV_COMM.ERROR }));
  }),
  device("RMI_VDEV_GET_STATE.vdev_granule", (w) => {
    w.rmm.smc(w.fid.RMI_VDEV_GET_STATE, w.delegated());
  }),
  device("RMI_VDEV_ABORT.vdev_granule", (w) => {
    w.rmm.smc(w.fid.RMI_VDEV_ABORT, w.delegated());
  }),
  device("RMI_VDEV_ABORT.vdev_state", (w) => {
    w.rmm.smc(w.fid.RMI_VDEV_ABORT, bound(w).vdev);
  }),
  device("RMI_VDEV_STOP.vdev_granule", (w) => {
    w.rmm.smc(w.fid.RMI_VDEV_STOP, w.delegated());
  }),
  device("RMI_VDEV_STOP.vdev_state", (w) => {
    const { vdev } = bound(w);
    w.must(w.fid.RMI_VDEV_STOP, vdev);
    w.rmm.smc(w.fid.RMI_VDEV_STOP, vdev);
  }),
  device("RMI_VDEV_DESTROY.rd_state", (w) => {
    const { pdev, vdev } = bound(w);
    w.rmm.smc(w.fid.RMI_VDEV_DESTROY, w.delegated(), pdev, vdev);
  }),
  device("RMI_VDEV_DESTROY.pdev_granule", (w) => {
    const { rd, vdev } = bound(w);
    w.rmm.smc(w.fid.RMI_VDEV_DESTROY, rd, w.delegated(), vdev);
  }),
  device("RMI_VDEV_DESTROY.vdev_granule", (w) => {
    const { rd, pdev } = bound(w);
    w.rmm.smc(w.fid.RMI_VDEV_DESTROY, rd, pdev, w.delegated());
  }),
  device("RMI_VDEV_DESTROY.vdev_owner", (w) => {
    const { pdev, vdev } = bound(w);
    w.relayStop(pdev, vdev);
    w.rmm.smc(w.fid.RMI_VDEV_DESTROY, w.makeDaRealm(), pdev, vdev);
  }),
  device("RMI_VDEV_DESTROY.vdev_state", (w) => {
    const { rd, pdev, vdev } = bound(w);
    w.rmm.smc(w.fid.RMI_VDEV_DESTROY, rd, pdev, vdev);
  }),
];

/** Refusals of the commands on devices, which were never recorded. */
export const deviceRefusals: readonly Refusal[] = [...pdevRefusals, ...vdevRefusals];
