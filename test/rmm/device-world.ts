// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../lib/src/base/address.ts";
import type { PcieFunction } from "../../lib/src/hw/pcie-function.ts";
import type { GuestAction, GuestResult } from "../../lib/src/hw/processor.ts";
import {
  RMI_DEV_COMM,
  RMI_DEV_COMM_EXIT,
  rmi_dev_comm_data,
} from "../../lib/src/rmm/device-communication.ts";
import {
  PDEV_AUX_GRANULES,
  RMI_PDEV,
  RMI_PDEV_FLAG,
  RMI_SIG,
  RMI_VDEV,
  rmi_pdev_params,
  rmi_public_key_params,
  rmi_vdev_params,
} from "../../lib/src/rmm/devices.ts";
import { REALM_FLAG } from "../../lib/src/rmm/realm-params.ts";
import { World } from "./world.ts";

/** A world with a device, and a host that relays its messages. */
export class DeviceWorld extends World {
  readonly device: PcieFunction;
  readonly request: number = this.take();
  readonly response: number = this.take();
  readonly data: number = this.take();
  certificate: Uint8Array = new Uint8Array(0);

  constructor() {
    super({ deviceAssignment: true });
    this.device = this.machine.plug(0x100);
  }

  makeDaRealm(): number {
    return this.makeRealm({ flags: REALM_FLAG.DA });
  }

  pdevParams(params: NonNullable<Parameters<typeof rmi_pdev_params>[0]> = {}): Uint8Array {
    const aux = this.delegated(PDEV_AUX_GRANULES);
    return rmi_pdev_params({
      flags: RMI_PDEV_FLAG.SPDM | RMI_PDEV_FLAG.IDE,
      pdev_id: this.device.requesterId,
      num_aux: PDEV_AUX_GRANULES,
      aux_granule: Array.from({ length: PDEV_AUX_GRANULES }, (_, i) => aux + i * PAGE_SIZE),
      ...params,
    });
  }

  /** A PDEV in state NEW. */
  newPdev(): number {
    const pdev = this.delegated();
    this.must(this.fid.RMI_PDEV_CREATE, pdev, this.page(this.pdevParams()));
    return pdev;
  }

  /** A PDEV in state READY. */
  readyPdev(): number {
    const pdev = this.newPdev();
    this.relayPdev(pdev, RMI_PDEV.NEEDS_KEY);
    this.must(this.fid.RMI_PDEV_SET_PUBKEY, pdev, this.keyPage());
    this.relayPdev(pdev, RMI_PDEV.READY);
    return pdev;
  }

  keyPage(key: Uint8Array = this.certificate): number {
    return this.page(
      rmi_public_key_params({
        public_key: key,
        public_key_len: key.length,
        rmi_signature_algorithm: RMI_SIG.ECDSA_P384,
      }),
    );
  }

  vdevParams(params: NonNullable<Parameters<typeof rmi_vdev_params>[0]> = {}): Uint8Array {
    return rmi_vdev_params({ vdev_id: 8, tdi_id: this.device.requesterId, ...params });
  }

  bind(rd: number, pdev: number): number {
    const vdev = this.delegated();
    this.must(this.fid.RMI_VDEV_CREATE, rd, pdev, vdev, this.page(this.vdevParams()));
    return vdev;
  }

  /** Has the host carry messages until the PDEV is in a state. */
  relayPdev(pdev: number, target: number): void {
    this.relay(
      (data) => this.must(this.fid.RMI_PDEV_COMMUNICATE, pdev, data),
      () => this.pdevState(pdev) === target,
    );
  }

  relayVdev(pdev: number, vdev: number, target: number): void {
    const step = (data: number) => this.must(this.fid.RMI_VDEV_COMMUNICATE, pdev, vdev, data);
    this.relay(step, () => this.vdevState(vdev) === target);
  }

  /** Has the host stop an interface. */
  relayStop(pdev: number, vdev: number): void {
    this.must(this.fid.RMI_VDEV_STOP, vdev);
    this.relayVdev(pdev, vdev, RMI_VDEV.STOPPED);
  }

  relay(step: (data: number) => void, done: () => boolean): void {
    let entry: { status: number; resp_len: number } = { status: RMI_DEV_COMM.NONE, resp_len: 0 };
    for (let i = 0; i < 10 && !done(); i++) entry = this.exchange(step, entry);
    if (!done()) throw new Error("the conversation does not end");
  }

  exchange(
    step: (data: number) => void,
    entry: { status: number; resp_len: number },
  ): { status: number; resp_len: number } {
    this.write(this.data, rmi_dev_comm_data({ ...entry, req_addr: this.request, resp_addr: this.response }));
    step(this.data);
    const exit = rmi_dev_comm_data.decode(this.read(this.data, PAGE_SIZE));
    if ((Number(exit.flags) & RMI_DEV_COMM_EXIT.CACHE_RSP) !== 0) {
      this.certificate = this.read(this.response + Number(exit.cache_rsp_offset), Number(exit.cache_rsp_len));
    }
    if ((Number(exit.flags) & RMI_DEV_COMM_EXIT.SEND) === 0)
      return { status: RMI_DEV_COMM.NONE, resp_len: 0 };
    const answer = this.device.exchange(this.read(this.request, Number(exit.req_len)));
    this.write(this.response, answer);
    return { status: RMI_DEV_COMM.RESPONSE, resp_len: answer.length };
  }

  pdevState(pdev: number): number {
    this.must(this.fid.RMI_PDEV_GET_STATE, pdev);
    return this.rmm.out.x1;
  }

  vdevState(vdev: number): number {
    this.must(this.fid.RMI_VDEV_GET_STATE, vdev);
    return this.rmm.out.x1;
  }

  /** Runs a REC until it waits, carrying messages for it. */
  runWithDevice(rec: number, pdev: number): void {
    for (;;) {
      const exit = this.enter(rec);
      if (Number(exit.exit_reason) !== 9) return;
      this.relayVdev(pdev, Number(exit.vdev), RMI_VDEV.READY);
    }
  }
}

/** A guest that takes a device through operations, and notes the results. */
export function* deviceGuest(
  vdevId: number,
  operations: readonly number[],
  results: number[],
): Generator<GuestAction, undefined, GuestResult> {
  const call = function* (
    fid: number,
    ...args: number[]
  ): Generator<GuestAction, [number, number], GuestResult> {
    const result = yield { op: "smc", fid, args };
    return result.kind === "returned" ? [result.x0, result.x1] : [-2, 0];
  };
  const [, instance] = yield* call(0xc400019c, vdevId);
  for (const operation of operations) {
    let [status] = yield* call(operation, vdevId, instance);
    while (status === 0 || status === 3) {
      [status] = yield* call(0xc40001a4, vdevId, instance);
      if (status !== 3) break;
    }
    results.push(status);
  }
  return undefined;
}
