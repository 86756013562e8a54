// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axeViolations, endOfRun, type SiteInBrowser, siteInBrowser } from "./browser.ts";

let site: SiteInBrowser;
beforeAll(async () => {
  site = await siteInBrowser();
}, 600_000);
afterAll(() => site?.close());

const SLIDES = "slides/00-one-ioctl.html";

describe("slides", () => {
  it("move by the keyboard, and the address says where they are", async () => {
    const { page, problems, close } = await site.open(SLIDES);
    await page.locator(".reveal.ready").waitFor();
    await page.keyboard.press("ArrowRight");
    await page.waitForURL(/#\/1/);
    const shown = await page.locator(".slides > section.present").innerText();
    await close();

    expect(shown).not.toBe("");
    expect(problems).toEqual([]);
  });

  it("have cells that run, with keys of their own", async () => {
    const { page, problems, close } = await site.open(SLIDES);
    await page.locator(".reveal.ready").waitFor();
    await page.evaluate(() => {
      document.querySelector<HTMLElement>("live-cell")?.focus();
    });
    const before = page.url();
    await page.keyboard.press("Control+Enter");
    const said = await endOfRun(page);
    await page.keyboard.press("k");
    const after = page.url();
    await close();

    expect(said).toBe("Cell 1 ran.");
    expect(after).toBe(before);
    expect(problems).toEqual([]);
  });
});

describe.each(["light", "dark"] as const)("in %s colours, axe finds nothing", (colorScheme) => {
  it.each([SLIDES, "poster.html"])("on %s", async (address) => {
    const { page, close } = await site.open(address, { colorScheme });
    const violations = await axeViolations(page);
    await close();

    expect(violations).toEqual([]);
  });
});

describe("a link to a step of a recorded run", () => {
  const PAGE = "notebooks/10-when-things-go-wrong.html";

  it("opens the run at that step", async () => {
    const { page, problems, close } = await site.open(`${PAGE}#step=retry:3`);
    const now = page.locator('#cell-retry [data-part="now"]');
    await now.waitFor();
    await page.waitForFunction(() =>
      document.querySelector('#cell-retry [data-part="now"]')?.textContent?.startsWith("Step 3 of"),
    );
    await close();

    expect(problems).toEqual([]);
  });

  it.each(["#step=retry:9999", "#step=nowhere:1", "#step=%%"])(
    "that is broken, %s, gets a sentence, and what was kept stays",
    async (hash) => {
      const { page, problems, close } = await site.open(PAGE);
      const key = "tsm-map:notebook:notebooks/10-when-things-go-wrong.ipynb";
      const kept = JSON.stringify({ cells: { retry: { text: "mine", base: "b" } }, accepted: [] });
      await page.evaluate(([name, text]) => localStorage.setItem(name, text), [key, kept] as const);
      await page.evaluate((text) => {
        location.hash = text;
      }, hash);
      const said = await page.locator(".notebook-problem", { hasText: "leads nowhere" }).innerText();
      const after = await page.evaluate((name) => localStorage.getItem(name), key);
      await close();

      expect(said).toContain("What you wrote is as it was.");
      expect(after).toBe(kept);
      expect(problems).toEqual([]);
    },
  );
});

describe("the words of a recorded picture", () => {
  it("unfold in their place", async () => {
    const { page, close } = await site.open("notebooks/00-one-ioctl.html");
    const twin = page.locator(".nb-twin").first();
    await twin.locator("summary").click();
    const words = await twin.locator("pre").innerText();
    await close();

    expect(words).toMatch(/\S/);
  });
});
