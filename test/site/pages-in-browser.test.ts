// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axeViolations, endOfRun, type SiteInBrowser, siteInBrowser } from "./browser.ts";

let site: SiteInBrowser;
beforeAll(async () => {
  site = await siteInBrowser();
}, 600_000);
afterAll(() => site?.close());

describe.each(["light", "dark"] as const)(
  "in %s colours, axe finds nothing and the console is silent",
  (colorScheme) => {
    it.each([
      "map.html",
      "races.html",
      "docs/glossary.html",
      "docs/symbols.html",
      "docs/patch-map.html",
      "docs/api/kernel.html",
      "docs/reference/rmi.html",
      "docs/reference/errno.html",
      "docs/reference/designs.html",
      "docs/reference/verdicts.html",
    ])("on %s", async (address) => {
      const { page, problems, close } = await site.open(address, { colorScheme });
      const violations = await axeViolations(page);
      await close();

      expect(violations).toEqual([]);
      expect(problems).toEqual([]);
    });
  },
);

describe("on a phone nothing is wider than the page", () => {
  it.each([
    "index.html",
    "map.html",
    "races.html",
    "notebooks/07-kvm-map-private-memory.html",
    "docs/patch-map.html",
    "docs/api/exploring.html",
    "docs/reference/rmi.html",
  ])("%s", async (address) => {
    const { page, close } = await site.open(address, { viewport: { width: 390, height: 844 } });
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll("h1, h2, h3")]
        .filter((heading) => heading.scrollWidth > heading.clientWidth)
        .map(({ textContent }) => textContent),
    );
    await close();

    expect(excess).toBeLessThanOrEqual(0);
    expect(cut).toEqual([]);
  });
});

describe("the front page", () => {
  it("runs its story to the output that was recorded", async () => {
    const { page, problems, close } = await site.open("index.html");
    const shown = page.locator("live-cell .nb-stdout");
    const recorded = await shown.innerText();
    await page.getByRole("button", { name: "Run cell 1", exact: true }).click();
    const said = await endOfRun(page);
    const now = await shown.innerText();
    await close();

    expect(said).toBe("Cell 1 ran.");
    expect(recorded).toContain("landed: 5 bytes");
    expect(now).toBe(recorded);
    expect(problems).toEqual([]);
  });

  it("shows what was reached in a notebook", async () => {
    const { page, close } = await site.open("notebooks/00-one-ioctl.html");
    await page.locator("#cell-first-dma-predict").getByRole("button", { name: "Edit" }).click();
    await page.locator("#cell-first-dma-predict .cm-content").click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.insertText('predict("00-first-dma", "no");');
    await page.keyboard.press("Control+Enter");
    await endOfRun(page);
    const here = page.locator(".notebook-tasks");
    await here.getByText("guessed").waitFor();
    const inNotebook = await here.innerText();
    await page.goto(`${site.url}index.html`);
    const shown = page.locator('[data-exercises*="00-three-pages"] .path-progress');
    await shown.getByText("guessed").waitFor();
    const text = await shown.innerText();
    await close();

    expect(text).toContain("0 solved, 1 guessed");
    expect(inNotebook).toMatch(/exercises, \d+ predictions.*0 solved, 1 guessed/);
  });

  it("leads from a notebook to its translation and back, each in its language", async () => {
    const { page, problems, close } = await site.open("notebooks/00-one-ioctl.html");
    await page.locator(".notebook-bar [hreflang=de]").click();
    await page.locator("article[lang=de] h1", { hasText: "Ein ioctl" }).waitFor();
    await page.locator(".notebook-bar [hreflang=en]").click();
    await page.locator("article:not([lang]) h1", { hasText: "One ioctl" }).waitFor();
    await close();

    expect(problems).toEqual([]);
  });
});

describe("a recorded picture", () => {
  const FIRST = "notebooks/00-one-ioctl.html";

  it("has its room before its file, which comes once the page is there", async () => {
    const { page, problems, close } = await site.open(FIRST);
    const first = page.locator(".nb-svg > img").first();
    const room = await first.boundingBox();
    await page.waitForFunction(() => document.querySelector<HTMLImageElement>(".nb-svg > img")?.naturalWidth);
    const shown = await first.boundingBox();
    const name = await first.getAttribute("alt");
    await close();

    expect(room).toEqual(shown);
    expect(name).not.toBe("");
    expect(problems).toEqual([]);
  });

  it("is there without scripts too", async () => {
    const { page, close } = await site.open(FIRST, { javaScriptEnabled: false });
    const pictures = page.locator(".nb-svg img");
    const count = await pictures.count();
    await pictures.last().scrollIntoViewIfNeeded();
    const response = await page.request.get(
      new URL((await pictures.last().getAttribute("src")) ?? "", page.url()).href,
    );
    const box = await pictures.last().boundingBox();
    await close();

    expect(count).toBeGreaterThan(5);
    expect(response.headers()["content-type"]).toContain("svg");
    expect(box?.height).toBeGreaterThan(100);
  });
});

