// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import { LAST_LEVEL, MAX_ROOTS } from "../../hw/stage2.ts";
import type { Condition } from "../command.ts";
import { GRANULE } from "../granules.ts";
import { DEBUG_REGISTERS, MIN_IPA_BITS, PA_BITS, VMIDS } from "../limits.ts";
import { HASH, type RawRealmParams, REALM_FLAG, readRealmParams } from "../realm-params.ts";
import { RMI_ERROR_INPUT } from "../status.ts";

function invalid(id: string, text: string, test: (parameters: RawRealmParams) => boolean): Condition {
  return {
    id,
    text,
    status: RMI_ERROR_INPUT,
    evidence: "recorded",
    holds: (call) => test(call.realmParams),
  };
}

/** What REALM_CREATE demands of the parameters, in the order in which it is tested. */
export const realmParamsConditions: readonly Condition[] = [
  {
    id: "params_state",
    text: "params is not a granule of DRAM in state NS",
    status: RMI_ERROR_INPUT,
    evidence: "recorded",
    holds: (call) => call.granules.stateAt(call.x2) !== GRANULE.NS,
  },
  {
    id: "params_pas",
    text: "reading params faults, because it is not in the Non-secure space",
    status: RMI_ERROR_INPUT,
    evidence: "recorded",
    holds: (call) => {
      const page = call.readHostPage(call.x2);
      if (page === undefined) return true;
      call.realmParams = readRealmParams(page);
      return false;
    },
  },
  invalid("lpa2", "flag LPA2 is set, which is not supported", ({ flags }) => (flags & REALM_FLAG.LPA2) !== 0),
  invalid(
    "s2sz",
    `s2sz is not within ${MIN_IPA_BITS} to ${PA_BITS} bits`,
    ({ s2sz }) => s2sz < MIN_IPA_BITS || s2sz > PA_BITS,
  ),
  invalid(
    "debug_registers",
    `num_bps or num_wps is not ${DEBUG_REGISTERS}`,
    ({ num_bps, num_wps }) => num_bps !== DEBUG_REGISTERS || num_wps !== DEBUG_REGISTERS,
  ),
  invalid("sve", "flag SVE is set, which is not supported", ({ flags }) => (flags & REALM_FLAG.SVE) !== 0),
  {
    id: "da",
    text: "flag DA is set, but this RMM has no device assignment",
    status: RMI_ERROR_INPUT,
    evidence: "source",
    holds: (call) => (call.realmParams.flags & REALM_FLAG.DA) !== 0 && !call.deviceAssignment,
  },
  invalid(
    "rtt_level_start",
    "the address space does not fit the start level: it is too small for one root table, or too large for 16",
    ({ s2sz, rtt_level_start }) =>
      rtt_level_start < 0 ||
      rtt_level_start >= LAST_LEVEL ||
      s2sz <= coveredBits(rtt_level_start + 1) ||
      s2sz > coveredBits(rtt_level_start) + Math.log2(MAX_ROOTS),
  ),
  invalid(
    "rtt_num_start",
    "rtt_num_start is not the number of root tables that the address space needs",
    ({ s2sz, rtt_level_start, rtt_num_start }) =>
      rtt_num_start !== 2 ** Math.max(0, s2sz - coveredBits(rtt_level_start)),
  ),
  invalid(
    "rtt_base_align",
    "rtt_base is not aligned to the size of all root tables",
    ({ rtt_base, rtt_num_start }) => rtt_base % (rtt_num_start * PAGE_SIZE) !== 0,
  ),
  invalid(
    "hash_algo",
    "hash_algo is neither SHA-256 nor SHA-512",
    ({ hash_algo }) => hash_algo !== HASH.SHA_256 && hash_algo !== HASH.SHA_512,
  ),
  invalid("vmid_range", `vmid is not below ${VMIDS}`, ({ vmid }) => vmid >= VMIDS),
  {
    id: "vmid_used",
    text: "vmid belongs to another realm",
    status: RMI_ERROR_INPUT,
    evidence: "recorded",
    holds: (call) => call.vmids.has(call.realmParams.vmid),
  },
];

const PAGE_BITS = 12;
const BITS_PER_LEVEL = 9;

/** Width in bits of the address space that one table at `level` covers. */
function coveredBits(level: number): number {
  return (LAST_LEVEL - level + 1) * BITS_PER_LEVEL + PAGE_BITS;
}
