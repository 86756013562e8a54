// SPDX-License-Identifier: MIT
import { SPDM, spdmRequest } from "../../hw/spdm.ts";
import type { Command } from "../command.ts";
import { RMI_PROTOCOL } from "../device-communication.ts";
import { RMI_PDEV, RMI_SIG, rmi_public_key_params } from "../devices.ts";
import { RMI_PDEV_SET_PUBKEY } from "../fid.ts";
import { GRANULE } from "../granules.ts";
import { RMI_ERROR_DEVICE, RMI_ERROR_INPUT, RMI_SUCCESS } from "../status.ts";
import { pdevState } from "./pdev.ts";

/**
 * Gives the RMM the device's public key, which the host took out of the certificate: the RMM does not parse those.
 *
 * Simplified: the certificate is the bare key, and the RMM compares the two where the real one verifies a signature.
 *
 * @rmm RMI_PDEV_SET_PUBKEY
 */
export const pdevSetPubkey: Command = {
  name: "RMI_PDEV_SET_PUBKEY",
  fid: RMI_PDEV_SET_PUBKEY,
  deviceAssignment: true,
  origin: "runtime/rmi/pdev.c smc_pdev_set_pubkey",
  args: ["pdev", "params"],
  results: [],
  conditions: [
    {
      id: "params_state",
      text: "params is not a granule of DRAM in state NS",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => call.granules.stateAt(call.x2) !== GRANULE.NS,
    },
    {
      id: "params_pas",
      text: "reading params faults, because it is not in the Non-secure space",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => {
        const page = call.readHostPage(call.x2);
        if (page === undefined) return true;
        const { public_key, public_key_len, rmi_signature_algorithm } = rmi_public_key_params.decode(page);
        const length = Math.min(Number(public_key_len), public_key.length);
        call.publicKey = { key: public_key.slice(0, length), algorithm: rmi_signature_algorithm };
        return false;
      },
    },
    {
      id: "algorithm",
      text: "the signature algorithm is not one that the RMM knows",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => call.publicKey.algorithm > RMI_SIG.ECDSA_P384,
    },
    pdevState,
    {
      id: "pdev_state",
      text: "the PDEV does not need a key",
      status: RMI_ERROR_DEVICE,
      evidence: "source",
      holds: ({ pdev }) => pdev.state !== RMI_PDEV.NEEDS_KEY,
    },
    {
      id: "key",
      text: "the key is not the one in the certificate that the device has shown",
      status: RMI_ERROR_INPUT,
      evidence: "model",
      holds: ({ pdev, publicKey: { key } }) => {
        const { certificate } = pdev.conversation;
        return key.length !== certificate.length || key.some((byte, i) => byte !== certificate[i]);
      },
    },
  ],
  run: ({ pdev }) => {
    pdev.state = RMI_PDEV.HAS_KEY;
    pdev.conversation.prepare(RMI_PROTOCOL.SPDM, [spdmRequest(SPDM.KEY_EXCHANGE), spdmRequest(SPDM.FINISH)]);
    return RMI_SUCCESS;
  },
};