describe("the contents of a page", () => {
  it("mark the heading that is being read, also where two stand in one cell", async () => {
    const { page, close } = await site.open("notebooks/15-what-happened-next.html");
    const marked = page.locator(".on-page a[aria-current]");
    await page.locator("h2", { hasText: "What is open" }).evaluate((heading) => heading.scrollIntoView());
    await marked.filter({ hasText: "What is open" }).waitFor();
    await page
      .locator("h2", { hasText: "How to read the real code" })
      .evaluate((heading) => heading.scrollIntoView());
    await marked.filter({ hasText: "How to read the real code" }).waitFor();
    const count = await marked.count();
    await close();

    expect(count).toBe(1);
  });
});

describe("the search", () => {
  it("opens by its key, finds a function and goes there by keyboard", async () => {
    const { page, problems, close } = await site.open("docs/fidelity.html");
    await page.keyboard.press("/");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("kvm_gmem_get_pfn");
    await page.locator("[role=option][aria-selected=true]", { hasText: "kvm_gmem_get_pfn" }).waitFor();
    const violations = await axeViolations(page);
    await page.keyboard.press("Enter");
    await page.waitForURL(/kvm_gmem_get_pfn/);
    const target = await page.locator(":target").count();
    await close();

    expect(violations).toEqual([]);
    expect(target).toBe(1);
    expect(problems).toEqual([]);
  });
});

describe("a word of the glossary", () => {
  it("is explained when the keyboard comes to it, until Escape", async () => {
    const { page, close } = await site.open("docs/fidelity.html");
    const word = page.locator("a.term").first();
    await word.focus();
    const bubble = page.getByRole("tooltip");
    await bubble.waitFor();
    const described = await word.getAttribute("aria-describedby");
    const violations = await axeViolations(page);
    await page.keyboard.press("Escape");
    const isThere = await bubble.isVisible();
    await close();

    expect(described).toBe("term-bubble");
    expect(violations).toEqual([]);
    expect(isThere).toBe(false);
  });
});

describe("an exercise", () => {
  it("gives its hints one after another, and the solution after a try", async () => {
    const { page, problems, close } = await site.open("notebooks/00-one-ioctl.html");
    const cell = page.locator("#cell-three-pages");
    const help = cell.locator(".exercise-help pre");
    await cell.scrollIntoViewIfNeeded();
    for (let n = 1; n <= 2; n++) {
      await cell.getByRole("button", { name: `Hint ${n}` }).click();
      await help.nth(n - 1).waitFor();
    }
    const hints = await help.allInnerTexts();
    await cell.getByRole("button", { name: /^Solution/ }).click();
    await help.nth(2).waitFor();
    const solution = await help.nth(2).innerText();
    await close();

    expect(hints.map((text) => text.slice(0, 11))).toEqual(["Hint 1 of 3", "Hint 2 of 3"]);
    expect(solution).toContain("opens after a first try");
    expect(problems).toEqual([]);
  });
});

describe("the races", () => {
  const turns = ".race-turns > li";

  it("are played by buttons and keys, and the address has the state", async () => {
    const { page, problems, close } = await site.open("races.html");
    await page.getByRole("button", { name: "M goes" }).click();
    await page.locator(turns).nth(0).waitFor();
    await page.keyboard.press("p");
    await page.locator(turns).nth(1).waitFor();
    await page.keyboard.press("m");
    await page.locator(turns).nth(2).waitFor();
    await page.keyboard.press("Backspace");
    await page.waitForFunction((list) => document.querySelectorAll(list).length === 2, turns);
    const { hash } = new URL(page.url());
    const violations = await axeViolations(page);
    await page.reload();
    await page.locator(turns).nth(1).waitFor();
    const again = await page.locator(".race-schedule code").innerText();
    await close();

    expect(hash).toBe("#race=map-punch&kernel=rfc-v1&schedule=MP");
    expect(again).toBe("M P");
    expect(violations).toEqual([]);
    expect(problems).toEqual([]);
  });

  it("are won by following the hints", async () => {
    const { page, close } = await site.open("races.html");
    const message = page.locator(".race-message");
    for (let n = 0; n < 40 && (await message.getAttribute("data-outcome")) !== "won"; n++) {
      await page.getByRole("button", { name: "Hint" }).click();
      await message.getByText("One step on the way").waitFor();
      const next = /way: (\w)/.exec(await message.innerText())?.[1] ?? "";
      await page.getByRole("button", { name: `${next} goes` }).click();
      await page.locator(turns).nth(n).waitFor();
    }
    const text = await message.innerText();
    await close();

    expect(text).toMatch(/^You win: /);
  });

  it("say what is wrong with a broken link, and go on", async () => {
    const { page, problems, close } = await site.open("races.html#race=nope&schedule=M2");
    const notice = page.getByRole("alert");
    const said = await notice.locator("p").innerText();
    await page.getByRole("button", { name: "Start with the first race" }).click();
    await page.waitForFunction(() => location.hash.startsWith("#race=map-punch"));
    const isThere = await notice.isVisible();
    await close();

    expect(said).toContain('there is no race "nope"');
    expect(isThere).toBe(false);
    expect(problems).toEqual([]);
  });
});
