// SPDX-License-Identifier: MIT
import { deviceTerms } from "./devices.ts";
import { errnoTerms } from "./errnos.ts";
import { firmwareTerms } from "./firmware.ts";
import { kernelTerms } from "./kernel.ts";
import { kvmTerms } from "./kvm.ts";
import { machineTerms } from "./machine.ts";
import type { Term } from "./term.ts";

/** Every term of the glossary, group by group. */
export const GLOSSARY: readonly Term[] = [
  ...machineTerms,
  ...firmwareTerms,
  ...kvmTerms,
  ...deviceTerms,
  ...kernelTerms,
  ...errnoTerms,
];

/** Every word that a term is known by. */
export function namesOf({ term, expansion, aliases = [] }: Term): readonly string[] {
  return [...new Set([term, ...aliases, ...(expansion === undefined ? [] : [expansion])])];
}

/** The way in which words are compared: a realm is a Realm, and -EINVAL is EINVAL. */
function plain(word: string): string {
  return word
    .trim()
    .replace(/^-(?=E[A-Z0-9]+$)/, "")
    .toLowerCase();
}

/**
 * The term that a word stands for. Upper and lower case count only where two terms differ in nothing else. Expansions
 * come last, since those of errnos are ordinary words.
 */
export function findTerm(word: string): Term | undefined {
  const exact = GLOSSARY.find(({ term, aliases = [] }) => term === word || aliases.includes(word));
  if (exact !== undefined) return exact;
  const asked = plain(word);
  return (
    GLOSSARY.find(({ term, aliases = [] }) => [term, ...aliases].some((name) => plain(name) === asked)) ??
    GLOSSARY.find(({ expansion }) => expansion !== undefined && plain(expansion) === asked)
  );
}
