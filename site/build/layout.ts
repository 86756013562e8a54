// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { escapeHtml } from "../ipynb/index.ts";
import { headingsOf } from "./headings.ts";
import { relativeUrl } from "./links.ts";
import { type Page, SECTIONS } from "./page.ts";

/** Name of the site. */
export const SITE_TITLE = "The TSM map tutorial";

/** Files that pages load, from the site's root. */
export interface Assets {
  /**
   * By name: `main` is for every page, `pages` for those that are no notebooks, `colours` for code,
   * `pictures` for pictures within the page, `slides` for slides.
   */
  readonly styles: Readonly<Record<string, string>>;
  /** By entry name. */
  readonly scripts: Readonly<Record<string, string>>;
  /** What a script imports at once, by entry name. */
  readonly imports: Readonly<Record<string, readonly string[]>>;
}

/** Sets the chosen colours before the first paint. */
const THEME_SCRIPT =
  'try{document.documentElement.dataset.theme=localStorage.getItem("tsm-map:theme")||"system"}catch{}';

/**
 * Nothing is loaded from elsewhere, and no text becomes code on a page; only the worker that runs cells, which has a
 * policy of its own, may do that. Attributes may style: the pictures' sizes stand in them.
 */
function securityPolicy(): string {
  const theme = `'sha256-${createHash("sha256").update(THEME_SCRIPT).digest("base64")}'`;
  return [
    "default-src 'none'",
    `script-src 'self' ${theme}`,
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** A notebook's page is light: it has a budget. */
function stylesOf(page: Page): readonly string[] {
  if (page.frame === "slides") return ["main", "colours", "pictures", "slides"];
  return page.source.endsWith(".ipynb") ? ["main", "colours"] : ["main", "pages", "colours", "pictures"];
}

/** The site's root as seen from a page. */
export function rootOf(page: Page): string {
  return "../".repeat(page.path.split("/").length - 1) || "./";
}

/** A whole page around its content. All addresses are relative, so that the site works below any path. */
export function layout(page: Page, content: string, pages: readonly Page[], assets: Assets): string {
  const to = (target: string): string => relativeUrl(page.path, target);
  const script = (name: string): string =>
    `<script type="module" src="${to(assets.scripts[name] ?? `missing-${name}.js`)}"></script>`;
  const style = (name: string): string =>
    `<link rel="stylesheet" href="${to(assets.styles[name] ?? `missing-${name}.css`)}">`;
  const scripts = ["main", ...(page.scripts ?? [])];
  // A browser that reads of an import only in the script asks for it a round trip later.
  const imported = [...new Set(scripts.flatMap((name) => assets.imports[name] ?? []))];
  const preload = (file: string): string => `<link rel="modulepreload" href="${to(file)}">\n`;
  return `<!doctype html>
<html lang="en" data-root="${rootOf(page)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${securityPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title === SITE_TITLE ? page.title : `${page.title} · ${SITE_TITLE}`)}</title>
<meta name="description" content="${escapeHtml(page.description)}">
<meta name="color-scheme" content="light dark">
<script>${THEME_SCRIPT}</script>
${stylesOf(page).map(style).join("\n")}
<link rel="icon" href="${to("icon.svg")}" type="image/svg+xml">
<link rel="manifest" href="${to("manifest.webmanifest")}">
${imported.map(preload).join("")}${scripts.map(script).join("\n")}
</head>
${page.frame === "slides" ? deck(content) : frame(page, content, pages, to)}
</html>
`;
}

function deck(content: string): string {
  return `<body class="deck">
<main id="main">
${content}
</main>
</body>`;
}

/** Head, contents and foot around a page. */
function frame(page: Page, content: string, pages: readonly Page[], to: (target: string) => string): string {
  return `<body>
<a class="skip" href="#main">Skip to content</a>
<header class="site-head">
<button class="menu-button" type="button" popovertarget="contents">Contents</button>
<a class="brand" href="${to("index.html")}">${SITE_TITLE}</a>
<div class="head-tools" id="head-tools"></div>
</header>
<div class="frame">
<nav class="contents" id="contents" aria-label="Contents" popover>
${contents(page, content, pages, to)}
</nav>
<main id="main" tabindex="-1">
${content}
${foot(page, pages, to)}
</main>
</div>
</body>`;
}

function contents(
  page: Page,
  content: string,
  pages: readonly Page[],
  to: (target: string) => string,
): string {
  return SECTIONS.map((section) => {
    const entries = pages.filter((one) => one.section === section);
    const [first] = entries;
    if (first === undefined) return "";
    // A notebook's page is light: from there, the other parts are one link each.
    if (page.source.endsWith(".ipynb") && section !== page.section)
      return `<h2><a href="${to(first.path)}">${section}</a></h2>`;
    const items = entries.map((one) => {
      const label = escapeHtml(one.label ?? one.title);
      if (one.path !== page.path) return `<li><a href="${to(one.path)}">${label}</a></li>`;
      return `<li><a href="${to(one.path)}" aria-current="page">${label}</a>${onThisPage(content)}</li>`;
    });
    return `<h2>${section}</h2>\n<ul>\n${items.join("\n")}\n</ul>`;
  }).join("\n");
}

function onThisPage(content: string): string {
  const headings = headingsOf(content).filter(({ level }) => level === 2);
  if (headings.length < 2) return "";
  const items = headings.map(({ id, html }) => `<li><a href="#${id}">${html}</a></li>`);
  return `\n<ul class="on-page" aria-label="On this page">\n${items.join("\n")}\n</ul>`;
}

function foot(page: Page, pages: readonly Page[], to: (target: string) => string): string {
  const at = pages.findIndex((one) => one.path === page.path);
  const step = (one: Page | undefined, rel: "prev" | "next", word: string): string =>
    one === undefined || at < 0
      ? ""
      : `<a rel="${rel}" href="${to(one.path)}"><span>${word}</span> ${escapeHtml(one.title)}</a>`;
  return `<footer class="page-foot">
<nav class="pager" aria-label="Previous and next page">${step(pages[at - 1], "prev", "Previous")}${step(pages[at + 1], "next", "Next")}</nav>
<p class="edit">Something wrong or unclear? This page is made from <a href="${to(`source/${page.source}.html`)}"><code>${escapeHtml(page.source)}</code></a>.</p>
</footer>`;
}
