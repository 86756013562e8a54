// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 14. */
export const v2Predictions: readonly Prediction[] = [
  {
    id: "14-posted-score",
    question:
      'The posted function and structure run the gauntlet. In which stage do they lose the largest part of its points: "conformance", "faults", "races", "cost" or "abi"?',
    answer: "races",
    why: "Six of eight races are lost. Nothing about them can be seen by calling the function, however often. The patch itself asks about two of them, in its comments.",
    gaps: {
      conformance: "That comes close: eleven of sixteen calls. But in the races even more is lost.",
      faults: "Half of it: what copies and locks do is in order.",
      cost: "Half of it: the number of firmware calls is what it has to be, the wait for SRCU is not.",
      abi: "The structure is nearly right: the padding, and nothing comes back.",
    },
  },
  {
    id: "14-two-of-four",
    question:
      'The kernel "rfc-v1+all" has every repair and the posted structure. Four pages are asked for, and two of them are there. What does the ioctl return?',
    answer: "2",
    why: "Two pages are mapped, and the number says so. It is the result of the ioctl, because the posted structure has no field for it.",
    gaps: {
      "-EINVAL": "That is what the posted function says. Two pages stay mapped with it, and nobody is told.",
      "0": "Not all four are mapped, so it cannot be 0.",
      "4": "Two of the four have no memory behind them.",
    },
  },
  {
    id: "14-no-attribute-race",
    question:
      'A function has the number and the lock, and no look at the attribute. Does "map against a change to shared" still break a rule: "yes" or "no"?',
    answer: "yes",
    why: "It breaks without any race: the change comes first, then the map, which does not ask. The protocol only keeps what was looked up from going stale; what is not looked up, it cannot keep.",
    gaps: { no: "The protocol protects what was looked at. Nobody looked at the attribute." },
  },
];
