// SPDX-License-Identifier: MIT
import { readingGuest } from "../../user/guest.ts";
import type { Race } from "../race.ts";
import { brokenRules } from "../rules.ts";
import { converting, mapping, punching, RAM, running, stage, stageWithDma, writingByDma } from "./scene.ts";

/** A hole between the two who map: each of them may have another page for the same address. */
export const mapPunchFault: Race = {
  id: "map-punch-fault",
  title: "Map, punch hole and a vCPU fault",
  question: "What happens when ioctl and fault hold two different pages for one address?",
  actors: {
    M: "TSM_MAP of page 0",
    P: "fallocate(PUNCH_HOLE) on the guest_memfd, page 0",
    V: "KVM_RUN: the guest reads page 0, until its fault was handled once",
  },
  start(kernel) {
    const on = stage(kernel, { slots: [1], guest: readingGuest([RAM], { read: [] }) });
    const tasks = { M: mapping(on, 0, 0), P: punching(on, 0, 0), V: running(on, 1) };
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results }) };
  },
};

/** Two maps and a conversion. */
export const mapMapToShared: Race = {
  id: "map-map-to-shared",
  title: "Two maps and a change to shared",
  question: "Does a second map change what a conversion leaves behind?",
  actors: {
    A: "KVM_SET_MEMORY_ATTRIBUTES: page 0 becomes shared",
    M: "TSM_MAP of page 0",
    N: "TSM_MAP of page 0",
  },
  start(kernel) {
    const on = stage(kernel, { slots: [1] });
    const tasks = { A: converting(on, 0, 0, "shared"), M: mapping(on, 0, 0), N: mapping(on, 0, 0) };
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results }) };
  },
};

/** A device that does not wait for the ioctl, and a VMM that takes the memory away. */
export const mapDmaPunch: Race = {
  id: "map-dma-punch",
  title: "Map, DMA and punch hole",
  question: "Can a DMA land in a page that is not, or no more, the realm's?",
  actors: {
    D: "the device writes to page 0",
    M: "TSM_MAP of page 0",
    P: "fallocate(PUNCH_HOLE) on the guest_memfd, page 0",
  },
  start(kernel) {
    const on = stageWithDma(kernel, 1);
    const tasks = { D: writingByDma(on, 0, 0), M: mapping(on, 0, 0), P: punching(on, 0, 0) };
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results }) };
  },
};
