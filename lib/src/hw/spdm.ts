// SPDX-License-Identifier: MIT
/**
 * The messages that firmware and device exchange through the device's DOE mailbox, as far as they change anything.
 *
 * Simplified: the codes are those of the standards, but a message is a header of four bytes and a short body. There
 * is no cryptography: no signatures, no session keys, no encryption of the PCIe link (IDE).
 *
 * @spec DMTF DSP0274 (SPDM), PCIe 6.0 chapter 11 (TDISP)
 */

const SPDM_VERSION = 0x12;

/** SPDM request codes: byte 1 of a request. The code of the response is the same without bit 7. */
export const SPDM = {
  GET_CERTIFICATE: 0x82,
  GET_VERSION: 0x84,
  KEY_EXCHANGE: 0xe4,
  FINISH: 0xe5,
  END_SESSION: 0xec,
  VENDOR_DEFINED: 0xfe,
} as const;

/** Code of a response that refuses the request. */
export const SPDM_ERROR = 0x7f;

/** TDISP messages, carried in byte 4 of a vendor-defined request. */
export const TDISP = { LOCK_INTERFACE: 0x83, START_INTERFACE: 0x86, STOP_INTERFACE: 0x87 } as const;

/** A request: the code and, for a vendor-defined one, the message inside. */
export function spdmRequest(code: number, ...body: readonly number[]): Uint8Array {
  return Uint8Array.of(SPDM_VERSION, code, 0, 0, ...body);
}

/** The answer to a request with `code`. */
export function spdmResponse(code: number, body: Uint8Array): Uint8Array {
  const response = new Uint8Array(SPDM_HEADER_BYTES + body.length);
  response.set([SPDM_VERSION, code & 0x7f, 0, 0]);
  response.set(body, SPDM_HEADER_BYTES);
  return response;
}

/** Bytes in front of the body of a message. */
export const SPDM_HEADER_BYTES = 4;

/** True when `response` accepts a request with `code`. */
export function spdmAccepts(response: Uint8Array, code: number): boolean {
  return response.length >= SPDM_HEADER_BYTES && response[1] === (code & 0x7f);
}
