// SPDX-License-Identifier: MIT
import type { GuestAction, GuestResult } from "../hw/processor.ts";
import { acceptDevice } from "../user/driver.ts";
import { changeRipas, type GuestProgram, RSI_RIPAS } from "../user/guest.ts";
import { VIRTUAL_DEVICE_ID } from "../user/vmm-device.ts";
import type { GpaRange } from "./design.ts";

type Order = () => Generator<GuestAction, unknown, GuestResult>;

/** A guest that accepts its device and then does what it is told, one order after another, whenever it runs. */
export class OrderedGuest {
  readonly #orders: Order[] = [];

  /** The program of its vCPU. */
  *program(): GuestProgram {
    yield* acceptDevice(VIRTUAL_DEVICE_ID);
    for (;;) {
      const order = this.#orders.shift();
      if (order === undefined) yield { op: "wait" };
      else yield* order();
    }
  }

  /** Asks for memory to become shared (RIPAS EMPTY) or private (RIPAS RAM). */
  convert({ start, end }: GpaRange, toPrivate: boolean): void {
    this.#orders.push(() => changeRipas(start, end, toPrivate ? RSI_RIPAS.RAM : RSI_RIPAS.EMPTY));
  }

  /** Stores to the first 8 bytes of each private page, which makes the host give it the page if need be. */
  touch({ start, end }: GpaRange, step: number): void {
    this.#orders.push(function* (): Generator<GuestAction, unknown, GuestResult> {
      for (let ipa = start; ipa < end; ipa += step) yield { op: "store", ipa, value: 1n };
      return undefined;
    });
  }
}
