// SPDX-License-Identifier: MIT
import { isAligned, PAGE_SIZE } from "../base/address.ts";
import { PAS } from "../hw/granule-protection.ts";
import type { RmiCall } from "./call.ts";
import type { Condition } from "./command.ts";
import {
  type Conversation,
  DEV_COMM_EXIT_OFFSET,
  MAX_RESPONSE_BYTES,
  rmi_dev_comm_data,
} from "./device-communication.ts";
import { GRANULE } from "./granules.ts";
import { fromRegister } from "./registers.ts";
import { RMI_ERROR_INPUT } from "./status.ts";

/** What PDEV_COMMUNICATE and VDEV_COMMUNICATE demand of the communication page, which is the given argument. */
export function communicationConditions(data: (call: RmiCall) => number): readonly Condition[] {
  return [
    {
      id: "data_state",
      text: "data is not a granule of DRAM in state NS",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => call.granules.stateAt(data(call)) !== GRANULE.NS,
    },
    {
      id: "data_pas",
      text: "reading data faults, because it is not in the Non-secure space",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: (call) => {
        const page = call.readHostPage(data(call));
        if (page === undefined) return true;
        const { status, req_addr, resp_addr, resp_len } = rmi_dev_comm_data.decode(page);
        call.communication = {
          status: fromRegister(status),
          req_addr: fromRegister(req_addr),
          resp_addr: fromRegister(resp_addr),
          resp_len: fromRegister(resp_len),
        };
        return false;
      },
    },
    {
      id: "buffers",
      text: "a message buffer is not a granule of DRAM in state NS, or the response is longer than one",
      status: RMI_ERROR_INPUT,
      evidence: "source",
      holds: ({ communication: { req_addr, resp_addr, resp_len }, granules }) =>
        !isAligned(req_addr, PAGE_SIZE) ||
        granules.stateAt(req_addr) !== GRANULE.NS ||
        granules.stateAt(resp_addr) !== GRANULE.NS ||
        resp_len > MAX_RESPONSE_BYTES,
    },
  ];
}

/** The host brings a response where none was asked for, or none where one is due. */
export function statusCondition(conversation: (call: RmiCall) => Conversation): Condition {
  return {
    id: "comm_status",
    text: "the status that the host reports does not fit what the conversation waits for",
    status: RMI_ERROR_INPUT,
    evidence: "source",
    holds: (call) => !conversation(call).accepts(call.communication.status),
  };
}

/**
 * Takes the host's response, leaves the next request in its buffer, and tells it what to do. False when the host's
 * memory cannot be reached.
 */
export function converse(call: RmiCall, data: number, conversation: Conversation): boolean {
  const { bus } = call.machine;
  const { status, req_addr, resp_addr, resp_len } = call.communication;
  const response = new Uint8Array(resp_len);
  if (bus.read(PAS.NonSecure, resp_addr, response) !== undefined) return false;
  const { request, exit } = conversation.step(status, response);
  if (bus.write(PAS.NonSecure, req_addr, request) !== undefined) return false;
  const page = rmi_dev_comm_data(exit).subarray(DEV_COMM_EXIT_OFFSET);
  return bus.write(PAS.NonSecure, data + DEV_COMM_EXIT_OFFSET, page) === undefined;
}
