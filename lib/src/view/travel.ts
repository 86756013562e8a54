// SPDX-License-Identifier: MIT
import { Displayable, type MimeBundle } from "../base/displayable.ts";
import { plural } from "../base/plural.ts";
import type { TraceEvent } from "../base/trace.ts";
import { showDiff } from "./change.ts";
import { compareStates, factWords } from "./compare.ts";
import { Picture } from "./display.ts";
import { actorOf, eventText } from "./event-text.ts";
import { type HostState, hostState } from "./facts.ts";
import type { Subject } from "./find.ts";
import { showGranules } from "./granules.ts";
import { CHANGE_SIGNS } from "./language.ts";
import { type Nested, nest } from "./nesting.ts";
import { showRtt } from "./rtt.ts";
import { BODY_TOP, card, label, MARGIN, textWidth } from "./svg.ts";
import { textTable } from "./table.ts";
import { travelHtml } from "./travel-html.ts";
import { decodeParts, PartTable, svgParts, type TravelRecord, type TravelStep } from "./travel-record.ts";

/** Draws a picture of a host. It must only look: a picture that makes calls would change what it shows. */
export type View = (host: Subject) => Picture;

/** What is recorded of a run. */
export interface TravelOptions {
  /** Heading. @default "Step by step" */
  readonly title?: string;
  /** Pictures by name. @default the realm's tables, and memory */
  readonly views?: Readonly<Record<string, View>>;
  /** Which events make a step. @default all */
  readonly at?: (event: TraceEvent) => boolean;
  /** Most steps that are kept. @default 300 */
  readonly maxSteps?: number;
  /** Most characters that the pictures may take together. @default 1 000 000 */
  readonly maxSize?: number;
}

/** Gives a name to this moment of the run. */
export type Checkpoint = (name: string) => void;

const DEFAULT_VIEWS: Readonly<Record<string, View>> = {
  "realm tables": (host) => showRtt(host),
  memory: (host) => showGranules(host),
};

const MAX_STEPS = 300;
const MAX_SIZE = 1_000_000;
/** Differences that are told of one step in the table. */
const MOST_CHANGES = 6;

/** A moment that is being recorded. */
interface Moment {
  /** What happened; nothing at the start, at a second name for a moment, and at the end of a full record. */
  readonly event?: TraceEvent;
  checkpoint?: string;
}

/** How many calls are around each event. */
function depthsOf(nested: readonly Nested[], depth = 0): [TraceEvent, number][] {
  return nested.flatMap(({ event, inside }) => [[event, depth], ...depthsOf(inside, depth + 1)]);
}

/** A moment with its pictures. */
type Taken = Moment & Pick<TravelStep, "svg" | "text" | "facts">;

/** Events that tell of themselves when everything they did is done; others do so before, or in the middle of it. */
const COMPLETE: readonly TraceEvent["kind"][] = ["syscall", "smc", "access"];

/**
 * Takes the pictures of a run: after a call that has returned at once, after any other event when the next one begins.
 */
class Recorder {
  readonly table = new PartTable();
  readonly states: HostState[] = [];
  readonly #host: Subject;
  readonly #views: Readonly<Record<string, View>>;
  readonly #at: (event: TraceEvent) => boolean;
  readonly #maxSteps: number;
  readonly #maxSize: number;
  readonly #taken: Taken[] = [];
  /** What waits for its pictures. */
  #moment: Moment | undefined = {};
  #drawing = false;
  /** Events that came after the record was full. */
  left = 0;

  constructor(host: Subject, options: TravelOptions) {
    this.#host = host;
    this.#views = options.views ?? DEFAULT_VIEWS;
    this.#at = options.at ?? ((): boolean => true);
    this.#maxSteps = options.maxSteps ?? MAX_STEPS;
    this.#maxSize = options.maxSize ?? MAX_SIZE;
  }

