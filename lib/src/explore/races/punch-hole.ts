// SPDX-License-Identifier: MIT
import { readingGuest } from "../../user/guest.ts";
import type { Race } from "../race.ts";
import { brokenRules } from "../rules.ts";
import { mapping, punching, RAM, requestOf, running, stage } from "./scene.ts";

const PUNCH = "fallocate(PUNCH_HOLE) on the guest_memfd";

/** The second question of the patch: what happens to a page that is taken away between look-up and mapping. */
export const mapAgainstPunch: Race = {
  id: "map-punch",
  title: "Map against punch hole",
  question: "Can a page be mapped that a hole has already removed from the file?",
  actors: { M: "TSM_MAP of page 0", P: `${PUNCH}, page 0` },
  start(kernel) {
    const on = stage(kernel, { slots: [1] });
    const tasks = { M: mapping(on, 0, 0), P: punching(on, 0, 0) };
    const mapsAlone = [requestOf("M", 0, 0)];
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results, mapsAlone }) };
  },
};

/** Tables that are made for one page may be folded away by somebody who unmaps another. */
export const mapAgainstFold: Race = {
  id: "map-fold",
  title: "Map against a fold by unmapping",
  question: "Can unmapping fold the table that mapping has just made, before it is used?",
  actors: { M: "TSM_MAP of page 0 of 2 MiB without a table", P: `${PUNCH}, page 1 (nothing is there)` },
  start(kernel) {
    const on = stage(kernel, { slots: [512] });
    const tasks = { M: mapping(on, 0, 0), P: punching(on, 1, 1) };
    const context = { mapsAlone: [requestOf("M", 0, 0)], staysMapped: [requestOf("M", 0, 0)] };
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results, ...context }) };
  },
};

/** The control: the same race without the patch, in the fault path that it copies. */
export const faultAgainstPunch: Race = {
  id: "fault-punch",
  title: "A vCPU fault against punch hole, without the patch",
  question: "Does the fault path of the base have the race that the patch has?",
  actors: { P: `${PUNCH}, page 0`, V: "KVM_RUN: the guest reads page 0" },
  start(kernel) {
    const on = stage(kernel, { slots: [1], guest: readingGuest([RAM], { read: [] }) });
    const tasks = { P: punching(on, 0, 0), V: running(on) };
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results }) };
  },
};
