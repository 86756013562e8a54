// SPDX-License-Identifier: MIT
import type { Race } from "../race.ts";
import { brokenRules } from "../rules.ts";
import { converting, mapping, requestOf, stage } from "./scene.ts";

/** The first question of the patch, in the direction that hurts. */
export const mapAgainstToShared: Race = {
  id: "map-to-shared",
  title: "Map against a change to shared",
  question: "Can memory be mapped as private whose attribute has become shared?",
  actors: { A: "KVM_SET_MEMORY_ATTRIBUTES: page 1 becomes shared", M: "TSM_MAP of pages 0 and 1" },
  start(kernel) {
    const on = stage(kernel);
    const tasks = { A: converting(on, 1, 1, "shared"), M: mapping(on, 0, 1) };
    const mapsAlone = [requestOf("M", 0, 1)];
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results, mapsAlone }) };
  },
};

/** The other direction. */
export const mapAgainstToPrivate: Race = {
  id: "map-to-private",
  title: "Map against a change to private",
  question: "Does it matter whether memory is mapped before or after it becomes private?",
  actors: { A: "KVM_SET_MEMORY_ATTRIBUTES: page 1 becomes private", M: "TSM_MAP of page 1" },
  start(kernel) {
    const on = stage(kernel, { shared: true });
    const tasks = { A: converting(on, 1, 1, "private"), M: mapping(on, 1, 1) };
    const context = { mapsAlone: [requestOf("M", 1, 1)], staysMapped: [requestOf("M", 1, 1)] };
    return { host: on.host, tasks, broken: (results) => brokenRules(on.host, { results, ...context }) };
  },
};
