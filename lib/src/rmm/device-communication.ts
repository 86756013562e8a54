// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../base/address.ts";
import { type Struct, struct } from "../base/layout.ts";
import { SPDM, SPDM_HEADER_BYTES, spdmAccepts } from "../hw/spdm.ts";

/**
 * How the RMM talks to a device. It has no way to the device's mailbox, so it hands the host a request, and the
 * host calls again with the response, until nothing is left to say.
 *
 * @spec RMM 1.1-alp12, device communication
 */

const LAYOUT = {
  status: ["u64", 0x0],
  req_addr: ["u64", 0x8],
  resp_addr: ["u64", 0x10],
  resp_len: ["u64", 0x18],
  flags: ["u64", 0x800],
  cache_req_offset: ["u64", 0x808],
  cache_req_len: ["u64", 0x810],
  cache_rsp_offset: ["u64", 0x818],
  cache_rsp_len: ["u64", 0x820],
  cache_obj_id: ["u64", 0x828],
  protocol: ["u64", 0x830],
  req_len: ["u64", 0x838],
  timeout: ["u64", 0x840],
} as const;

/** The page through which host and RMM pass messages: the first half from the host, the second to it. */
export const rmi_dev_comm_data: Struct<typeof LAYOUT> = struct(
  "rmi_dev_comm_data",
  LAYOUT,
  0x1000,
  "RMM 1.1-alp12, RmiDevCommData",
);

/** First byte of the half that the RMM writes. */
export const DEV_COMM_EXIT_OFFSET = 0x800;

/** What the host brings: nothing yet, the device's response, or news that the exchange failed. */
export const RMI_DEV_COMM = { NONE: 0, RESPONSE: 1, ERROR: 2 } as const;

/** Bits of the flags for the host: keep part of the response, and send the request in the buffer. */
export const RMI_DEV_COMM_EXIT = { CACHE_RSP: 2, SEND: 4 } as const;

/** What the host is asked to keep: the device's certificate. */
export const RMI_DEV_CERTIFICATE = 1;

/** Which mailbox protocol a request is for: in the clear, or inside the secure session. */
export const RMI_PROTOCOL = { SPDM: 0, SECURE_SPDM: 1 } as const;

/** The host's half of the communication page, as it was read. */
export interface CommunicationEntry {
  readonly status: number;
  readonly req_addr: number;
  readonly resp_addr: number;
  readonly resp_len: number;
}

/** Stands in a call for a page that was not read yet. */
export const NO_COMMUNICATION: CommunicationEntry = { status: 0, req_addr: 0, resp_addr: 0, resp_len: 0 };

/** Where a conversation stands: before its first request, waiting for a response, over, or broken. */
export type ConversationState = "pending" | "active" | "idle" | "error";

/** What the RMM asks of the host after a step. */
export interface ConversationExit {
  readonly flags: number;
  readonly protocol: number;
  readonly req_len: number;
  readonly cache_obj_id: number;
  readonly cache_rsp_offset: number;
  readonly cache_rsp_len: number;
}

/** A list of requests that the RMM gets answered one by one. */
export class Conversation {
  state: ConversationState = "idle";
  /** The certificate that the device has shown. */
  certificate: Uint8Array = new Uint8Array(0);
  #requests: readonly Uint8Array[] = [];
  #protocol = 0;

  /** Prepares requests, to be sent when the host next communicates. */
  prepare(protocol: number, requests: readonly Uint8Array[]): void {
    this.#requests = requests;
    this.#protocol = protocol;
    this.state = "pending";
  }

  /** Drops what was still to be said. */
  abort(): void {
    this.#requests = [];
    this.state = "idle";
  }

  /** True when what the host brings fits what the conversation waits for. */
  accepts(status: number): boolean {
    if (this.state === "pending") return status === RMI_DEV_COMM.NONE;
    return status === RMI_DEV_COMM.RESPONSE || status === RMI_DEV_COMM.ERROR;
  }

  /**
   * One step: takes the response, if there is one, and says what to send next.
   *
   * @returns the request for the host to send, and what else the host shall do
   */
  step(
    status: number,
    response: Uint8Array,
  ): { readonly request: Uint8Array; readonly exit: ConversationExit } {
    let cached = 0;
    if (this.state === "active") {
      const asked = this.#requests[0]?.[1] ?? 0;
      if (status === RMI_DEV_COMM.ERROR || !spdmAccepts(response, asked)) {
        this.state = "error";
        this.#requests = [];
      } else {
        if (asked === SPDM.GET_CERTIFICATE) {
          this.certificate = response.slice(SPDM_HEADER_BYTES);
          cached = this.certificate.length;
        }
        this.#requests = this.#requests.slice(1);
      }
    }
    const request = this.#requests[0];
    if (this.state !== "error") this.state = request === undefined ? "idle" : "active";
    const send = request === undefined ? 0 : RMI_DEV_COMM_EXIT.SEND;
    return {
      request: request ?? new Uint8Array(0),
      exit: {
        flags: send | (cached > 0 ? RMI_DEV_COMM_EXIT.CACHE_RSP : 0),
        protocol: this.#protocol,
        req_len: request?.length ?? 0,
        cache_obj_id: cached > 0 ? RMI_DEV_CERTIFICATE : 0,
        cache_rsp_offset: cached > 0 ? SPDM_HEADER_BYTES : 0,
        cache_rsp_len: cached,
      },
    };
  }
}

/** Longest response: one page. */
export const MAX_RESPONSE_BYTES: number = PAGE_SIZE;
