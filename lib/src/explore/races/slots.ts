// SPDX-License-Identifier: MIT
import type { Race } from "../race.ts";
import { brokenRules } from "../rules.ts";
import { deleting, mapping, moving, requestOf, stage } from "./scene.ts";

/** SRCU is made for this one: a deletion waits for the readers of the slots. */
export const mapAgainstSlotDelete: Race = {
  id: "map-slot-delete",
  title: "Map against deleting a slot",
  question: "Can a mapping outlive the slot that it was made through?",
  actors: {
    M: "TSM_MAP of page 0 in slot 0 and page 1 in slot 1",
    S: "KVM_SET_USER_MEMORY_REGION2: slot 1 goes",
  },
  start(kernel) {
    const on = stage(kernel, { slots: [1, 1] });
    const tasks = { M: mapping(on, 0, 1), S: deleting(on, 1) };
    const mapsAlone = [requestOf("M", 0, 1)];
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results, mapsAlone }) };
  },
};

/** A slot with a guest_memfd cannot be moved by the rules; the kernel of 2025 does it all the same. */
export const mapAgainstSlotMove: Race = {
  id: "map-slot-move",
  title: "Map against moving a slot",
  question:
    "Can a mapping stay at the address that its slot has left? (The move alone leaves the guest_memfd pointing at a freed " +
    "slot: a bug of the base, fixed by 9935df5333aa in December 2025.)",
  actors: {
    M: "TSM_MAP of page 0 in slot 0",
    S: "KVM_SET_USER_MEMORY_REGION2: slot 0 moves, without its guest_memfd",
  },
  start(kernel) {
    const on = stage(kernel, { slots: [1] });
    const tasks = { M: mapping(on, 0, 0), S: moving(on, 0, 16) };
    const mapsAlone = [requestOf("M", 0, 0)];
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results, mapsAlone }) };
  },
};
