// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EXERCISES, PREDICTIONS } from "../../lib/src/course/catalogue.ts";
import { Course } from "../../lib/src/course/course.ts";
import { normalised } from "../../lib/src/course/prediction.ts";
import { expectGoodPicture } from "../view/svg-checks.ts";

const ID = "01-which-slot";
const RIGHT = [0, 0, "none", "none", 7, "none"];
const UNTOUCHED = RIGHT.map(() => "?");
const newCourse = (): Course => new Course(EXERCISES, PREDICTIONS);

describe("checking an answer", () => {
  it("says what was called, what was expected and what came, for the first problem only", () => {
    const feedback = newCourse().check(ID, [0, 0, 0, "none", 1, 7]);

    expect(feedback.text).toMatchInlineSnapshot(`
      "not yet: Which slot?
      This is the first byte after the slot. A slot ends before base_gfn + npages, that frame
      excluded.
        call      gfn_to_memslot(kvm, 0x8_0004), the frame of 0x8000_4000
        expected  none
        came      0
      hint("01-which-slot") helps on.

      Guest physical addresses and memory slots
      2 slots with 8 pages. A range ends before its second address.
      The address space ends at 0x100_0000_0000.
      A realm: from 0x80_0000_0000 on, addresses are the shared alias of the lower half.
      guest physical address      pages      slot  flags        attribute  user address      guest_memfd
      --------------------------  ---------  ----  -----------  ---------  ----------------  -----------
      0x0 .. 0x8000_0000          524288     none               shared
      0x8000_0000 .. 0x8000_4000  4          0     GUEST_MEMFD  shared     0x7f00_0000_0000  fd 5 page 0
      0x8000_4000 .. 0x8000_8000  4          none               shared
      0x8000_8000 .. 0x8000_c000  4          7     GUEST_MEMFD  shared     0x7f00_0000_4000  fd 5 page 4
      0x8000_c000 .. end          267911156  none               shared"
    `);
  });

  it("draws the words above the picture of the state", () => {
    const { svg = "", text } = newCourse().check(ID, [0, 0, 0, "none", 1, 7]);

    expectGoodPicture({ svg, text });
    expect(svg.match(/<svg /g)).toHaveLength(2);
  });

  it("gives the reasons when it accepts", () => {
    expect(newCourse().check(ID, RIGHT).text).toMatchInlineSnapshot(`
      "accepted: Which slot?
      The address becomes a frame number first, so every byte of a page has the same answer. A slot
      ends before base_gfn + npages, and holes belong to nobody."
    `);
  });

  it("names the nearest ids for an id that does not exist", () => {
    expect(() => newCourse().check("01-wich-slot", RIGHT)).toThrow(
      /^there is no exercise "01-wich-slot"; the nearest are 01-which-slot, /,
    );
  });
});

describe("mustPass", () => {
  const wrong = { start_gpa: 0x8000_5000, end_gpa: 0x8000_7000 };
  const right = { start_gpa: 0x8000_5000, end_gpa: 0x8000_8000 };

  it("throws one sentence before the exercise was checked", () => {
    expect(() =>
      new Course(EXERCISES, PREDICTIONS).mustPass("00-three-pages"),
    ).toThrowErrorMatchingInlineSnapshot(
      `[NotAcceptedError: 00-three-pages was not checked in this kernel: run the cell that ends with check("00-three-pages", ...).]`,
    );
  });

  it("throws one sentence after an answer that is not accepted, and none after one that is", () => {
    const course = new Course(EXERCISES, PREDICTIONS);
    course.check("00-three-pages", wrong);

    expect(() => course.mustPass("00-three-pages")).toThrowErrorMatchingInlineSnapshot(
      `[NotAcceptedError: 00-three-pages is not accepted yet: change its cell until check("00-three-pages", ...) says "accepted".]`,
    );
    course.check("00-three-pages", right);
    expect(() => course.mustPass("00-three-pages")).not.toThrow();
  });

  it("takes back what was accepted when a later answer is not", () => {
    const course = new Course(EXERCISES, PREDICTIONS);
    course.check("00-three-pages", right);
    course.check("00-three-pages", wrong);

    expect(() => course.mustPass("00-three-pages")).toThrow("not accepted yet");
  });

  it("does not believe progress that was brought along", () => {
    const course = new Course(EXERCISES, PREDICTIONS);
    course.importProgress(
      '{"version":1,"exercises":{"00-three-pages":{"attempted":true,"accepted":true,"hints":0}},"predictions":{}}',
    );

    expect(() => course.mustPass("00-three-pages")).toThrow("not checked in this kernel");
  });

  it("names the nearest ids for an id that no exercise has", () => {
    expect(() => new Course(EXERCISES, PREDICTIONS).mustPass("00-thre-pages")).toThrow("00-three-pages");
  });
});

describe("hints", () => {
  it("come one after the other, and stay at the last", () => {
    const course = newCourse();
    const first = [1, 2, 3, 4].map(() => course.hint(ID).text.split("\n")[0]);

    expect(first).toEqual([
      "Hint 1 of 3, where to look:",
      "Hint 2 of 3, which rule:",
      "Hint 3 of 3, shape of the code:",
      "Hint 3 of 3, shape of the code:",
    ]);
  });

  it.each([0, 4, 1.5])("are numbered from 1 to 3, and %s is answered in a sentence", (number) => {
    expect(newCourse().hint(ID, number).text).toMatch(/^There is no hint/);
  });
});

