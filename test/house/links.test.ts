// SPDX-License-Identifier: MIT
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join("docs", name)),
];

it.each(pages)("%s links to files that are there", (page) => {
  const text = readFileSync(path.join(root, page), "utf8").replace(/```[\s\S]*?```/g, "");
  const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, to]) => to ?? "");
  const local = links.filter((to) => !/^[a-z]+:/.test(to));

  expect(local.filter((to) => !existsSync(path.join(root, path.dirname(page), to)))).toEqual([]);
});

it("README lists every notebook", () => {
  const readme = readFileSync(path.join(root, "README.md"), "utf8");
  const names = readdirSync(path.join(root, "notebooks")).filter((name) => name.endsWith(".ipynb"));

  expect(names.filter((name) => !readme.includes(`(notebooks/${name})`))).toEqual([]);
});
