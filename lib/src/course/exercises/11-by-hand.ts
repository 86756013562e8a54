// SPDX-License-Identifier: MIT
import { RaceGame } from "../../explore/game.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";

const ID = "11-by-hand";
const RACE = "map-to-shared";
const KERNEL = "rfc-v1+attribute-check";
const RULE = "attribute-and-mapping";

function check(answer: unknown): Problem | undefined {
  if (!(answer instanceof RaceGame)) {
    return {
      id: "no-game",
      message: `The answer is the game that playRace("${RACE}", "${KERNEL}") began, after you have played it.`,
      came: typeof answer,
    };
  }
  const { race, kernel, schedule, outcome, broken, actors } = answer;
  if (race.id !== RACE || kernel !== KERNEL) {
    return {
      id: "other-game",
      message:
        "This is another race, or another kernel. On the posted one it takes no skill: nobody looks at the attribute.",
      expected: `${RACE} on ${KERNEL}`,
      came: `${race.id} on ${kernel}`,
    };
  }
  if (schedule === "") return untouched("Nobody has gone yet.");
  const facts = { call: `schedule ${schedule}`, expected: `the rule ${RULE} broken` };
  if (outcome === "open") {
    const left = actors.filter(({ result }) => result === undefined).map(({ letter }) => letter);
    return {
      id: "not-over",
      message: "The game is not over: a rule is judged when everybody has ended.",
      ...facts,
      came: `${left.join(" and ")} ${left.length === 1 ? "has" : "have"} not ended`,
    };
  }
  if (broken.some(({ rule }) => rule === RULE)) return undefined;
  if (outcome === "held") {
    return {
      id: "too-late",
      message:
        "A comes when the page is mapped already, finds it, and takes it out: that is what A is for. Let A come when M has looked, and has not mapped.",
      ...facts,
      came: "no rule is broken",
    };
  }
  return {
    id: "too-early",
    message:
      "M looked at page 1 after A had changed it, and refused it, as it should. What is broken is another rule: page 0 stays mapped and the caller got an errno. Let M look first.",
    ...facts,
    came: broken.map(({ rule }) => rule).join(", "),
  };
}

function code(...steps: string[]): string {
  return [
    `const game = playRace("${RACE}", "${KERNEL}");`,
    ...steps.map((step) => `game.step("${step}");`),
    `check("${ID}", game);`,
  ].join("\n");
}

/** Breaking by hand what a look alone does not protect. */
export const byHand: Exercise = {
  id: ID,
  title: "Win by hand",
  task: `The kernel looks at the attribute of each page before it maps it. You are the scheduler: have page 1 mapped as private memory with the attribute shared. M maps pages 0 and 1, A makes page 1 shared. game.step("M") lets M go up to its next point, game.step("M3") three times; game.undo() takes a turn back; game shows where everybody stands.`,
  starter: code(),
  check,
  hints: [
    'Let M go turn by turn and read what it stands before. It looks at an attribute twice, once for each page: "read kvm->mem_attr_array".',
    "After M's second look nothing tells it of a change. A has to go to its end between that look and the call that maps page 1.",
    'game.step("M11");  // up to the second RMI_DATA_CREATE_UNKNOWN\ngame.step("A...");\ngame.step("M");',
  ],
  wrongAnswers: [
    { problem: "not-over", code: code("M11") },
    { problem: "too-early", code: code("A8", "M14") },
    { problem: "too-late", code: code("M12", "A12") },
    {
      problem: "other-game",
      code: [
        `const game = playRace("${RACE}");`,
        'game.step("A8");',
        'game.step("M9");',
        `check("${ID}", game);`,
      ].join("\n"),
    },
  ],
  solution: {
    code: code("M11", "A8", "M"),
    reasons:
      "M has looked, found page 1 private, fetched its frame and delegated it. Then A takes slots_lock, writes the attribute and unmaps what is mapped, which is nothing yet. M maps. Each did what its code says. A check is worth something only as long as what it checked cannot change, or as one notices when it does.",
  },
};
