// SPDX-License-Identifier: MIT
import type { RmiCall } from "../call.ts";
import type { Command } from "../command.ts";
import { RMI_FEATURES, RMI_VERSION } from "../fid.ts";
import { MAX_RECS_ORDER, PA_BITS } from "../limits.ts";
import { RMI_ERROR_INPUT, RMI_SUCCESS } from "../status.ts";

/** Revision of the RMI, as the command takes it: major number in bits 30:16, minor in bits 15:0. */
const REVISION_1_0 = 1 << 16;

/** Asks whether the RMM speaks a revision of the interface, and for the range that it speaks. @rmm RMI_VERSION */
export const version: Command = {
  name: "RMI_VERSION",
  fid: RMI_VERSION,
  origin: "smc_version",
  args: ["req"],
  results: ["lower", "higher"],
  conditions: [
    {
      id: "revision",
      text: "the requested revision is not 1.0",
      status: RMI_ERROR_INPUT,
      evidence: "recorded",
      holds: (call) => call.x1 !== REVISION_1_0,
      outputs: answerRevision,
    },
  ],
  run: (call) => {
    answerRevision(call);
    return RMI_SUCCESS;
  },
};

function answerRevision(call: RmiCall): void {
  call.out.x1 = REVISION_1_0;
  call.out.x2 = REVISION_1_0;
}

// Powers of two: bits above 31 do not survive 32-bit operators.
const FEATURE_BPS = 2 ** 14;
const FEATURE_WPS = 2 ** 20;
const FEATURE_PMU = 2 ** 26;
const FEATURE_PMU_COUNTERS = 2 ** 27;
const FEATURE_SHA_256 = 2 ** 32;
const FEATURE_SHA_512 = 2 ** 33;
const FEATURE_MAX_RECS_ORDER = 2 ** 38;
const FEATURE_DA = 2 ** 42;

const FEATURE_REGISTER_0 =
  PA_BITS +
  FEATURE_BPS +
  FEATURE_WPS +
  FEATURE_PMU +
  31 * FEATURE_PMU_COUNTERS +
  FEATURE_SHA_256 +
  FEATURE_SHA_512 +
  MAX_RECS_ORDER * FEATURE_MAX_RECS_ORDER;

/** Reads a feature register; those that do not exist read as 0. Never fails. @rmm RMI_FEATURES */
export const features: Command = {
  name: "RMI_FEATURES",
  fid: RMI_FEATURES,
  origin: "smc_read_feature_register",
  args: ["index"],
  results: ["value"],
  conditions: [],
  run: (call) => {
    if (call.x1 === 0) call.out.x1 = FEATURE_REGISTER_0 + (call.deviceAssignment ? FEATURE_DA : 0);
    return RMI_SUCCESS;
  },
};
