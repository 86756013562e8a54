// SPDX-License-Identifier: MIT
import { existsSync, readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { EXERCISES } from "../../lib/dist/course/catalogue.js";
import { QUIZ_FORMS } from "../../lib/dist/course/quiz/quiz.js";
import * as library from "../../lib/dist/index.js";
import { certificate } from "../../tools/workshop/certificate.mjs";
import { gamePage } from "../../tools/workshop/game.mjs";
import { minutesIn } from "../../tools/workshop/notebook-page.mjs";
import { keyPage, quizPage } from "../../tools/workshop/quiz-pages.mjs";
import { teachingPages } from "../../tools/workshop/taught.mjs";

const FOLDER = new URL("../../docs/workshop/", import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, FOLDER), "utf8");
const STALE = "run `npm run workshop`";

describe("the generated pages of the workshop kit", () => {
  const pages = teachingPages();

  it.each([...pages.keys()])("say of notebook %s what the catalogue says", (number) => {
    expect(read(`notebooks/${number}.md`), STALE).toBe(pages.get(number));
  });

  it("are there for each notebook and for no other", () => {
    expect(readdirSync(new URL("notebooks/", FOLDER)).sort()).toEqual(
      [...pages.keys()].map((one) => `${one}.md`),
    );
  });

  it("tell every known wrong answer what the learner is told", () => {
    const all = [...pages.values()].join("\n");

    for (const { wrongAnswers } of EXERCISES.filter(({ id }) => pages.has(id.slice(0, 2))))
      for (const { problem, code } of wrongAnswers) {
        expect(all).toContain(`- **${problem}**: `);
        expect(all).toContain(code.split("\n").at(-1));
      }
  });

  it("have three questions for discussion with answers, at least two things to say, and when to stop", () => {
    for (const page of pages.values()) {
      const [, discussion = ""] = page.split("## Discussion");
      const [, say = ""] = page.split("## What to say");
      expect(discussion.match(/^\*\*.+\*\*$/gm)?.length).toBe(3);
      expect(say.split("## ")[0]?.match(/^- /gm)?.length).toBeGreaterThanOrEqual(2);
      expect(page).toMatch(/## When to stop\n\n.{40}/);
    }
  });

  it("have the game and the quiz as they are in the library", () => {
    expect(read("scheduler-game.md"), STALE).toBe(gamePage());
    expect(read("quiz.md"), STALE).toBe(quizPage());
    expect(read("quiz-key.md"), STALE).toBe(keyPage());
  });

  it("keep the key out of the questions", () => {
    for (const { because } of [...QUIZ_FORMS.pre, ...QUIZ_FORMS.post]) {
      expect(quizPage()).not.toContain(because);
      expect(keyPage()).toContain(because);
    }
  });

  it("need an opening that says how long a notebook takes", () => {
    expect(minutesIn("**Time:** 35 minutes")).toBe(35);
    expect(() => minutesIn("some time")).toThrow("how many minutes");
  });
});

describe.each(["plan-90-minutes.md", "plan-half-day.md", "plan-full-day.md"])("%s", (name) => {
  const text = read(name);
  const rows = text.split("\n").filter((line) => /^\| \d:\d\d \|/.test(line));
  const steps = [...text.matchAll(/^\| (\d):(\d\d) \| (\d+) \|/gm)].map(([, hours, minutes, long]) => ({
    from: Number(hours) * 60 + Number(minutes),
    long: Number(long),
  }));

  it("begins each step when the one before it ends", () => {
    let now = 0;
    for (const { from, long } of steps) {
      expect(from).toBe(now);
      now += long;
    }

    expect(steps.length).toBeGreaterThanOrEqual(7);
  });

  it("takes as many minutes as it says", () => {
    const said = Number(/^In all (\d+) minutes/m.exec(text)?.[1]);

    expect(steps.reduce((sum, { long }) => sum + long, 0)).toBe(said);
  });

  it("has no stretch of more than 110 minutes without a break, and says what to do when it is late", () => {
    const isBreak = (n: number): boolean =>
      rows[n]?.includes("| Break |") || rows[n]?.includes("| Lunch |") || false;
    let [stretch, longest] = [0, 0];
    for (const [n, { long }] of steps.entries()) {
      stretch = isBreak(n) ? 0 : stretch + long;
      longest = Math.max(longest, stretch);
    }

    expect(longest).toBeGreaterThan(30);
    expect(longest).toBeLessThanOrEqual(110);
    expect(text).toContain("**If you are late");
  });

  it("gives exercises that exist", () => {
    const named = [...text.matchAll(/\b\d\d-[a-z][a-z-]+\b/g)].map(([id]) => id);

    expect(named.filter((id) => !EXERCISES.some((one) => one.id === id))).toEqual([]);
  });
});

describe.each(["plan-half-day.md", "plan-full-day.md"])("%s, at its end", (name) => {
  const text = read(name);
  const idsIn = (part: string): string[] => [...part.matchAll(/\b\d\d-[a-z][a-z-]+\b/g)].map(([id]) => id);

  it("certifies the exercises that its table gives, and no other", () => {
    const table = text.split("\n").filter((line) => line.startsWith("| "));
    const [, command = ""] = /--exercises (\S+)/.exec(text) ?? [];

    expect(command.split(",")).toEqual(idsIn(table.join("\n")));
  });
});

describe("what people type by the plan of half a day", () => {
  const blocks = [...read("plan-half-day.md").matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) => code);

  /** Runs a cell as a notebook does, with what it printed and what its last line is. */
  function run(code: string): { printed: string; value: unknown } {
    const [, imported = "", rest = ""] = /^import \{ (.+) \} from "tsm-map-sim";\n(.*)$/s.exec(code) ?? [];
    const lines = rest.trimEnd().split("\n");
    const body = [...lines.slice(0, -1), `return ${lines.at(-1)}`].join("\n");
    let printed = "";
    const scope: Record<string, unknown> = { console: { log: (line: string) => (printed += line) } };
    const names = imported.split(", ");
    for (const [name, thing] of Object.entries(library)) if (names.includes(name)) scope[name] = thing;
    const { outputText } = ts.transpileModule(body, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
    const value = new Function(...Object.keys(scope), outputText)(...Object.values(scope));
    return { printed, value };
  }

  it("shows the questions of the quiz", () => {
    expect(String(run(blocks[0] ?? "").value)).toBe(String(library.quiz("pre")));
  });

  it("replays a schedule that the page of verdicts has, and names the rule that it breaks", () => {
    const [, schedule = ""] = /replay\(race, "([^"]+)"/.exec(blocks[1] ?? "") ?? [];
    const verdicts = readFileSync(new URL("../reference/verdicts.md", FOLDER), "utf8");
    const row = verdicts
      .split("### Map against punch hole")[1]
      ?.split("\n")
      .find((line) => line.startsWith("| +fault-lock "));

    expect(row).toContain(`\`${schedule}\``);
    expect(run(blocks[1] ?? "").printed).toContain("page-of-the-file: ");
  });
});

