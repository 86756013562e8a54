// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EXERCISES, PREDICTIONS } from "../../lib/src/course/catalogue.ts";
import { Course } from "../../lib/src/course/course.ts";
import {
  type ExerciseProgress,
  mergeProgress,
  type Progress,
  readProgress,
  writeProgress,
} from "../../lib/src/course/progress.ts";
import { browserStore, type ProgressStore } from "../../lib/src/course/progress-store.ts";

const ID = "01-which-slot";
const RIGHT = [0, 0, "none", "none", 7, "none"];

/** A browser's storage, as a map. */
function storage(content: Record<string, string> = {}) {
  const entries = new Map(Object.entries(content));
  return {
    entries,
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
  };
}

const courseWith = (store?: ProgressStore): Course => new Course(EXERCISES, PREDICTIONS, store);
const stateOf = (course: Course, id: string): string | undefined =>
  new RegExp(`${id} +(.+)$`, "m").exec(course.progress().text)?.[1];

describe("progress with a store", () => {
  it("lasts from one kernel to the next: answers, hints and guesses", () => {
    const { entries, ...kept } = storage();
    const first = courseWith(browserStore(kept));
    first.check(ID, RIGHT);
    first.check("01-write-lookup", () => 1);
    first.hint("01-write-lookup");
    first.predict("01-overlap", "EINVAL");

    const second = courseWith(browserStore(kept));

    expect(stateOf(second, ID)).toBe("accepted");
    expect(stateOf(second, "01-write-lookup")).toBe("not yet");
    expect(second.hint("01-write-lookup").text).toMatch(/^Hint 2 of 3/);
    expect(second.solution("01-write-lookup").text).toMatch(/^One solution/);
    expect(second.reveal("01-overlap", -17).text).toContain("You said -EINVAL.");
    expect([...entries.keys()]).toEqual(["tsm-map-progress"]);
  });

  it("is shared by two notebooks that are open at the same time", () => {
    const kept = storage();
    const [one, two] = [courseWith(browserStore(kept)), courseWith(browserStore(kept))];

    one.check(ID, RIGHT);
    two.predict("01-overlap", "EINVAL");
    one.predict("01-end", "none");

    expect([ID, "01-overlap", "01-end"].map((id) => stateOf(two, id))).toEqual([
      "accepted",
      "guessed",
      "guessed",
    ]);
  });

  it("writes nothing as long as only untouched starters and question marks are run", () => {
    const { entries, ...kept } = storage();
    const course = courseWith(browserStore(kept));

    course.check(
      ID,
      RIGHT.map(() => "?"),
    );
    course.predict("01-overlap", "?");
    course.reveal("01-overlap", -17);

    expect([...entries]).toEqual([]);
  });

  it("keeps what it does not know, such as the exercises of a newer notebook", () => {
    const newer = {
      version: 1,
      exercises: { "99-new": { attempted: true, accepted: true, hints: 0 } },
      predictions: {},
    };
    const { entries, ...kept } = storage({ "tsm-map-progress": JSON.stringify(newer) });

    courseWith(browserStore(kept)).check(ID, RIGHT);

    expect([...readProgress(entries.get("tsm-map-progress") ?? "").exercises.keys()]).toEqual([ID, "99-new"]);
  });
});

describe("stored progress that cannot be read", () => {
  it.each([
    ["", "it is not JSON, or only a part of it"],
    ['{"version": 1, "exerc', "it is not JSON, or only a part of it"],
    ["[]", "the text is not an object with names and values"],
    ["{}", "it has no version number"],
    ['{"version": 2}', "it has version 2, and this course knows versions up to 1; a newer course wrote it"],
    ['{"version": 1, "exercises": []}', '"exercises" is not an object with names and values'],
    [
      '{"version": 1, "exercises": {"a": {"attempted": 1}}, "predictions": {}}',
      'the entry of "a" in "exercises" is damaged',
    ],
    [
      '{"version": 1, "exercises": {}, "predictions": {"b": null}}',
      'the entry of "b" is not an object with names and values',
    ],
  ])("%s is set aside with a message, and the course goes on", (text, reason) => {
    const { entries, ...kept } = storage({ "tsm-map-progress": text });
    const course = courseWith(browserStore(kept));

    course.check(ID, RIGHT);

    expect(entries.get("tsm-map-progress.unreadable-1")).toBe(text);
    expect(course.progress().text.replaceAll("\n", " ")).toContain(
      `The stored progress cannot be read: ${reason}. It is kept as tsm-map-progress.unreadable-1,`,
    );
    expect(stateOf(courseWith(browserStore(kept)), ID)).toBe("accepted");
  });

  it("does not replace an older one that was set aside", () => {
    const { entries, ...kept } = storage({ "tsm-map-progress": "b", "tsm-map-progress.unreadable-1": "a" });

    courseWith(browserStore(kept)).progress();

    expect([1, 2].map((n) => entries.get(`tsm-map-progress.unreadable-${n}`))).toEqual(["a", "b"]);
  });

  it("is never written over when it cannot be set aside", () => {
    const written: string[] = [];
    const course = courseWith({
      read: () => "spoiled",
      write: (text) => void written.push(text),
      setAside: () => {
        throw new Error("the disk is full");
      },
    });

    course.check(ID, RIGHT);

    expect(written).toEqual([]);
    expect(stateOf(course, ID)).toBe("accepted");
    expect(course.progress().text.replaceAll("\n", " ")).toMatch(/nor put aside: the disk is full/);
  });
});