  get #full(): boolean {
    // One step is kept for the end.
    return this.#taken.length >= this.#maxSteps - 1 || this.table.size >= this.#maxSize;
  }

  event(event: TraceEvent): void {
    if (this.#drawing)
      throw new Error(`a picture of timeTravel must only look; one of them caused the event ${event.name}`);
    if (!this.#at(event)) return;
    this.#settle();
    this.#moment = { event };
    if (COMPLETE.includes(event.kind)) this.#settle();
  }

  /** Draws the start, before anything has happened. */
  begin(): void {
    this.#settle();
  }

  checkpoint(name: string): void {
    const last = this.#taken.at(-1);
    // A call that has just returned has its pictures already.
    if (
      this.#moment === undefined &&
      last !== undefined &&
      last.checkpoint === undefined &&
      this.left === 0
    ) {
      last.checkpoint = name;
      return;
    }
    this.#moment = { ...this.#moment, checkpoint: name };
    this.#settle();
  }

  /** Draws what waits, unless the record is full. A step with a name is always kept. */
  #settle(): void {
    const moment = this.#moment;
    this.#moment = undefined;
    if (moment === undefined) return;
    if (this.#full && moment.checkpoint === undefined) this.left++;
    else this.#take(moment);
  }

  /** Ends the record with a step that shows the end of the run. */
  end(): TravelStep[] {
    if (this.left > 0) this.#take(this.#moment ?? {});
    else this.#settle();
    const depths = new Map(depthsOf(nest(this.#taken.flatMap(({ event }) => event ?? []))));
    return this.#taken.map(({ event, ...step }, i) => {
      const label = i === 0 ? "start" : i === this.#taken.length - 1 ? "the end" : "checkpoint";
      if (event === undefined) return { ...step, label, actor: "", depth: 0 };
      return { ...step, label: eventText(event), actor: actorOf(event), depth: depths.get(event) ?? 0 };
    });
  }

  #take(moment: Moment): void {
    this.#drawing = true;
    try {
      const state = hostState(this.#host);
      const pictures = Object.entries(this.#views).map(([name, view]): [string, Picture] => [
        name,
        drawn(view, this.#host, name),
      ]);
      const code = (lines: (picture: Picture) => readonly string[]): Record<string, string> =>
        Object.fromEntries(pictures.map(([name, picture]) => [name, this.table.encode(lines(picture))]));
      this.#taken.push({
        ...moment,
        svg: code(({ svg }) => svgParts(svg)),
        text: code(({ text }) => text.split("\n")),
        facts: this.table.encode([...state.values()].map((fact) => factWords(fact).join("\t"))),
      });
      this.states.push(state);
    } finally {
      this.#drawing = false;
    }
  }
}

/** A picture, or the sentence why there is none yet. */
function drawn(view: View, host: Subject, name: string): Picture {
  try {
    return view(host);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const text = `${name}\n${error.message}`;
    const width = Math.max(textWidth(error.message), textWidth(name, 15, false)) + 2 * MARGIN;
    return new Picture(
      card(name, text, width, BODY_TOP + 30, label(MARGIN, BODY_TOP + 10, error.message)),
      text,
    );
  }
}

/**
 * A run that can be gone through forward and back, with its pictures in step. A notebook shows it with buttons, a
 * slider and arrow keys; everything else shows a table of its steps.
 */
export class TimeTravel extends Displayable {
  /** The run as data, for a page to show or a file to keep. */
  readonly record: TravelRecord;
  readonly #states: readonly HostState[];

  constructor(record: TravelRecord, states: readonly HostState[]) {
    super();
    this.record = record;
    this.#states = states;
  }

  /** Number of the last step; the first is 0, before anything happened. */
  get last(): number {
    return this.record.steps.length - 1;
  }

  get text(): string {
    const { title, cut, steps } = this.record;
    return textTable({
      title: `${title}: ${plural(steps.length, "step")}`,
      notes: cut === undefined ? [] : [cut],
      head: ["step", "who", "what happened"],
      rows: steps.map(({ label: what, actor, checkpoint }, i) => [
        String(i),
        actor === "" ? "-" : actor,
        checkpoint === undefined ? what : `${what} [${checkpoint}]`,
      ]),
    });
  }

