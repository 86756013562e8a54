// SPDX-License-Identifier: MIT
import { UnknownIdError } from "../course.ts";
import { Message, wrap } from "../feedback.ts";
import { messages } from "../messages/language.ts";
import { findTerm, GLOSSARY, namesOf } from "./glossary.ts";
import { INTRODUCED } from "./introduced.ts";

/**
 * Says what a word of the field means, where it comes from and where the course introduces it.
 *
 * @param word a term, an abbreviation or what it stands for, an errno, in capitals or not
 * @throws UnknownIdError for a word that is not in the glossary, with the nearest ones
 * @example
 * ```ts
 * whatIs("GPT");
 * ```
 */
export function whatIs(word: string): Message {
  const found = findTerm(word);
  if (found === undefined) throw new UnknownIdError("term", word, GLOSSARY.flatMap(namesOf));
  const { term, expansion, meaning, origin, see = [] } = found;
  const [notebook, cell] = INTRODUCED[term]?.split("#") ?? [];
  const lines = [
    expansion === undefined ? term : `${term} (${expansion})`,
    ...wrap(meaning),
    messages().atHomeIn(origin),
    ...(notebook === undefined ? [] : [messages().introducedIn(notebook, cell ?? "")]),
    ...(see.length === 0 ? [] : [messages().seeAlso(see.join(", "))]),
  ];
  return new Message(lines.join("\n"));
}
