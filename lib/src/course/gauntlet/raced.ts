// SPDX-License-Identifier: MIT
import { explore } from "../../explore/explore.ts";
import { realms } from "../../explore/mappings.ts";
import type { Race } from "../../explore/race.ts";
import { raceById } from "../../explore/races/catalogue.ts";
import { mapping, stage } from "../../explore/races/scene.ts";
import { ruleById } from "../../explore/rules.ts";
import { runLengths } from "../../explore/schedule-text.ts";
import { runCall } from "./run-call.ts";
import { type Miss, notAFunction, type OnTrial, type Trial } from "./trial.ts";

/** Schedules after which a race counts as one that was not explored to its end. */
const MOST_SCHEDULES = 4000;

/** The races of the gauntlet: those of two actors that the function decides, and not the fault path of the base. */
const RACES: readonly string[] = [
  "map-punch",
  "map-to-shared",
  "map-to-private",
  "map-map",
  "map-slot-delete",
  "map-gmem-close",
  "map-fold",
  "map-vdevice-destroy",
];

const SAMPLED = "kvm->mmu_invalidate_seq";
const LOOKED_UP = "kvm_gmem_get_pfn";

function lost(race: Race, { kernel }: OnTrial): Miss | undefined {
  const { verdict, broken, schedules, why } = explore(race, { kernel, maxSchedules: MOST_SCHEDULES });
  const nonsense = broken.find(({ rule }) => rule === "not-a-task");
  if (nonsense !== undefined) return notAFunction(race.title, nonsense.text);
  const [failure] = broken;
  if (failure !== undefined) {
    const known = failure.rule === "deadlock" ? undefined : ruleById(failure.rule);
    return {
      call: `explore(raceById("${race.id}")), schedule ${runLengths(failure.schedule)}`,
      expected: known?.title ?? "everybody comes to an end",
      got: failure.text,
      why: known?.text ?? "Tasks wait for each other and none can go on.",
      rule: failure.rule,
    };
  }
  if (verdict !== "unfinished") return undefined;
  return {
    call: race.title,
    expected: `all schedules tried within ${MOST_SCHEDULES}`,
    got: `${schedules} tried; ${why ?? "not all"}`,
    why: "Nothing broke so far, but not every order was tried, so nothing is claimed.",
  };
}

/** Trial of a race, by its id. */
export function raceTrial(id: string): Trial {
  const race = raceById(id);
  const play: Trial["play"] = (onTrial) =>
    lost(race, onTrial) ?? (id === "map-punch" ? sampledLate(onTrial) : undefined);
  return { id, title: race.title, play };
}

/**
 * A look at the sequence number after the look-up, in a call where nobody takes anything away.
 *
 * Tasks change over at scheduling points only, and a plain look at a number is none. So a number that is sampled right
 * behind the look-up is one step with it here, and is not in a kernel: the order is asked for by itself.
 */
function sampledLate({ kernel }: OnTrial): Miss | undefined {
  const on = stage(kernel);
  const order: string[] = [];
  for (const kvm of realms(on.host)) {
    const sequence = kvm.mmu_invalidate_seq;
    Object.defineProperty(kvm, "mmu_invalidate_seq", {
      get: () => {
        order.push(SAMPLED);
        return sequence;
      },
    });
  }
  const stop = on.host.trace.listen(({ kind, name }) => {
    if (kind === "call" && name === LOOKED_UP) order.push(name);
  });
  runCall(on.host, mapping(on, 0, 0));
  stop();
  if (!order.includes(SAMPLED) || order.indexOf(SAMPLED) < order.indexOf(LOOKED_UP)) return undefined;
  return {
    call: "map page 0, with nobody else at work",
    expected: `${SAMPLED} is sampled before ${LOOKED_UP}`,
    got: "it is sampled after it",
    why: "A page that is taken away between the look-up and the sample is not noticed: the number has moved already.",
    rule: "sampled-late",
  };
}

/** Every order of steps of the function and of whoever takes memory away. */
export const raceTrials: readonly Trial[] = RACES.map((id) => raceTrial(id));
