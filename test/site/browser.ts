// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { launchChromium } from "../../site/chromium.mjs";
import { SCROLLERS } from "../../site/client/reading.ts";
import { serveFolder } from "../../site/serve.mjs";
import { builtSite } from "./built-site.ts";

/** Not the root of the server: the site has to work below any path. */
const PREFIX = "/some/where/";

/** The built site, served on this machine, and a browser to look at it with. */
export interface SiteInBrowser {
  readonly url: string;
  readonly folder: string;
  /** A page in a context of its own, and what went wrong on it so far. */
  open(address: string, options?: OpenOptions): Promise<OpenPage>;
  close(): Promise<void>;
}

/** How a page is opened. */
export interface OpenOptions extends BrowserContextOptions {
  /** Runs on the page before its own scripts. */
  readonly before?: () => void;
}

/** A page, and what must not happen on it. */
export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings on the console, exceptions, and requests to elsewhere. */
  readonly problems: string[];
  /** Sum of the bodies that the server has sent, in bytes, compressed. */
  received(): Promise<number>;
  close(): Promise<void>;
}

/** Builds the site and starts the system's Chromium. */
export async function siteInBrowser(): Promise<SiteInBrowser> {
  const folder = await builtSite();
  const server = await serveFolder(folder, { prefix: PREFIX });
  const browser = await launchChromium();
  return {
    url: server.url,
    folder,
    open: (address, options) => openPage(browser, server.url, address, options),
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

async function openPage(
  browser: Browser,
  url: string,
  address: string,
  { before, ...options }: OpenOptions = {},
): Promise<OpenPage> {
  // The service worker fetches the whole site; the test of offline use alone lets it.
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    serviceWorkers: "block",
    ...options,
  });
  if (before) await context.addInitScript(before);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    const isExpected = message.text().includes("Service Worker registration blocked");
    if (["error", "warning"].includes(message.type()) && !isExpected) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    const isOurs = request.url().startsWith(url) || /^(?:data|blob):/.test(request.url());
    if (!isOurs) problems.push(`request to ${request.url()}`);
  });
  const sizes: Promise<number>[] = [];
  page.on("requestfinished", (request) => {
    const size = request.sizes().then((one) => one.responseBodySize);
    // A page may be closed while this is on its way; who asks for what was received is told all the same.
    size.catch(() => undefined);
    sizes.push(size);
  });
  await page.goto(url + address, { waitUntil: "load" });
  const received = async (): Promise<number> =>
    (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  return { page, problems, received, close: () => context.close() };
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong on a page, one line each. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  // What scrolls is made reachable when the page has nothing else to do; on a busy machine that takes a moment.
  await page.waitForFunction(
    (scrollers) =>
      [...document.querySelectorAll<HTMLElement>(scrollers)].every(
        (box) => box.scrollWidth <= box.clientWidth || box.tabIndex === 0,
      ),
    SCROLLERS,
  );
  // Cells that are far from the window, and so not laid out, are looked at too.
  await page.evaluate(() => {
    for (const cell of document.querySelectorAll<HTMLElement>(".nb-cell"))
      cell.style.contentVisibility = "visible";
  });
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0]?.html.slice(0, 200)}`);
  });
}

/** Waits until the page says that a run has ended, and gives the sentence. */
export async function endOfRun(page: Page): Promise<string> {
  const region = page.locator("body > [role=status]");
  await page.waitForFunction(
    () =>
      /^Cell \d+ (?:ran|failed|was)/.test(document.querySelector("body > [role=status]")?.textContent ?? ""),
    undefined,
    { timeout: 60_000 },
  );
  const said = (await region.textContent()) ?? "";
  await region.evaluate((element) => {
    element.textContent = "";
  });
  return said;
}
