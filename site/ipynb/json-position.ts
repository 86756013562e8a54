// SPDX-License-Identifier: MIT

/**
 * The line, from 1, on which a value of a JSON text begins. What the path leads to need not be there: then it is the
 * line of the last value on the way that is.
 *
 * @param text valid JSON
 * @param path keys and indexes from the root
 */
export function lineOfJson(text: string, path: readonly (string | number)[]): number {
  let at = skipSpace(text, 0);
  for (const step of path) {
    const next = child(text, at, step);
    if (next === undefined) break;
    at = next;
  }
  return lineAt(text, at);
}

/** The line, from 1, of a position in a text. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}

/** Where a text stops being JSON: the position of the first character that may not be there. */
export function invalidAt(text: string): number {
  let at = 0;
  let isWrong = false;
  const take = (pattern: RegExp): boolean => {
    const sticky = new RegExp(pattern, "y");
    sticky.lastIndex = skipSpace(text, at);
    const found = sticky.exec(text);
    if (found) at = sticky.lastIndex;
    return found !== null;
  };
  const must = (fits: boolean): boolean => {
    isWrong ||= !fits;
    return !isWrong;
  };
  const list = (end: RegExp, entry: () => boolean): boolean => {
    if (take(end)) return true;
    do if (!entry()) return false;
    while (take(/,/));
    return must(take(end));
  };
  const string = (): boolean => take(/"(?:[^"\\\n\r]|\\.)*"/);
  const value = (): boolean => {
    if (take(/\{/)) return list(/\}/, () => must(string()) && must(take(/:/)) && value());
    if (take(/\[/)) return list(/\]/, value);
    return must(string() || take(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/));
  };
  value();
  return Math.min(skipSpace(text, at), text.length);
}

function skipSpace(text: string, at: number): number {
  let i = at;
  while (/\s/.test(text[i] ?? "")) i++;
  return i;
}

/** Where a member or element of the container at `at` begins. */
function child(text: string, at: number, step: string | number): number | undefined {
  const isObject = text[at] === "{";
  if (!isObject && text[at] !== "[") return undefined;
  let i = skipSpace(text, at + 1);
  for (let index = 0; text[i] !== "}" && text[i] !== "]" && i < text.length; index++) {
    let key: string | number = index;
    if (isObject) {
      const end = skipValue(text, i);
      key = JSON.parse(text.slice(i, end)) as string;
      i = skipSpace(text, skipSpace(text, end) + 1);
    }
    if (key === step) return i;
    i = skipSpace(text, skipValue(text, i));
    if (text[i] === ",") i = skipSpace(text, i + 1);
  }
  return undefined;
}

/** The position behind the value at `at`. */
function skipValue(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      i++;
      while (i < text.length && text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
    } else if (c === "{" || c === "[") {
      depth++;
      continue;
    } else if (c === "}" || c === "]") {
      depth--;
    } else if (/[^\s,:]/.test(c ?? "")) {
      while (/[^\s,\]}]/.test(text[i + 1] ?? "}")) i++;
    } else {
      continue;
    }
    if (depth === 0) return i + 1;
  }
  return text.length;
}
