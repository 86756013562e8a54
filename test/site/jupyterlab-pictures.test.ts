// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boot } from "../../lib/src/boot.ts";
import { showGranules } from "../../lib/src/view/granules.ts";
import { launchChromium } from "../../site/chromium.mjs";

const FOLDER = new URL("../../kernel/labextensions/tsm-map-pictures/", import.meta.url);
const picture = showGranules(boot({ memory: 16 * 4096 }));

/** An output as JupyterLab makes it of an SVG. */
function outputOf(svg: string): string {
  return `<div class="jp-RenderedSVG"><img src="data:image/svg+xml,${encodeURIComponent(svg).replace(/'/g, "%27")}"></div>`;
}

interface LabExtension {
  readonly get: (name: string) => Promise<() => { readonly default: { readonly activate: () => void } }>;
}

describe("the extension that names pictures in JupyterLab", () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium();
    page = await browser.newPage();
    await page.setContent(`<main>${outputOf(picture.svg as string)}</main>`);
    await page.addScriptTag({ path: fileURLToPath(new URL("static/remoteEntry.js", FOLDER)) });
    await page.evaluate(async () => {
      const all = (window as unknown as { _JUPYTERLAB: Record<string, LabExtension> })._JUPYTERLAB;
      const factory = await all["tsm-map-pictures"]?.get("./extension");
      factory?.().default.activate();
    });
  });

  afterAll(async () => browser.close());

  it("is described by a package whose script is there", () => {
    const { jupyterlab } = JSON.parse(readFileSync(new URL("package.json", FOLDER), "utf8"));

    expect(existsSync(new URL(jupyterlab._build.load, FOLDER))).toBe(true);
  });

  it("gives a picture its title as a name, and the lines of its text twin to read", async () => {
    const image = page.getByRole("img").first();

    expect(await image.getAttribute("alt")).toBe("Physical memory: 16 of 16 pages (16 Non-secure)");
    expect(
      await image.evaluate((one) => `${(one as HTMLImageElement).alt}\n${one.nextSibling?.textContent}`),
    ).toBe(picture.text);
  });

  it("lets a picture shrink in a narrow window, as long as it can be read", async () => {
    const widthIn = async (width: number): Promise<number> => {
      await page.setViewportSize({ width, height: 600 });
      return page
        .getByRole("img")
        .first()
        .evaluate((image) => image.clientWidth);
    };
    const whole = await widthIn(1400);
    const narrow = await widthIn(Math.round(0.9 * whole));

    expect(narrow).toBeLessThan(0.9 * whole);
    expect(await widthIn(300)).toBe(Math.round(0.7 * whole));
  });

  it("does so for a picture that comes later", async () => {
    const later = outputOf('<svg xmlns="http://www.w3.org/2000/svg"><title>a &lt; b</title></svg>');
    await page.evaluate(
      (html) => document.querySelector("main")?.insertAdjacentHTML("beforeend", html),
      later,
    );

    await page.getByRole("img", { name: "a < b" }).waitFor({ state: "attached" });
    expect(await page.locator(".jp-RenderedSVG").nth(1).locator("div").count()).toBe(0);
  });

  it("leaves an SVG without a title as it is", async () => {
    const plain = outputOf('<svg xmlns="http://www.w3.org/2000/svg"></svg>');
    await page.evaluate(
      (html) => document.querySelector("main")?.insertAdjacentHTML("beforeend", html),
      plain,
    );

    await page.evaluate(() => new Promise((done) => setTimeout(done)));
    expect(await page.locator("img:not([alt])").count()).toBe(1);
  });
});