describe("a certificate", () => {
  const progressOf = (accepted: readonly string[]): string =>
    JSON.stringify({
      version: 1,
      exercises: Object.fromEntries(
        accepted.map((id) => [id, { attempted: true, accepted: true, hints: 0 }]),
      ),
      predictions: {},
    });
  const story = EXERCISES.filter(({ id }) => id.startsWith("00-")).map(({ id }) => id);
  const request = { name: "Ada <Lovelace>", date: "2026-11-26", notebooks: ["00"] };

  it("is made when every exercise of the notebooks was accepted, and names each", () => {
    const { page } = certificate({ ...request, progress: progressOf(story) }, EXERCISES) as { page: string };

    expect(page).toContain("Ada &lt;Lovelace&gt;");
    expect(page).toContain("Exactly three pages · Four tables · Make it fault again");
    expect(page).not.toContain("<script");
  });

  it("is not made while one is open, which is named", () => {
    const made = certificate({ ...request, progress: progressOf(story.slice(1)) }, EXERCISES);

    expect(made.problem).toBe("1 of 3 exercises are not accepted yet:\n  00-three-pages");
  });

  it("counts the exercises that are named, and refuses one that is not there", () => {
    const only = ["00-four-tables"];
    const asked = { name: "A", date: "B", only };
    const { page } = certificate({ ...asked, progress: progressOf(only) }, EXERCISES) as { page: string };
    const problemOf = (one: Parameters<typeof certificate>[0]): string | undefined =>
      certificate(one, EXERCISES).problem;

    expect(page).toContain("The answers to 1 exercise were accepted");
    expect(page).not.toContain("Exactly three pages");
    expect(problemOf({ ...asked, progress: progressOf([]) })).toBe(
      "1 of 1 exercises are not accepted yet:\n  00-four-tables",
    );
    expect(problemOf({ ...asked, progress: progressOf([]), only: ["00-none"] })).toBe(
      "There is no exercise 00-none.",
    );
    expect(problemOf({ ...asked, progress: progressOf([]), notebooks: ["07"] })).toBe(
      "None of these exercises is in one of these notebooks.",
    );
  });

  it("counts all notebooks when none is named", () => {
    const { problem } = certificate({ name: "A", date: "B", progress: progressOf(story) }, EXERCISES);

    expect(problem).toContain(`${EXERCISES.length - story.length} of ${EXERCISES.length} exercises`);
  });

  it("refuses a notebook without exercises, and a text that is no progress", () => {
    expect(certificate({ ...request, notebooks: ["77"], progress: progressOf([]) }, EXERCISES).problem).toBe(
      "There are no exercises in a notebook 77.",
    );
    expect(() => certificate({ ...request, progress: "x" }, EXERCISES)).toThrow("it is not JSON");
  });
});

it("the kit has a page for everything that its overview promises", () => {
  const links = [...read("README.md").matchAll(/\]\(([a-z-]+\.md)\)/g)].map(([, name]) => name ?? "");

  expect(links.length).toBeGreaterThanOrEqual(7);
  expect(links.filter((name) => !existsSync(new URL(name, FOLDER)))).toEqual([]);
});
