// SPDX-License-Identifier: MIT
import { designOf } from "../designs/all.ts";
import { total } from "../designs/call-counter.ts";
import { momentTable } from "../designs/moment-table.ts";
import { playScenario } from "../designs/play.ts";
import type { Played } from "../designs/scenario.ts";
import { scenarioOf } from "../designs/scenarios/all.ts";
import type { Problem } from "./exercise.ts";

/** What a line says about a run, in a standard form that is the same for the same statement; or what is not right. */
export type Judged = string | Problem;

/** Runs are the same each time, so each is played once. */
const played = new Map<string, Played>();

/** A run of a design in a scenario, by their ids. */
export function runOf(design: string, scenario: string): Played {
  const key = `${design} ${scenario}`;
  const known = played.get(key);
  if (known !== undefined) return known;
  const run = playScenario(designOf(design), scenarioOf(scenario));
  played.set(key, run);
  return run;
}

/** How people say that a DMA did not arrive. */
const REFUSED =
  /\b(does not|did not|doesn't|didn't|never|cannot|can no longer) (land|lands|arrive|get through)\b/g;
const REFUSED_SO = /\b(is|was|gets) refused\b/g;
const FOUND = /(\d+) found|\b(clean)\b/;

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[`"*]/g, "")
    .replace(REFUSED, "refused")
    .replace(REFUSED_SO, "refused")
    .replace(/\s+/g, " ");
}

interface Statement {
  /** What it is about, as the tables name it. */
  readonly about: string;
  readonly said: string;
  readonly truth: string;
}

function agrees({ said, truth }: Statement): boolean {
  return said === truth || (said === "refused" && truth.startsWith("refused "));
}

/** Every outcome that DMA or a call can have, longest first, so that "lands in an orphan" is not read as "lands". */
const OUTCOMES: readonly string[] = [
  "lands in a page without a slot",
  "lands in another process",
  "lands in a free frame",
  "lands in an orphan",
  "lands",
  "refused (granule protection fault)",
  "refused (ownership fault)",
  "refused (f_translation)",
  "refused",
];
const ERRNO = /(?<!\w)-e[a-z0-9]{3,}/;

/** The first outcome that a text names. */
function outcomeIn(text: string): string | undefined {
  const at = (outcome: string): number => text.search(new RegExp(`\\b${outcome.replace(/[()]/g, "\\$&")}`));
  const found = OUTCOMES.filter((outcome) => at(outcome) >= 0);
  const first = found.sort((a, b) => at(a) - at(b) || b.length - a.length)[0];
  return first ?? ERRNO.exec(text)?.[0] ?? /\bok\b/.exec(text)?.[0];
}

/** Statements about moments that the line names. */
function aboutMoments(run: Played, line: string): Statement[] {
  const moments = momentTable([run]).map(({ moment, cells }) => ({
    name: plain(moment).replace(/^vmm: /, ""),
    about: moment,
    truth: plain(cells[0] ?? ""),
  }));
  const named = moments
    .map((moment) => ({ ...moment, at: line.search(new RegExp(`${escaped(moment.name)}(?![\\w-])`)) }))
    .filter(({ at }) => at >= 0)
    // "private DMA after" is part of "private DMA after the hole": the longer name is meant.
    .filter((one, _, all) => !all.some((other) => other.at === one.at && other.name.length > one.name.length))
    .sort((a, b) => a.at - b.at);
  return named.flatMap(({ name, about, truth, at }, n) => {
    const rest = line.slice(at + name.length, named[n + 1]?.at);
    const said =
      about.startsWith("private") || about.startsWith("shared") || about.startsWith("VMM")
        ? outcomeIn(rest)
        : rest.includes(truth) && truth !== ""
          ? truth
          : /[a-z0-9][a-z0-9, ]*/.exec(rest)?.[0]?.trim();
    return said === undefined ? [] : [{ about, said, truth }];
  });
}

/** Statements about counts: calls, warnings, and what the audit finds. */
function aboutCounts(run: Played, line: string): Statement[] {
  const counts = [
    ["system calls", total(run.systemCalls)],
    ["firmware calls", total(run.firmwareCalls)],
    ["warnings", run.warnings.length],
  ] as const;
  const counted = counts.flatMap(([name, truth]) => {
    const said = new RegExp(`(\\d+) ${name.slice(0, -1)}`).exec(line)?.[1];
    return said === undefined ? [] : [{ about: name, said, truth: String(truth) }];
  });
  const audit = line.includes("audit") ? FOUND.exec(line) : null;
  const truth = run.audit.length === 0 ? "clean" : `${run.audit.length} found`;
  return audit === null ? counted : [...counted, { about: "audit at the end", said: audit[0], truth }];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/**
 * Compares what a line says about a run with the run. A line that names a moment of the scenario, as the tables do, is
 * held to that moment; counts are held to the counts.
 *
 * @param design id of a design
 * @param scenario id of a scenario
 */
export function judgeEvidence(design: string, scenario: string, line: string): Judged {
  const run = runOf(design, scenario);
  const text = plain(line);
  const statements = [...aboutMoments(run, text), ...aboutCounts(run, text)];
  if (statements.length === 0) {
    const [first] = momentTable([run]);
    return {
      id: "nothing-to-check",
      message:
        "This line names a run, but says nothing that the run could confirm: a moment of it with its outcome, or a number of calls.",
      expected: `for example: ${design}, ${scenario}: ${first?.moment.replace("VMM: ", "")} ${first?.cells[0]}`,
    };
  }
  const contradiction = statements.find((statement) => !agrees(statement));
  if (contradiction !== undefined) {
    const { about, said, truth } = contradiction;
    return {
      id: "contradicts",
      message: `The run of ${design} in ${scenario} says something else. A reviewer who runs it stops reading here.`,
      expected: `${about}: ${truth}`,
      came: said,
    };
  }
  return `${design} ${scenario} ${statements.map(({ about, truth }) => `${about}: ${truth}`).join("; ")}`;
}
