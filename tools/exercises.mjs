// SPDX-License-Identifier: MIT
// npm run exercises: counts the exercises and predictions, and lists the exercises that lack something.
import { EXERCISES, PREDICTIONS } from "../lib/dist/course/catalogue.js";
import { exerciseReport } from "./exercises/report.mjs";

const { text, complete } = exerciseReport(EXERCISES, PREDICTIONS);
console.log(text);
process.exitCode = complete ? 0 : 1;
