// SPDX-License-Identifier: MIT
// npm run site:pdf: the course as one PDF, with tags and an outline, in site/dist/course.pdf. Run npm run site:build first.
import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { launchChromium } from "./chromium.mjs";
import { serveFolder } from "./serve.mjs";

const dist = path.join(path.dirname(fileURLToPath(import.meta.url)), "dist");
const file = path.join(dist, "course.pdf");
const notebooks = readdirSync(path.join(dist, "notebooks"))
  .filter((name) => name.endsWith(".html"))
  .sort();

const server = await serveFolder(dist);
const browser = await launchChromium();
try {
  const context = await browser.newContext({ serviceWorkers: "block", colorScheme: "light" });
  const page = await context.newPage();
  await page.goto(`${server.url}notebooks/${notebooks[0]}`);
  await page.evaluate(gather, notebooks);
  await page.pdf({
    path: file,
    format: "A4",
    margin: { top: "18mm", bottom: "18mm", left: "16mm", right: "16mm" },
    tagged: true,
    outline: true,
    displayHeaderFooter: true,
    headerTemplate: "<span></span>",
    footerTemplate:
      '<p style="width:100%;text-align:center;font-size:8px"><span class="pageNumber"></span> / <span class="totalPages"></span></p>',
  });
  console.log(`The course is in ${path.relative(process.cwd(), file)}: ${notebooks.length} notebooks.`);
} finally {
  await browser.close();
  await server.close();
}

/**
 * Runs in the page: puts all notebooks behind one another, with their pictures loaded and their ids apart.
 *
 * @param {string[]} names
 */
async function gather(names) {
  const main = /** @type {HTMLElement} */ (document.querySelector("main"));
  main.replaceChildren();
  document.title = "The TSM map tutorial";
  for (const [i, name] of names.entries()) {
    const text = await (await fetch(name)).text();
    const article = new DOMParser().parseFromString(text, "text/html").querySelector("article");
    if (article === null) throw new Error(`${name} has no article`);
    for (const element of article.querySelectorAll("[id]")) element.id = `n${i}-${element.id}`;
    for (const link of article.querySelectorAll("a[href]")) {
      const [target = "", anchor] = (link.getAttribute("href") ?? "").split("#");
      const at = target === "" ? i : names.indexOf(target);
      const id = anchor === undefined ? "top" : anchor;
      if (at >= 0) link.setAttribute("href", `#n${at}-${id}`);
    }
    for (const kept of article.querySelectorAll(".nb-svg > noscript")) kept.replaceWith(...kept.childNodes);
    for (const image of article.querySelectorAll("img")) image.loading = "eager";
    article.id = `n${i}-top`;
    article.style.breakBefore = i === 0 ? "auto" : "page";
    main.append(article);
  }
  await Promise.all([...document.images].map((image) => image.decode().catch(() => undefined)));
}
