// SPDX-License-Identifier: MIT
import { playRace } from "../../lib/src/explore/game.ts";
import { scheduleOf } from "../../lib/src/explore/schedule-text.ts";
import type { RaceReply, RaceRequest, RaceShown } from "./race-protocol.ts";

/** The worker behind the page of the races: plays a schedule from the start and tells how things stand. */
addEventListener("message", ({ data }: MessageEvent<RaceRequest>) => {
  postMessage(reply(data));
});

function reply(request: RaceRequest): RaceReply {
  try {
    return { id: request.id, shown: shown(request) };
  } catch (error) {
    return { id: request.id, problem: error instanceof Error ? error.message : String(error) };
  }
}

function shown({ race, kernel, schedule, hint }: RaceRequest): RaceShown {
  const game = playRace(race, kernel, schedule);
  if (hint) game.hint();
  const { question } = game.race;
  const turns = game.turns.map(({ actor, place, actions, changed }) => ({
    actor,
    ...(place && { place: `${place.name}, ${place.source}` }),
    actions,
    changed: changed.map(({ what, before, after }) => ({ what, before, after })),
  }));
  const { message, outcome, broken, actors, state } = game;
  return {
    question,
    message,
    outcome,
    broken,
    actors,
    turns,
    state,
    schedule: scheduleOf(game.schedule),
    counted: game.schedule,
  };
}
