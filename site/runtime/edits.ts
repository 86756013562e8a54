// SPDX-License-Identifier: MIT

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Changes to a text that can tell, for a place in the changed text, where it was before. */
export class Edits {
  readonly #source: string;
  readonly #edits: Edit[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  /** Puts a text in the place of what stands from `start` to `end`. At one place, the first insertion comes first. */
  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text });
  }

  insert(at: number, text: string): void {
    this.replace(at, at, text);
  }

  /** Removes a piece, but keeps the ends of its lines. */
  blank(start: number, end: number): void {
    this.replace(start, end, this.#source.slice(start, end).replace(/[^\n]/g, " "));
  }

  /** The changed text, and the way back from an offset in it to one in the source. */
  apply(): { text: string; origin: (offset: number) => number } {
    const edits = this.#edits
      .map((edit, order) => ({ ...edit, order }))
      .sort((one, other) => one.start - other.start || one.order - other.order);
    let text = "";
    let from = 0;
    const marks: { readonly at: number; readonly source: number; readonly fixed: boolean }[] = [];
    for (const { start, end, text: replacement } of edits) {
      marks.push({ at: text.length, source: from, fixed: false });
      text += this.#source.slice(from, start);
      marks.push({ at: text.length, source: start, fixed: true });
      text += replacement;
      from = Math.max(from, end);
    }
    marks.push({ at: text.length, source: from, fixed: false });
    text += this.#source.slice(from);
    return {
      text,
      origin: (offset) => {
        const mark = marks.filter(({ at }) => at <= offset).at(-1);
        return mark === undefined ? offset : mark.source + (mark.fixed ? 0 : offset - mark.at);
      },
    };
  }
}
