// SPDX-License-Identifier: MIT
import { errnoName } from "../../lib/dist/base/errno.js";
import { raceById } from "../../lib/dist/explore/races/catalogue.js";
import { replay } from "../../lib/dist/explore/replay.js";

/**
 * The scheduler game for a room. The cards are the turns of the races, and the table of outcomes is what each order
 * comes to, so the page says what the machine says.
 */

const KERNELS = /** @type {const} */ (["rfc-v1", "rfc-v1+all"]);

/** The races of the game: the one who is interrupted, and the one who comes in between. */
const ROUNDS = [
  { race: "map-punch", first: "M", second: "P" },
  { race: "map-to-shared", first: "M", second: "A" },
  { race: "map-map", first: "M", second: "N" },
];

const INTRODUCTION = `# The scheduler game

A race, played by people. It takes 25 to 30 minutes, works for any number in groups of five, and needs no computer; the
table of outcomes at the end of each round is the key. Notebook 11 asks the same questions of every order.

## Who

| who | does | may not |
| --- | --- | --- |
| two actors | read the top card of their pile aloud, do what it says on the board, put it away | look at each other's cards |
| scheduler | says whose turn it is, freely, and writes the letters down | help |
| firmware | owns the realm's table; does a firmware call when it is asked, and answers | refuse what is allowed |
| judge | reads the rules when both piles are empty, and says which one is broken | speak before |

## The board

A large sheet with four fields: *slot* (which guest page has a slot), *attribute* (private or shared), *file* (which
page of the guest_memfd is where) and *realm's table* (what is mapped). Pages are coins or cards with a number. Each
reference on a page is a paper clip on its card: one for being in the file, one for being in the realm's table, and one
for each actor who has it in hand.

## How a round goes

1. Copy the cards of the round, one turn on each; the actors put theirs in order, face down.
2. The scheduler calls turns until both piles are empty. An actor who needs a lock that the other one holds waits, and the other one is called.
3. The judge compares file, attribute and table, and counts clips.
4. The scheduler wins when a rule is broken. Whoever breaks it with the fewest changes between actors wins the room.
5. A card that finds nothing to do is put away: a page that was never mapped need not be taken out. The cards are those of a round in which the first actor goes straight through; in another order some fall away.
6. Play it again with the repaired kernel's cards. Who still finds a broken rule?

**For the debriefing.** Which card would you have to glue to which, so that nobody can come in between? That is what a
lock does. Which card would you have to read twice? That is what a sequence count with a retry does. What does each
cost the others?

`;

/** @param {string} kernel @param {import("../../lib/dist/explore/race.js").Race} race @param {string} schedule */
function play(kernel, race, schedule) {
  const run = replay(race, schedule, kernel);
  const cards = (/** @type {string} */ actor) => {
    const stops = run.turns.filter(({ task }) => task === actor).flatMap(({ stoppedAt }) => stoppedAt ?? []);
    return [
      "begin the system call",
      ...stops.map(({ kind, object }) => (kind === "rmi" ? object : `${kind} ${object}`)),
    ];
  };
  return { ...run, cards };
}

/** @param {(typeof ROUNDS)[number]} round @param {string} kernel */
function roundLines({ race: id, first, second }, kernel) {
  const race = raceById(id);
  const long = 1000;
  const straight = play(kernel, race, `${first}${long} ${second}${long}`);
  const [mine, theirs] = [straight.cards(first), straight.cards(second)];
  const rows = [];
  // The turn in which a task only waits for the other is not a card of its own.
  for (let turns = 0; turns <= mine.length; turns++) {
    const schedule = [turns > 0 ? `${first}${turns}` : "", `${second}${long}`].join(" ").trim();
    const { results, broken } = play(kernel, race, schedule);
    const rules = [...new Set(broken.map(({ rule }) => `\`${rule}\``))];
    const answers = [first, second].map((actor) => `${actor}: ${errnoName(results[actor] ?? Number.NaN)}`);
    rows.push(`| ${turns} | ${answers.join(", ")} | ${rules.length === 0 ? "none" : rules.join(", ")} |`);
  }
  return [
    `### With the kernel \`${kernel}\``,
    "",
    `| card | of actor ${first} | of actor ${second} |`,
    "| --- | --- | --- |",
    ...Array.from(
      { length: Math.max(mine.length, theirs.length) },
      (_, n) => `| ${n + 1} | ${mine[n] ?? ""} | ${theirs[n] ?? ""} |`,
    ),
    "",
    `**Key.** Actor ${second} comes in after so many turns of ${first} and plays the whole pile, as far as locks let it; then ${first} goes on.`,
    "",
    `| turns of ${first} before ${second} | results | rules broken |`,
    "| --- | --- | --- |",
    ...rows,
    "",
  ];
}

/** The page, as Markdown. */
export function gamePage() {
  const rounds = ROUNDS.flatMap((round, n) => {
    const race = raceById(round.race);
    return [
      `## Round ${n + 1}: ${race.title}`,
      "",
      race.question,
      "",
      ...Object.entries(race.actors).map(([letter, what]) => `- Actor ${letter}: ${what}`),
      "",
      ...KERNELS.flatMap((kernel) => roundLines(round, kernel)),
    ];
  });
  return [
    INTRODUCTION + rounds.join("\n"),
    "What each rule says, and every race with every kernel, is on the page of [verdicts](../reference/verdicts.md).",
    "",
    "---",
    "",
    "Generated by `npm run workshop` from the races in `lib/src/explore/races`.",
    "",
  ].join("\n");
}
