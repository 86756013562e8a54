// SPDX-License-Identifier: MIT

/** A moment of a run: what had happened just before, and the pictures as they were then. */
export interface TravelStep {
  /** What happened, in one line. */
  readonly label: string;
  /** Who did it: an actor of the trace; `""` for the start and for checkpoints. */
  readonly actor: string;
  /** Calls around it. */
  readonly depth: number;
  /** Name that the run gave to this moment. */
  readonly checkpoint?: string;
  /** Drawings by the name of the picture, in parts. */
  readonly svg: Readonly<Record<string, string>>;
  /** Text twins by the name of the picture, in lines. */
  readonly text: Readonly<Record<string, string>>;
  /** Everything that held, one fact after the other: what it is about, a tab, and its value. */
  readonly facts: string;
}

/**
 * A run that can be stepped through. It is plain data and can be stored as JSON: a notebook shows it, and so does a
 * page.
 *
 * Drawings, texts and facts are lists of numbers that point into `parts`, such as `"0-13,20,15-40"`. Two moments that
 * look nearly the same then share nearly everything.
 */
export interface TravelRecord {
  readonly title: string;
  /** Names of the pictures, in their order. */
  readonly views: readonly string[];
  readonly parts: readonly string[];
  readonly steps: readonly TravelStep[];
  /** Why the record ends before the run, when it does. */
  readonly cut?: string;
}

/** Collects parts, each once, and writes lists of them. */
export class PartTable {
  readonly parts: string[] = [];
  /** Characters in all parts. */
  size = 0;
  readonly #known = new Map<string, number>();

  #numberOf(part: string): number {
    const known = this.#known.get(part);
    if (known !== undefined) return known;
    this.#known.set(part, this.parts.length);
    this.size += part.length;
    return this.parts.push(part) - 1;
  }

  /** The list of some parts as text: numbers, and `first-last` for numbers that follow each other. */
  encode(parts: readonly string[]): string {
    const numbers = parts.map((part) => this.#numberOf(part));
    const ranges: [number, number][] = [];
    for (const number of numbers) {
      const last = ranges.at(-1);
      if (last !== undefined && last[1] + 1 === number) last[1] = number;
      else ranges.push([number, number]);
    }
    return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
  }
}

/** The parts that a list stands for. */
export function decodeParts(parts: readonly string[], code: string): string[] {
  if (code === "") return [];
  return code.split(",").flatMap((range) => {
    const [from, to = from] = range.split("-").map(Number) as [number, number?];
    return parts.slice(from, to + 1);
  });
}

/** Cuts a drawing before each of its elements. The description is left out: the text twin stands beside the drawing. */
export function svgParts(svg: string): string[] {
  return svg.replace(/<desc>[^<]*<\/desc>/, "").split(/(?=<[a-z])/);
}
