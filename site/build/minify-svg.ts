// SPDX-License-Identifier: MIT

/**
 * The same picture in fewer bytes: without what no one sees in an `<img>`, which has its words from the page; with
 * coordinates to a tenth of a pixel, and paths in steps, so that a hatching is one line over and over.
 */
export function minifySvg(svg: string): string {
  return svg
    .replace(/<(title|desc)>[^<]*<\/\1>/g, "")
    .replace(/<text\b[^>]*><\/text>/g, "")
    .replace(/ d="([^"]*)"/g, (attribute, path: string) =>
      STRAIGHT.test(path) ? ` d="${inSteps(path)}"` : attribute,
    )
    .replace(/ (x|y|x1|y1|x2|y2|cx|cy|r|width|height)="(\d+\.\d{2,})"/g, (_, name: string, value: string) => {
      return ` ${name}="${tenth(Number(value))}"`;
    });
}

/** Paths of straight lines between absolute points. */
const STRAIGHT = /^(?:[MLHVZ][\d. -]*)+$/;

function inSteps(path: string): string {
  let [x, y] = [0, 0];
  let [startX, startY] = [0, 0];
  return [...path.matchAll(/([MLHVZ])([^MLHVZ]*)/g)]
    .flatMap(([, command = "", text = ""]) => {
      const numbers = text.trim().split(/[ ,]+/).map(Number);
      if (command === "Z") {
        [x, y] = [startX, startY];
        return "z";
      }
      const steps: string[] = [];
      const arity = command === "H" || command === "V" ? 1 : 2;
      for (let i = 0; i < numbers.length; i += arity) {
        const toX = command === "V" ? x : rounded(numbers[i] ?? 0);
        const toY = command === "H" ? y : rounded(numbers[i + arity - 1] ?? 0);
        const isStart = command === "M" && i === 0;
        steps.push(`${isStart ? "m" : "l"}${tenth(toX - x)} ${tenth(toY - y)}`);
        [x, y] = [toX, toY];
        if (isStart) [startX, startY] = [x, y];
      }
      return steps;
    })
    .join("");
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function tenth(value: number): string {
  return String(rounded(value));
}
