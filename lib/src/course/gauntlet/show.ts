// SPDX-License-Identifier: MIT
import { Displayable, type MimeBundle } from "../../base/displayable.ts";
import { escapedHtml, htmlTable } from "../../view/html.ts";
import { textTable } from "../../view/table.ts";
import { wrap } from "../feedback.ts";
import type { GauntletResult, StageResult } from "./gauntlet.ts";

/** What became of a submission, for a person: points, the first problem, and every trial. */
class GauntletReport extends Displayable {
  readonly text: string;
  readonly #html: string;

  constructor(result: GauntletResult) {
    super();
    this.text = asText(result);
    this.#html = asHtml(result);
  }

  override bundle(): MimeBundle {
    return { "text/html": this.#html, "text/plain": this.text };
  }
}

/**
 * The report of a gauntlet: points for each stage, the first problem with the call that shows it, and below that each
 * trial with what became of it.
 *
 * @example
 * ```ts
 * showGauntlet(runGauntlet({ kvm_map_private_memory }));
 * ```
 */
export function showGauntlet(result: GauntletResult): Displayable {
  return new GauntletReport(result);
}

const HEAD = ["stage", "points", "trials passed"] as const;

function titleOf({ score }: GauntletResult): string {
  return `The gauntlet: ${score} of 100 points${score === 100 ? ". Your v2 passes" : ", not yet through"}`;
}

function stageRow({ stage, points, results }: StageResult): string[] {
  const passed = results.filter(({ miss }) => miss === undefined).length;
  const trials = results.length === 0 ? "not run" : `${passed} of ${stage.trials.length}`;
  return [stage.title, `${points} of ${stage.points}`, trials];
}

/** Name and text of each fact of the first problem. */
function factsOf({ first }: GauntletResult): readonly (readonly [string, string])[] {
  if (first === undefined) return [];
  const { call, expected, got, why } = first.miss;
  return [
    ["call", call],
    ["expected", expected],
    ["got", got],
    ["why", why],
  ];
}

/** A trial with what became of it. */
function trialRows({ stage, results }: StageResult): string[][] {
  return stage.trials.map((trial) => {
    const result = results.find((one) => one.trial === trial);
    const state = result === undefined ? "not run" : result.miss === undefined ? "passed" : "not yet";
    return [state, trial.title];
  });
}

function problemTitle({ first }: GauntletResult): string {
  return first === undefined ? "" : `The first problem: ${first.trial.title} (${first.stage.id})`;
}

function asText(result: GauntletResult): string {
  const table = textTable({ title: titleOf(result), head: HEAD, rows: result.stages.map(stageRow) });
  const facts = factsOf(result).flatMap(([name, text]) =>
    wrap(text, 84).map((line, i) => `  ${(i === 0 ? name : "").padEnd(10)}${line}`),
  );
  const problem = facts.length === 0 ? [] : ["", problemTitle(result), ...facts];
  const trials = result.stages.flatMap((one) => [
    "",
    one.stage.title,
    ...trialRows(one).map(([state = "", title]) => `  ${state.padEnd(9)}${title}`),
  ]);
  return [table, ...problem, ...trials].join("\n");
}

function asHtml(result: GauntletResult): string {
  const rows = result.stages.map((one) => stageRow(one).map(escapedHtml));
  const facts = factsOf(result).map(([name, text]) => `<dt>${name}</dt><dd>${escapedHtml(text)}</dd>`);
  const problem =
    facts.length === 0
      ? ""
      : `<p><strong>${escapedHtml(problemTitle(result))}</strong></p>\n<dl>${facts.join("")}</dl>\n`;
  const trials = result.stages.map((one) => {
    const items = trialRows(one).map(
      ([state = "", title = ""]) =>
        `<li>${state === "not yet" ? `<strong>${state}</strong>` : state}: ${escapedHtml(title)}</li>`,
    );
    return `<details><summary>${escapedHtml(one.stage.title)}</summary><ul>${items.join("")}</ul></details>`;
  });
  return `${htmlTable(titleOf(result), HEAD, rows)}\n${problem}${trials.join("\n")}`;
}
