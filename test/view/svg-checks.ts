// SPDX-License-Identifier: MIT
import { expect } from "vitest";
import { DARK } from "../../lib/src/view/dark.ts";

/** Elements of an SVG document in order, with their attributes. Throws when a tag is not closed where it should be. */
export function parseSvg(svg: string): { name: string; attributes: Record<string, string> }[] {
  const open: string[] = [];
  const elements: { name: string; attributes: Record<string, string> }[] = [];
  const outside = svg.replace(
    /<(\/?)([a-z]+)((?: [a-zA-Z0-9:-]+="[^"<]*")*)(\/?)>/g,
    (_, close, name, list, single) => {
      if (close === "/") {
        const last = open.pop();
        if (last !== name) throw new Error(`</${name}> closes <${last}>`);
        return "";
      }
      const pairs = [...list.matchAll(/ ([a-zA-Z:-]+)="([^"]*)"/g)].map(
        ([, key, value]): [string, string] => [key, value],
      );
      if (new Set(pairs.map(([key]) => key)).size !== pairs.length)
        throw new Error(`<${name}> has an attribute twice`);
      elements.push({ name, attributes: Object.fromEntries(pairs) });
      if (single === "") open.push(name);
      return "";
    },
  );
  if (open.length > 0) throw new Error(`<${open.join(">, <")}> is never closed`);
  if (/[<>]|&(?!amp;|lt;|gt;|quot;)/.test(outside))
    throw new Error(`stray markup in: ${outside.slice(0, 200)}`);
  return elements;
}

function luminance(color: string): number {
  const channel = (at: number): number => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** Contrast of two colours, from 1 to 21. @see WCAG 2.1, contrast ratio */
export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** A colour of a picture must have a dark one. */
function expectDark(colour: string | undefined): void {
  if (colour !== undefined && colour !== "none") expect(Object.keys(DARK)).toContain(colour);
}

/** What every picture must keep to, whatever it shows. */
export function expectGoodPicture({ svg, text }: { svg: string; text: string }): void {
  const elements = parseSvg(svg);
  const [root] = elements;
  expect(root?.name).toBe("svg");
  expect(root?.attributes).toMatchObject({ role: "img", xmlns: "http://www.w3.org/2000/svg" });
  expect(root?.attributes["aria-label"]).not.toBe("");
  expect(svg).toMatch(/<title>[^<]+<\/title><desc>[^<]+<\/desc>/);
  expect(elements.filter(({ attributes }) => "id" in attributes || "href" in attributes)).toEqual([]);
  expect(elements.filter(({ name }) => ["script", "image", "foreignObject"].includes(name))).toEqual([]);
  expect(elements.filter(({ name }) => name === "style")).toHaveLength(1);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  for (const { attributes } of elements) for (const part of ["fill", "stroke"]) expectDark(attributes[part]);
  const width = Number(root?.attributes["width"]);
  const height = Number(root?.attributes["height"]);
  for (const { name, attributes } of elements) {
    if (name !== "text" && name !== "rect") continue;
    expect(Number(attributes["x"])).toBeGreaterThanOrEqual(0);
    expect(Number(attributes["x"]) + Number(attributes["width"] ?? 0)).toBeLessThanOrEqual(width);
    expect(Number(attributes["y"]) + Number(attributes["height"] ?? 0)).toBeLessThanOrEqual(height);
  }
  expect(text).not.toMatch(/[ \t]$/m);
  expect(text.split("\n").length).toBeGreaterThan(1);
}
