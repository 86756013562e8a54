// SPDX-License-Identifier: MIT
import { afterEach, describe, expect, it } from "vitest";
import { EXERCISES, PREDICTIONS } from "../../lib/src/course/catalogue.ts";
import { Course } from "../../lib/src/course/course.ts";
import { whatIs } from "../../lib/src/course/glossary/what-is.ts";
import { de } from "../../lib/src/course/messages/de.ts";
import { en, type Messages } from "../../lib/src/course/messages/en.ts";
import { messages, setLanguage } from "../../lib/src/course/messages/language.ts";
import { problem } from "../../lib/src/course/problems/problem.ts";

afterEach(() => setLanguage("en"));

/** Every text of a language, those that take values with the names of the values in place. */
function texts(language: Messages): [string, string][] {
  return Object.entries(language).flatMap(([name, value]): [string, string][] => {
    if (typeof value === "string") return [[name, value]];
    if (Array.isArray(value)) return value.map((one, n) => [`${name} ${n}`, one]);
    return [[name, (value as (...values: string[]) => string)("first", "second", "third", "fourth")]];
  });
}

describe("the messages in German", () => {
  const english = new Map(texts(en));
  const german = texts(de);

  it("say each thing that the English ones say, in other words", () => {
    expect(german.map(([name]) => name)).toEqual([...english.keys()]);
    expect(german.filter(([name, text]) => text === english.get(name))).toEqual([]);
  });

  it("use the same values", () => {
    const values = (text: string): string[] => (text.match(/\b(first|second|third|fourth)\b/g) ?? []).sort();

    for (const [name, text] of german)
      expect([name, [...new Set(values(text))]]).toEqual([
        name,
        [...new Set(values(english.get(name) ?? ""))],
      ]);
  });

  it("leave the names of functions as they are", () => {
    const calls = (text: string): string[] => [...new Set(text.match(/\b\w+\(/g) ?? [])].sort();

    for (const [name, text] of german)
      expect([name, calls(text)]).toEqual([name, calls(english.get(name) ?? "")]);
  });
});

describe("setLanguage", () => {
  it("changes what the course says around an exercise, and not its texts", () => {
    const course = new Course(EXERCISES, PREDICTIONS);
    setLanguage("de");

    const feedback = course.check("00-three-pages", { start_gpa: 0x8000_5000, end_gpa: 0x8000_7000 });

    expect(feedback.verdict).toBe("not yet");
    expect(feedback.text.split("\n\n")[0]).toMatchInlineSnapshot(`
      "noch nicht: Exactly three pages
      The end of the range is excluded: it is the address after the last byte, not the last page.
        Aufruf    TSM_MAP of 0x8000_5000 to 0x8000_7000
        erwartet  0, and the pages 0x8000_5000, 0x8000_6000, 0x8000_7000
        gekommen  0, and 0x8000_5000, 0x8000_6000
      hint("00-three-pages") hilft weiter."
    `);
    expect(course.hint("00-three-pages").text).toMatch(/^Hinweis 1 von 3, wo man hinsieht:\n/);
    expect(course.progress("00").text).toContain("0 von 3 Übungen angenommen");
  });

  it("is heard by predictions, problems and the glossary, too", () => {
    setLanguage("de");

    expect(new Course(EXERCISES, PREDICTIONS).reveal("00-twice", 0).text).toMatch(/^Die Maschine sagt 0\.\n/);
    expect(problem("memslot", 1).text).toContain("Deine Antwort: ");
    expect(whatIs("granule").text).toContain("Zu Hause in: ");
  });

  it("goes back to English, with which it begins", () => {
    expect(messages()).toBe(en);
    setLanguage("de");
    setLanguage("en");
    expect(messages()).toBe(en);
  });

  it("names the languages to somebody who asks for another", () => {
    expect(() => setLanguage("fr" as "de")).toThrow('the course does not speak "fr"; it speaks en, de');
  });
});
