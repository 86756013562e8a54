// SPDX-License-Identifier: MIT
import { de } from "./de.ts";
import { en, type Messages } from "./en.ts";

/** A language that the course can speak around its exercises. */
export type Language = "en" | "de";

const CATALOGUES: Readonly<Record<Language, Messages>> = { en, de };
let current: Messages = en;

/** What the course says, in the language that was chosen last. */
export function messages(): Messages {
  return current;
}

/**
 * Chooses the language of what the course says around the texts of exercises and predictions, which are in English.
 * It begins with `"en"`.
 *
 * @example
 * ```ts
 * setLanguage("de");
 * ```
 */
export function setLanguage(language: Language): void {
  if (!Object.hasOwn(CATALOGUES, language))
    throw new RangeError(
      `the course does not speak "${language}"; it speaks ${Object.keys(CATALOGUES).join(", ")}`,
    );
  current = CATALOGUES[language];
}
