// SPDX-License-Identifier: MIT

/** A game as its link has it: `#race=map-punch&kernel=rfc-v1&schedule=M5P8`. */
export interface LinkedGame {
  readonly race: string;
  readonly kernel: string;
  readonly schedule: string;
}

/** What is wrong with a link, for a person, and the part of it that can be used. */
export interface BrokenLink {
  readonly problem: string;
  readonly usable: LinkedGame;
}

/**
 * Reads the part of an address after `#`. Undefined when it names no game at all.
 *
 * @param known ids of races and names of kernels; the first of each is the default
 */
export function readLink(
  hash: string,
  known: { readonly races: readonly string[]; readonly kernels: readonly string[] },
): LinkedGame | BrokenLink | undefined {
  if (!hash.includes("race=")) return undefined;
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const [firstRace = "", firstKernel = ""] = [known.races[0], known.kernels[0]];
  const race = parts.get("race") ?? "";
  const kernel = parts.get("kernel") ?? firstKernel;
  const schedule = parts.get("schedule") ?? "";
  const hasRace = known.races.includes(race);
  const hasKernel = known.kernels.includes(kernel);
  const hasSchedule = /^(?:[A-Za-z](?:[1-9]\d{0,3})?[\s+]*)*$/.test(schedule);
  const wrong = [
    ...(hasRace ? [] : [`there is no race "${race.slice(0, 40)}"`]),
    ...(hasKernel ? [] : [`there is no kernel "${kernel.slice(0, 40)}"`]),
    ...(hasSchedule ? [] : [`"${schedule.slice(0, 40)}" is no schedule; one looks like M5P8`]),
  ];
  if (wrong.length === 0) return { race, kernel, schedule };
  return {
    problem: `This link cannot be opened as it is: ${wrong.join(", and ")}.`,
    usable: {
      race: hasRace ? race : firstRace,
      kernel: hasKernel ? kernel : firstKernel,
      schedule: hasRace && hasSchedule ? schedule : "",
    },
  };
}

/** The part after `#` for a game. */
export function linkOf({ race, kernel, schedule }: LinkedGame): string {
  const counted = schedule.replace(/(.)\1+/g, (run) => `${run[0]}${run.length}`);
  const kernelText = encodeURIComponent(kernel);
  return `#race=${encodeURIComponent(race)}&kernel=${kernelText}${counted === "" ? "" : `&schedule=${counted}`}`;
}