  /** Number of a step, given by itself or by the name of its checkpoint. */
  #numberOf(step: number | string): number {
    const number =
      typeof step === "number" ? step : this.record.steps.findIndex(({ checkpoint }) => checkpoint === step);
    if (Number.isInteger(number) && number >= 0 && number <= this.last) return number;
    const names = this.record.steps.flatMap(({ checkpoint }) =>
      checkpoint === undefined ? [] : [checkpoint],
    );
    throw new RangeError(
      `there is no step ${step}; steps go from 0 to ${this.last}${
        names.length === 0 ? "" : `, checkpoints are ${names.join(", ")}`
      }`,
    );
  }

  /**
   * A picture as it was at a step.
   *
   * @param step number, or name of a checkpoint
   * @param view name of the picture; the first one without it
   */
  picture(step: number | string, view: string = this.record.views[0] ?? ""): Picture {
    const { svg, text } = this.record.steps[this.#numberOf(step)] as TravelStep;
    const [drawing, words] = [svg[view], text[view]];
    if (drawing === undefined || words === undefined)
      throw new RangeError(`there is no picture "${view}"; there are ${this.record.views.join(", ")}`);
    const { parts } = this.record;
    return new Picture(decodeParts(parts, drawing).join(""), decodeParts(parts, words).join("\n"));
  }

  /**
   * What changed from one step to another.
   *
   * @param from number, or name of a checkpoint
   * @param to the same. @default the step after `from`
   */
  changes(from: number | string, to: number | string = this.#numberOf(from) + 1): Picture {
    const [before, after] = [this.#numberOf(from), this.#numberOf(to)];
    return showDiff(this.#states[before] as HostState, this.#states[after] as HostState, {
      title: `What changed from step ${before} to step ${after}`,
    });
  }

  /** What changed at each step, in words; nothing for the first. */
  #changed(): string[] {
    return this.#states.map((state, i) => {
      const before = this.#states[i - 1];
      if (before === undefined) return "";
      const lines = compareStates(before, state).map(
        ({ change, what, before: was, after }) => `${CHANGE_SIGNS[change]} ${what}: ${was} => ${after}`,
      );
      const more = lines.length - MOST_CHANGES;
      return [...lines.slice(0, MOST_CHANGES), ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
    });
  }

  override bundle(): MimeBundle {
    return { "text/html": travelHtml(this.record, this.#changed()), "text/plain": this.text };
  }
}

/**
 * Records a run: after each event of the trace the pictures are drawn and the state is kept. Then the run can be gone
 * through forward and back.
 *
 * @param run what happens; it can give names to moments
 * @example
 * ```ts
 * timeTravel(host, (checkpoint) => {
 *   tsmMap(vmm, device, 0x8000_0000, 0x8000_2000);
 *   checkpoint("mapped");
 *   tsmMap(vmm, device, 0x8000_0000, 0x8000_2000);
 * }, { views: { file: showGuestMemfd, page: (host) => showHolders(host, pfn) } });
 * ```
 */
export function timeTravel(
  host: Subject,
  run: (checkpoint: Checkpoint) => unknown,
  options: TravelOptions = {},
): TimeTravel {
  const { title = "Step by step", views = DEFAULT_VIEWS, maxSteps = MAX_STEPS } = options;
  if (!(Number.isInteger(maxSteps) && maxSteps >= 2 && maxSteps <= 2000))
    throw new RangeError(`timeTravel: maxSteps is ${maxSteps}; it must be a whole number from 2 to 2000`);
  const recorder = new Recorder(host, options);
  const stop = host.kernel.trace.listen((event) => recorder.event(event));
  let steps: readonly TravelStep[];
  try {
    recorder.begin();
    run((name) => recorder.checkpoint(name));
    steps = recorder.end();
  } finally {
    stop();
  }
  const { left, table, states } = recorder;
  const record: TravelRecord = {
    title,
    views: Object.keys(views),
    parts: table.parts,
    steps,
    ...(left === 0
      ? {}
      : {
          cut: `The record was full after step ${steps.length - 2}; ${left} more events happened before the last step.`,
        }),
  };
  return new TimeTravel(record, states);
}
