// SPDX-License-Identifier: MIT
import type { Prediction } from "../prediction.ts";

/** Questions of notebook 04. */
export const granulePredictions: readonly Prediction[] = [
  {
    id: "04-host-reads",
    question:
      "The host stored 0xcafe in page 5 and then delegated the page. It loads from it again: 0xcafe, 0, or fault?",
    answer: "fault",
    why: "The granule protection table gives every page to one physical address space, and a load that names another space does not reach memory. The host gets an exception, not data, and not zeros.",
    gaps: {
      "0xcafe":
        "The bytes are the host's own, but the page is not any more: the hardware looks at where it belongs, not at what is in it.",
      "0": "A read that gives zeros would look like data. The hardware raises an exception instead.",
    },
  },
  {
    id: "04-still-there",
    question: "Page 5 is delegated. A probe on the memory chips reads its first 8 bytes: 0xcafe or 0?",
    answer: "0xcafe",
    why: "Delegating changes two tables and no byte of the page. This RMM clears a page when it leaves DELEGATED, either for a use or back to the host. Older ones (1.0) cleared it on the way in; no software can tell the two apart.",
    gaps: {
      "0": "RMM 1.0 did so. Since 2025 TF-RMM clears later, when the page leaves DELEGATED: one pass over the page is then enough for all its uses.",
    },
  },
  {
    id: "04-after-undelegate",
    question:
      "Page 5 is undelegated without ever having been used. The host loads from it: 0xcafe, 0, or fault?",
    answer: "0",
    why: "UNDELEGATE clears the page before it hands it over, whatever it was used for. The RMM need not remember whether it held a secret.",
    gaps: {
      "0xcafe":
        "Nobody else touched the page, and still its content is gone: UNDELEGATE clears every page that leaves.",
      fault: "The page is in the Non-secure space again, so the host reaches it.",
    },
  },
  {
    id: "04-secure",
    question:
      "Page 8 belongs to the Secure world. The RMM's own table lists it as NS. Which status does RMI_GRANULE_DELEGATE give: 0 SUCCESS, 1 ERROR_INPUT, 2 ERROR_REALM, 3 ERROR_REC or 4 ERROR_RTT?",
    answer: "1",
    why: "The RMM finds the page NS in its own table and asks EL3 to move it. EL3 looks into the granule protection table, finds Secure, and refuses. The RMM passes that on as ERROR_INPUT, and nothing has changed.",
    gaps: {
      "0": "The RMM's table alone would allow it. But EL3 owns the other table, and moves a page to the Realm space only from the Non-secure one.",
      "2": "No realm is involved in this call. Everything that is not right about a granule is ERROR_INPUT.",
    },
  },
  {
    id: "04-destroyed",
    question:
      "RMI_DATA_DESTROY has taken page 6 away from the realm. The host loads from the page: its old content, 0, or fault?",
    answer: "fault",
    why: "DATA_DESTROY leads from DATA to DELEGATED, and a DELEGATED page is in the Realm space like any other that the RMM has. Only UNDELEGATE gives it back.",
    gaps: {
      "0": "That comes one call later. The page is DELEGATED now: no realm has it, and the host does not have it either.",
    },
  },
];
