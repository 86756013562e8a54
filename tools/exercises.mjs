// SPDX-License-Identifier: MIT
// npm run exercises: counts the exercises and predictions, and lists the exercises that lack something.
import { EXERCISES, PREDICTIONS } from "../lib/dist/course/catalogue.js";
import { feedbackOn } from "./course/run-cell.mjs";
import { exerciseReport } from "./exercises/report.mjs";

const { text, complete } = exerciseReport(EXERCISES, PREDICTIONS, feedbackOn);
console.log(text);
process.exitCode = complete ? 0 : 1;
