// SPDX-License-Identifier: MIT
import type { Messages } from "./en.ts";

/** Was der Kurs den Lernenden sagt, auf Deutsch. What the course says to a learner, in German. */
export const de: Messages = {
  accepted: "angenommen",
  notYet: "noch nicht",
  call: "Aufruf",
  expected: "erwartet",
  came: "gekommen",
  hintHelps: (id) => `hint("${id}") hilft weiter.`,
  hintNames: ["wo man hinsieht", "welche Regel gilt", "wie der Code aussieht"],
  hintHeading: (n, name) => `Hinweis ${n} von 3, ${name}:`,
  noHint: (n, id) =>
    `Einen Hinweis ${n} gibt es für ${id} nicht: Es gibt die Hinweise 1 (wo man hinsieht) bis 3 (wie der Code aussieht).`,
  nextHint: (id, n) => `hint("${id}", ${n}) sagt mehr.`,
  solutionOpens: (id) => `solution("${id}") öffnet sich nach einem Versuch.`,
  solutionClosed: (id) =>
    `Die Lösung von ${id} öffnet sich nach einem ersten Versuch. solution("${id}", { show: true }) öffnet sie sofort.`,
  solutionHeading: (id) => `Eine Lösung von ${id}:`,
  needsNoMachine: (id) =>
    `Die Übung "${id}" braucht keine Maschine; die Antwort gehört in check("${id}", answer)`,
  unknownId: (what, id, near) => `"${id}" gibt es nicht (gesucht: ${what}); am ähnlichsten sind ${near}`,
  notChecked: (id) =>
    `${id} wurde in diesem Kernel nicht geprüft: Führe die Zelle aus, die mit check("${id}", ...) endet.`,
  notAccepted: (id) =>
    `${id} ist noch nicht angenommen: Ändere die Zelle, bis check("${id}", ...) "angenommen" sagt.`,
  noGuess: "Noch kein Tipp: Setze einen an die Stelle des Fragezeichens und führe die nächste Zelle aus.",
  youSay: (guess) => `Du sagst ${guess}. Die nächste Zelle zeigt, was stimmt.`,
  machineSays: (said) => `Die Maschine sagt ${said}.`,
  noGuessMade: "Du hast keinen Tipp abgegeben; mit einem lernt man mehr.",
  soDidYou: "Du auch.",
  youSaid: (guess) => `Du hast ${guess} gesagt.`,
  textExpects: (answer) =>
    `Der Text erwartet ${answer}: Die Zellen davor wurden geändert oder in anderer Reihenfolge ausgeführt.`,
  yourProgress: "Dein Fortschritt",
  yourProgressIn: (notebook) => `Dein Fortschritt in Notebook ${notebook}`,
  counts: (done, exercises, right, predictions) =>
    `${done} von ${exercises} Übungen angenommen, ${right} von ${predictions} Vorhersagen richtig.`,
  head: ["was", "Kennung", "Stand"],
  exercise: "Übung",
  prediction: "Vorhersage",
  notTried: "nicht versucht",
  noGuessState: "kein Tipp",
  right: "richtig",
  guessed: "getippt",
  added: (exercises, predictions) =>
    `Hinzugefügt: ${exercises} Übungen und ${predictions} Vorhersagen. progress() zeigt alles.`,
  notAdded: (reason) =>
    `Nichts wurde hinzugefügt: ${reason}. Gib den Text an, den exportProgress() gezeigt hat, von der ersten bis zur letzten Klammer.`,
  asNew: (id) => `${id} ist wie neu. Die Zelle im Notebook ist, wie du sie verlassen hast.`,
  yourAnswer: (wanted) => `Deine Antwort: ${wanted}.`,
  listOf: (count, names) => `eine Liste mit ${count} Einträgen: ${names}`,
  partCount: (count, names, given) => `Die Antwort hat ${count} Teile: ${names}. Diese hat ${given}.`,
  drillAccepted: "angenommen. solve() zeigt die Schritte.",
  drillYouSay: (name, said, rule) => `${name}: Du sagst ${said}. ${rule}`,
  solveShows: "solve() zeigt die Schritte.",
  answerIs: (answers) => `Antwort: ${answers}`,
  atHomeIn: (origin) => `Zu Hause in: ${origin}`,
  introducedIn: (notebook, cell) => `Eingeführt in: Notebook ${notebook}, Zelle ${cell}`,
  seeAlso: (terms) => `Siehe auch: ${terms}`,
};