describe("the solution", () => {
  it("stays closed before a try", () => {
    expect(newCourse().solution(ID).text).toMatch(/opens after a first try/);
  });

  it("stays closed when only the untouched starter was run", () => {
    const course = newCourse();
    course.check(ID, UNTOUCHED);

    expect(course.solution(ID).text).toMatch(/opens after a first try/);
  });

  it("opens after a try, right or not", () => {
    const course = newCourse();
    course.check(ID, [0, 0, 0, 0, 0, 0]);

    expect(course.solution(ID).text).toMatch(/^One solution of 01-which-slot:/);
  });

  it("opens at once when it is asked for", () => {
    expect(newCourse().solution(ID, { show: true }).text).toContain('check("01-which-slot", slots);');
  });
});

describe("predictions", () => {
  it.each([
    ["EINVAL", "-EINVAL"],
    ["-einval", "-EINVAL"],
    [-22, "-EINVAL"],
    ["-22", "-EINVAL"],
    [" None ", "none"],
    [0, "0"],
    [7n, "7"],
    [true, "true"],
    ["everything", "everything"],
  ])("take %o as %s", (answer, expected) => {
    expect(normalised(answer)).toBe(expected);
  });

  it("say words as they were written, and errors by name", () => {
    const course = newCourse();

    expect(course.predict("05-unknown-ripas", "RAM").text).toContain("You say RAM.");
    expect(course.reveal("05-unknown-ripas", "EMPTY").text).toContain("The machine says EMPTY.");
    expect(course.reveal("01-overlap", -17).text).toContain("The machine says -EEXIST.");
  });

  it.each<[string, string | number, string]>([
    ["05-top", 0x5000, "0x5000"],
    ["05-top", "0x5_000", "0x5000"],
    ["00-host-reads", "fault", "a fault"],
  ])("%s takes %o for the answer, however it is written", (id, guess, actual) => {
    const course = newCourse();
    course.predict(id, guess);

    expect(course.reveal(id, actual).text).toContain("So did you.");
  });

  it("explain the gap of a number whatever its base", () => {
    const course = newCourse();
    course.predict("05-top", 0x2000);

    expect(course.reveal("05-top", "0x5000").text).toContain("The next page would be right, too, but slow");
  });

  it("ask for a guess as long as the question mark stands", () => {
    const course = newCourse();

    expect(course.predict("01-overlap", "?").text).toMatch(/No guess yet/);
    expect(course.reveal("01-overlap", -17).text).toMatchInlineSnapshot(`
      "The machine says -EEXIST.
      You made no guess; it teaches more with one.
      Guest addresses that overlap another slot are -EEXIST. It is the only check of this call that
      answers so."
    `);
  });

  it("explain the gap between the guess and the machine", () => {
    const course = newCourse();
    course.predict("01-overlap", "EINVAL");

    expect(course.reveal("01-overlap", -17).text).toMatchInlineSnapshot(`
      "The machine says -EEXIST.
      You said -EINVAL.
      Most bad requests are -EINVAL, but the two slots are fine in themselves; they only clash.
      Guest addresses that overlap another slot are -EEXIST. It is the only check of this call that
      answers so."
    `);
  });

  it("agree with a right guess", () => {
    const course = newCourse();
    course.predict("01-overlap", -17);

    expect(course.reveal("01-overlap", -17).text).toMatch(/^The machine says -EEXIST\.\nSo did you\.\n/);
  });

  it("say so when the machine was brought into another state than the text thinks", () => {
    expect(newCourse().reveal("01-overlap", 0).text).toMatch(/The text expects -EEXIST/);
  });

  it.each(PREDICTIONS.map((one) => [one.id, one] as const))(
    "have gaps for guesses that are not right: %s",
    (_, one) => {
      const guesses = Object.keys(one.gaps);

      expect(guesses.length).toBeGreaterThan(0);
      expect(guesses.map(normalised)).toEqual(guesses);
      expect(guesses).not.toContain(one.answer);
      expect(normalised(one.answer)).toBe(one.answer);
    },
  );
});

describe("progress", () => {
  it("tells what was accepted, tried and guessed in one notebook", () => {
    const course = newCourse();
    course.check(ID, RIGHT);
    course.check("01-write-lookup", () => 1);
    course.predict("01-overlap", "EINVAL");
    course.predict("01-end", "none");
    course.reveal("01-end", "none");
    const picture = course.progress("01");

    expectGoodPicture(picture);
    expect(picture.text).toMatchInlineSnapshot(`
      "Your progress in notebook 01
      1 of 5 exercises accepted, 1 of 5 predictions right.
      what        id                  state
      ----------  ------------------  ---------
      exercise    01-which-slot       accepted
      exercise    01-write-lookup     not yet
      exercise    01-fill-the-hole    not tried
      exercise    01-three-errors     not tried
      exercise    01-move-private     not tried
      prediction  01-end              right
      prediction  01-overlap          guessed
      prediction  01-order            no guess
      prediction  01-same-file-pages  no guess
      prediction  01-closed           no guess"
    `);
  });

  it("starts with nothing", () => {
    expect(newCourse().progress().text).not.toMatch(/accepted$|not yet$|guessed$/m);
  });
});
