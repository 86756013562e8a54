// SPDX-License-Identifier: MIT
// npm run workshop: writes the teaching pages of the notebooks, the quiz and its key.
import { mkdirSync, writeFileSync } from "node:fs";
import { gamePage } from "./workshop/game.mjs";
import { keyPage, quizPage } from "./workshop/quiz-pages.mjs";
import { teachingPages } from "./workshop/taught.mjs";

const docs = new URL("../docs/workshop/", import.meta.url);
mkdirSync(new URL("notebooks/", docs), { recursive: true });
const pages = teachingPages();
for (const [number, page] of pages) writeFileSync(new URL(`notebooks/${number}.md`, docs), page);
writeFileSync(new URL("scheduler-game.md", docs), gamePage());
writeFileSync(new URL("quiz.md", docs), quizPage());
writeFileSync(new URL("quiz-key.md", docs), keyPage());
console.log(`docs/workshop: ${pages.size} notebooks, the game, the quiz and its key`);
