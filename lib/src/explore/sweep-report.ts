// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../base/address.ts";
import { plural } from "../base/plural.ts";
import type { InjectionKind } from "../kernel/fault-injection.ts";
import type { KernelVariant } from "../kernel/variant.ts";
import { sweep } from "./fault-sweep.ts";
import { mappingsOf, realms } from "./mappings.ts";
import type { BrokenRule, Race } from "./race.ts";
import { mapping, RAM, requestOf, stage } from "./races/scene.ts";
import { RecordedRun, type RecordedTurn } from "./recorded-run.ts";
import { brokenRules } from "./rules.ts";

/** What is swept. */
export interface SweepOptions {
  /** @default "rfc-v1" */
  readonly kernel?: string | KernelVariant;
  /** Pages of the range that is mapped, 1 to 512. @default 3 */
  readonly pages?: number;
  /** What fails. @default all four kinds */
  readonly kinds?: readonly InjectionKind[];
}

/** One run of the ioctl in which one thing failed. */
export interface SweepRow {
  readonly kind: InjectionKind;
  /** Which opportunity of its kind failed, from 1. */
  readonly nth: number;
  /** The firmware call or the function that it failed in. */
  readonly step: string;
  /** What the ioctl returned: 0 or a negative errno. */
  readonly result: number;
  /** Pages of the range that are mapped afterwards. */
  readonly mapped: number;
  /** The rules that do not hold when the ioctl has returned. */
  readonly broken: readonly BrokenRule[];
  /** What is still lost after every file was closed: one sentence each. */
  readonly lost: readonly string[];
}

/** What came of failing every step in turn. */
export interface SweepReport {
  /** Name of the kernel. */
  readonly kernel: string;
  /** Pages that the ioctl was asked to map. */
  readonly pages: number;
  /** What was made to fail, whether the way has it or not. */
  readonly kinds: readonly InjectionKind[];
  /** What the ioctl returned when nothing failed. */
  readonly undisturbed: number;
  readonly rows: readonly SweepRow[];
}

const KINDS: readonly InjectionKind[] = ["alloc", "copy", "rmi", "lock"];
const MOST_PAGES = 512;

/** The ioctl with nobody else at work, on memory whose last table is still missing. */
function mapAlone(pages: number): Race {
  return {
    id: "map-alone",
    title: "Map with nobody else",
    question: "What is left behind when one step fails?",
    actors: { M: `TSM_MAP of ${plural(pages, "page")}` },
    start(kernel) {
      const on = stage(kernel, { slots: [MOST_PAGES], memory: (MOST_PAGES + 1024) * PAGE_SIZE });
      const request = requestOf("M", 0, pages - 1);
      const context = { mapsAlone: [request], staysMapped: [request] };
      return {
        host: on.host,
        tasks: { M: mapping(on, 0, pages - 1) },
        broken: (results) => brokenRules(on.host, { results, ...context }),
      };
    },
  };
}

/**
 * Maps a range again and again, and fails another step each time: every allocation, every copy from or to user
 * memory, every firmware call, every lock. Tells for each what the caller was told and what was left behind.
 *
 * @example
 * ```ts
 * sweepReport({ kinds: ["rmi"] }).rows.filter(({ result, broken }) => result === 0 && broken.length > 0);
 * ```
 */
export function sweepReport(options: SweepOptions = {}): SweepReport {
  const { kernel = "rfc-v1", pages = 3, kinds = KINDS } = options;
  if (!(Number.isInteger(pages) && pages >= 1 && pages <= MOST_PAGES))
    throw new RangeError(`sweepReport: pages is ${pages}; it must be a whole number from 1 to ${MOST_PAGES}`);
  const race = mapAlone(pages);
  const undisturbed = new RecordedRun(race, kernel).finish().results["M"] ?? 0;
  const rows = kinds.flatMap((kind) => sweepOf(kind, race, kernel));
  return { kernel: typeof kernel === "string" ? kernel : kernel.name, pages, kinds, undisturbed, rows };
}

function sweepOf(kind: InjectionKind, race: Race, kernel: string | KernelVariant): SweepRow[] {
  let run: RecordedRun | undefined;
  const prepare = (): RecordedRun["host"] => {
    run = new RecordedRun(race, kernel);
    return run.host;
  };
  const steps = sweep(kind, prepare, () => outcomeOf(kind, run as RecordedRun));
  return steps.map(({ nth, outcome }) => ({ kind, nth, ...outcome }));
}

function outcomeOf(kind: InjectionKind, run: RecordedRun): Omit<SweepRow, "kind" | "nth"> {
  const { host } = run;
  const { faults } = host.kernel;
  let entered: string | undefined;
  let failedIn: RecordedTurn | undefined;
  host.trace.listen(({ kind: what, name }) => {
    if (what === "call" && !faults.fired) entered = name;
  });
  while (!run.isOver) {
    run.step("M");
    if (faults.fired) failedIn ??= run.turns.at(-1);
  }
  const { broken } = run;
  const result = run.results["M"] ?? 0;
  const mapped = realms(host)
    .flatMap((kvm) => mappingsOf(host, kvm))
    .filter(({ gpa, shared }) => !shared && gpa >= RAM).length;
  const step = stepName(kind, failedIn, entered);
  faults.disarm();
  host.sys.exit();
  return { step, result, mapped, broken, lost: host.audit() };
}

/** A firmware call is known by the point before it; all else by the function that was entered last. */
function stepName(kind: InjectionKind, turn: RecordedTurn | undefined, entered: string | undefined): string {
  if (kind === "rmi" && turn?.began.startsWith("rmi ") === true) return turn.began.slice("rmi ".length);
  return entered ?? turn?.place?.name ?? "";
}
