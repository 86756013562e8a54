// SPDX-License-Identifier: MIT

/** Version of the stored form. A later one is refused, so that an older course never spoils it. */
export const PROGRESS_VERSION = 1;

/** What is known of one exercise. */
export interface ExerciseProgress {
  /** An answer other than the starter's was checked. */
  readonly attempted: boolean;
  readonly accepted: boolean;
  /** Highest hint that was opened, from 0 to 3. */
  readonly hints: number;
}

/** What is known of one prediction. */
export interface PredictionProgress {
  /** The guess, as `normalised` writes it. */
  readonly guess: string;
  /** The machine said the same. */
  readonly right: boolean;
}

/** How far a learner got, by the ids of exercises and predictions; also of ids that this course does not know. */
export interface Progress {
  readonly exercises: ReadonlyMap<string, ExerciseProgress>;
  readonly predictions: ReadonlyMap<string, PredictionProgress>;
}

/** Nothing yet. */
export const NO_PROGRESS: Progress = { exercises: new Map(), predictions: new Map() };

/** Why a text is no progress, in words for a person. */
export class ProgressFormatError extends Error {
  override readonly name: string = "ProgressFormatError";
}

/** Progress as JSON, the same text for the same progress. */
export function writeProgress({ exercises, predictions }: Progress): string {
  const sorted = <T>(map: ReadonlyMap<string, T>): Record<string, T> =>
    Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  const stored = {
    version: PROGRESS_VERSION,
    exercises: sorted(exercises),
    predictions: sorted(predictions),
  };
  return `${JSON.stringify(stored, null, 2)}\n`;
}

/**
 * Reads what `writeProgress` wrote.
 *
 * @throws ProgressFormatError for anything else; its message ends the sentence "It cannot be read: ..."
 */
export function readProgress(text: string): Progress {
  const stored = recordOf(parsed(text), "the text");
  const { version } = stored;
  if (typeof version !== "number") throw new ProgressFormatError("it has no version number");
  if (version > PROGRESS_VERSION)
    throw new ProgressFormatError(
      `it has version ${version}, and this course knows versions up to ${PROGRESS_VERSION}; a newer course wrote it`,
    );
  return {
    exercises: entriesOf(stored, "exercises", exerciseOf),
    predictions: entriesOf(stored, "predictions", predictionOf),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProgressFormatError("it is not JSON, or only a part of it");
  }
}

function recordOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new ProgressFormatError(`${what} is not an object with names and values`);
}

function entriesOf<T>(
  stored: Record<string, unknown>,
  name: string,
  entryOf: (entry: Record<string, unknown>) => T | undefined,
): ReadonlyMap<string, T> {
  const entries = Object.entries(recordOf(stored[name], `"${name}"`));
  return new Map(
    entries.map(([id, value]) => {
      const entry = entryOf(recordOf(value, `the entry of "${id}"`));
      if (entry === undefined) throw new ProgressFormatError(`the entry of "${id}" in "${name}" is damaged`);
      return [id, entry];
    }),
  );
}

function exerciseOf({ attempted, accepted, hints }: Record<string, unknown>): ExerciseProgress | undefined {
  if (typeof attempted !== "boolean" || typeof accepted !== "boolean") return undefined;
  if (typeof hints !== "number" || ![0, 1, 2, 3].includes(hints)) return undefined;
  return { attempted, accepted, hints };
}

function predictionOf({ guess, right }: Record<string, unknown>): PredictionProgress | undefined {
  return typeof guess === "string" && typeof right === "boolean" ? { guess, right } : undefined;
}

/** Both together: what either of them has reached. Of two guesses the second one's counts, unless only the first was right. */
export function mergeProgress(first: Progress, second: Progress): Progress {
  const exercises = new Map(first.exercises);
  for (const [id, { attempted, accepted, hints }] of second.exercises) {
    const known = exercises.get(id);
    exercises.set(id, {
      attempted: attempted || known?.attempted === true,
      accepted: accepted || known?.accepted === true,
      hints: Math.max(hints, known?.hints ?? 0),
    });
  }
  const predictions = new Map(first.predictions);
  for (const [id, entry] of second.predictions) {
    if (entry.right || predictions.get(id)?.right !== true) predictions.set(id, entry);
  }
  return { exercises, predictions };
}
