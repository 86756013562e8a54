// SPDX-License-Identifier: MIT

/** What a notebook shows for a value: data by MIME type. */
export type MimeBundle = Readonly<Record<string, string>>;

/**
 * Something that a person looks at. A notebook shows the drawing if there is one, and everything else the text,
 * which says the same.
 */
export abstract class Displayable {
  static {
    // How a value tells notebooks, and `console.log`, what to show. The names are symbols that everybody can make,
    // so no notebook and no Node type is needed here.
    const shown = {
      [Symbol.for("Jupyter.display")](this: Displayable): MimeBundle {
        return this.bundle();
      },
      [Symbol.for("nodejs.util.inspect.custom")](this: Displayable): string {
        return this.text;
      },
    };
    Object.defineProperties(Displayable.prototype, Object.getOwnPropertyDescriptors(shown));
  }

  /** What it says, for a terminal and for a screen reader. Lines end with `\n`, except the last. */
  abstract readonly text: string;
  /** The drawing, a whole SVG document. */
  readonly svg: string | undefined;

  constructor(svg?: string) {
    this.svg = svg;
  }

  /** What a notebook shows, by MIME type. */
  bundle(): MimeBundle {
    return this.svg === undefined
      ? { "text/plain": this.text }
      : { "image/svg+xml": this.svg, "text/plain": this.text };
  }

  toString(): string {
    return this.text;
  }
}