describe("a store that does not work", () => {
  it.each(["read", "write"] as const)("that cannot %s leaves progress in memory and says so", (what) => {
    const broken = {
      ...browserStore(storage()),
      [what]: () => {
        throw new Error("permission denied");
      },
    };
    const course = courseWith(broken);

    course.check(ID, RIGHT);

    expect(stateOf(course, ID)).toBe("accepted");
    expect(course.progress().text.replaceAll("\n", " ")).toMatch(
      /permission denied\. Until this ends it lasts in memory; exportProgress\(\) gives it/,
    );
  });
});

describe("exporting and importing", () => {
  it("brings progress to another machine, and adds it to what is there", () => {
    const [here, there] = [courseWith(), courseWith()];
    here.check(ID, RIGHT);
    here.predict("01-overlap", "EINVAL");
    there.predict("01-end", "none");

    const answer = there.importProgress(here.exportProgress().text);

    expect(answer.text).toBe("Added: 1 exercise and 1 prediction. progress() shows all.");
    expect([ID, "01-overlap", "01-end"].map((id) => stateOf(there, id))).toEqual([
      "accepted",
      "guessed",
      "guessed",
    ]);
  });

  it("of something else changes nothing, and says what is wanted", () => {
    const course = courseWith();
    course.check(ID, RIGHT);

    expect(course.importProgress("nonsense").text).toMatchInlineSnapshot(`
      "Nothing was added: it is not JSON, or only a part of it. Give the text that exportProgress() has
      shown, from the first brace to the last."
    `);
    expect(stateOf(course, ID)).toBe("accepted");
  });
});

describe("resetting", () => {
  it("forgets one exercise or prediction and leaves the others", () => {
    const course = courseWith(browserStore(storage()));
    course.check(ID, RIGHT);
    course.hint(ID);
    course.predict("01-overlap", "EINVAL");
    course.predict("01-end", "none");

    course.resetProgress(ID);
    course.resetProgress("01-overlap");

    expect([ID, "01-overlap", "01-end"].map((id) => stateOf(course, id))).toEqual([
      "not tried",
      "no guess",
      "guessed",
    ]);
    expect(course.hint(ID).text).toMatch(/^Hint 1 of 3/);
    expect(course.solution(ID).text).toMatch(/opens after a first try/);
  });

  it("names the nearest ids for an id that does not exist", () => {
    expect(() => courseWith().resetProgress("01-wich-slot")).toThrow(/the nearest are 01-which-slot/);
  });
});

describe("the stored form", () => {
  const id = fc.string({ minLength: 1 });
  const progress = fc.record({
    exercises: fc.array(
      fc.tuple(
        id,
        fc.record({ attempted: fc.boolean(), accepted: fc.boolean(), hints: fc.integer({ min: 0, max: 3 }) }),
      ),
    ),
    predictions: fc.array(fc.tuple(id, fc.record({ guess: fc.string(), right: fc.boolean() }))),
  });
  const anyProgress = progress.map(
    ({ exercises, predictions }): Progress => ({
      exercises: new Map(exercises),
      predictions: new Map(predictions),
    }),
  );

  it("gives back what was written, whatever the ids and guesses are", () => {
    fc.assert(
      fc.property(anyProgress, (one) => {
        expect(readProgress(writeProgress(one))).toEqual(one);
      }),
    );
  });

  it("is the same text for the same progress, in whatever order it came about", () => {
    type Entry = [string, ExerciseProgress];
    const a: Entry = ["a", { attempted: true, accepted: false, hints: 1 }];
    const b: Entry = ["b", { attempted: true, accepted: true, hints: 0 }];
    const text = (order: readonly Entry[]): string =>
      writeProgress({ exercises: new Map(order), predictions: new Map() });

    expect(text([a, b])).toBe(text([b, a]));
  });

  it("of two together has what either has reached", () => {
    fc.assert(
      fc.property(anyProgress, anyProgress, (one, two) => {
        const both = mergeProgress(one, two);

        for (const [id, { accepted }] of [...one.exercises, ...two.exercises])
          if (accepted) expect(both.exercises.get(id)?.accepted).toBe(true);
        for (const [id, { right }] of [...one.predictions, ...two.predictions])
          if (right) expect(both.predictions.get(id)?.right).toBe(true);
        expect(mergeProgress(both, two)).toEqual(both);
      }),
    );
  });
});
