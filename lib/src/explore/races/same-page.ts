// SPDX-License-Identifier: MIT
import { writingGuest } from "../../user/guest.ts";
import type { Race } from "../race.ts";
import { brokenRules, REALM_SECRET } from "../rules.ts";
import { mapping, RAM, requestOf, running, stage } from "./scene.ts";

/** Whoever comes second finds the page delegated, calls that success, and keeps a reference. */
export const mapAgainstFault: Race = {
  id: "map-fault",
  title: "Map against a vCPU fault on the same page",
  question: "Who owns the second reference when ioctl and fault map one page?",
  actors: { M: "TSM_MAP of page 0", V: "KVM_RUN: the guest writes to page 0" },
  start(kernel) {
    const on = stage(kernel, { slots: [1], guest: writingGuest([[RAM, REALM_SECRET]]) });
    const tasks = { M: mapping(on, 0, 0), V: running(on) };
    const staysMapped = [requestOf("M", 0, 0)];
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results, staysMapped }) };
  },
};

/** The same with two calls of the ioctl. */
export const mapAgainstMap: Race = {
  id: "map-map",
  title: "Two maps of the same range",
  question: "What does it cost to map a range twice, at once or one after the other?",
  actors: { M: "TSM_MAP of pages 0 and 1", N: "TSM_MAP of pages 0 and 1" },
  start(kernel) {
    const on = stage(kernel);
    const tasks = { M: mapping(on, 0, 1), N: mapping(on, 0, 1) };
    const staysMapped = [requestOf("M", 0, 1), requestOf("N", 0, 1)];
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results, staysMapped }) };
  },
};
