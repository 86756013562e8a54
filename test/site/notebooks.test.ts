// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseNotebook } from "../../site/ipynb/index.ts";
import type { RunReply, RunRequest } from "../../site/runtime/protocol.ts";
import { axeViolations, endOfRun, type SiteInBrowser, siteInBrowser } from "./browser.ts";
import { firstDifference, plainOutput } from "./differences.ts";
import { outputsOfRuns } from "./runs.ts";

const root = path.resolve(import.meta.dirname, "../..");
const names = ["", "de/"].flatMap((folder) =>
  readdirSync(path.join(root, "notebooks", folder))
    .filter((name) => name.endsWith(".ipynb"))
    .map((name) => folder + name.replace(/\.ipynb$/, "")),
);

/**
 * First load of a notebook's page: all that the browser fetches, compressed with gzip, for a window of 1280 by 900 until
 * the network is quiet and before anyone scrolls, points or presses a key: the document, styles, scripts, the icon, and
 * the recorded pictures that are near. The editor, the worker and what comes later are not in it.
 */
const FIRST_LOAD_BYTES = 30 * 1024;

let site: SiteInBrowser;
beforeAll(async () => {
  site = await siteInBrowser();
}, 120_000);
afterAll(() => site?.close());

/** Notes all that the page and its worker say to each other. */
function recordWorkers(): void {
  const heard: unknown[] = [];
  Object.assign(globalThis, { heard });
  globalThis.Worker = class extends Worker {
    constructor(...parameters: ConstructorParameters<typeof Worker>) {
      super(...parameters);
      this.addEventListener("message", ({ data }) => heard.push(data));
    }
    override postMessage(message: unknown): void {
      heard.push(message);
      super.postMessage(message);
    }
  };
}

/** Runs on the page: near is what the page itself takes for near. */
function nearPicturesAreHere(): boolean {
  const near = [...document.images].filter(
    (image) => image.getBoundingClientRect().top < window.innerHeight + 600,
  );
  return near.every(({ naturalWidth }) => naturalWidth > 0);
}

describe.each(names)("the page of notebook %s", (name) => {
  it("weighs little, and runs every cell to the bytes that Jupyter recorded, without a complaint", async () => {
    const { page, problems, received, close } = await site.open(`notebooks/${name}.html`, {
      before: recordWorkers,
    });
    await page.waitForFunction(nearPicturesAreHere);
    await page.waitForLoadState("networkidle");
    const firstLoad = await received();

    await page.getByRole("button", { name: "Run all" }).click();
    const said = await endOfRun(page);
    const heard = await page.evaluate(
      () => (globalThis as unknown as { heard: (RunRequest | RunReply)[] }).heard,
    );
    await close();

    expect(said).toMatch(/ran\.$/);
    const ran = outputsOfRuns(heard);
    const { cells } = parseNotebook(readFileSync(path.join(root, "notebooks", `${name}.ipynb`), "utf8"));
    const differences = cells.flatMap((cell) =>
      cell.kind !== "code" || cell.source.trim() === ""
        ? []
        : firstDifference(cell.id, cell.outputs.map(plainOutput), ran.get(String(cell.executionCount))),
    );
    expect(differences).toEqual([]);
    expect(problems).toEqual([]);
    expect(firstLoad).toBeGreaterThan(0);
    expect(firstLoad, "first load in bytes").toBeLessThanOrEqual(FIRST_LOAD_BYTES);
  });
});

describe.each(["light", "dark"] as const)("in %s colours, axe finds nothing", (colorScheme) => {
  it.each(["index.html", "docs/architecture.html", "docs/fidelity.html", "source/README.md.html"])(
    "on %s",
    async (address) => {
      const { page, close } = await site.open(address, { colorScheme });
      const violations = await axeViolations(page);
      await close();

      expect(violations).toEqual([]);
    },
  );

  it("on a notebook before and after it runs, and with an open editor", async () => {
    const { page, close } = await site.open("notebooks/00-one-ioctl.html", { colorScheme });
    const before = await axeViolations(page);
    await page.getByRole("button", { name: "Run all" }).click();
    await endOfRun(page);
    await page.locator("live-cell").nth(1).getByRole("button", { name: "Edit" }).click();
    await page.locator("live-cell .cm-editor").waitFor();
    const after = await axeViolations(page);
    await close();

    expect(before).toEqual([]);
    expect(after).toEqual([]);
  });
});

describe("a learner", () => {
  const KEY = "tsm-map:notebook:notebooks/00-one-ioctl.ipynb";
  const FIRST = "notebooks/00-one-ioctl.html";

  /** A code cell by its id in the notebook. */
  const cellOf = (page: Page, id: string): Locator => page.locator(`live-cell[data-id="${id}"]`);

  /** Opens the editor of a cell, if it is not open, and replaces its text. */
  async function write(page: Page, id: string, text: string): Promise<void> {
    const edit = cellOf(page, id).getByRole("button", { name: "Edit" });
    if (await edit.isVisible()) await edit.click();
    await cellOf(page, id).locator(".cm-content").click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.insertText(text);
  }

  it("stops an endless loop, and the next run has its machine again", async () => {
    const { page, problems, close } = await site.open(FIRST);
    await write(page, "memory", "while (true) {}");
    await page.keyboard.press("Control+Enter");
    await cellOf(page, "memory").getByRole("button", { name: "Stop" }).click();
    const stopped = await endOfRun(page);
    await write(page, "memory", "host.sys.open('/dev/kvm')");
    await page.keyboard.press("Control+Enter");
    await endOfRun(page);
    const shown = await cellOf(page, "memory").locator(".nb-outputs").innerText();
    await close();

    expect(stopped).toMatch(/was stopped/);
    expect(shown).toBe("3");
    expect(problems).toEqual([]);
  });

  it("walks and works by keyboard alone", async () => {
    const { page, close } = await site.open(FIRST);
    const focused = (): Promise<string | undefined> =>
      page.evaluate(() => (document.activeElement as HTMLElement).dataset["id"]);
    await page.keyboard.press("Tab");
    const first = await page.evaluate(() => document.activeElement?.textContent);
    const cells = page.locator("live-cell");
    const [one, two] = [
      await cells.nth(0).getAttribute("data-id"),
      await cells.nth(1).getAttribute("data-id"),
    ];
    await cells.first().focus();
    await page.keyboard.press("ArrowDown");
    const afterDown = await focused();
    await page.keyboard.press("k");
    const afterUp = await focused();
    await page.keyboard.press("Enter");
    await cells.first().locator(".cm-content").waitFor();
    await page.keyboard.press("ControlOrMeta+End");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    const afterEscape = await focused();
    await page.keyboard.press("Shift+Enter");
    await endOfRun(page);
    const afterRun = await focused();
    await close();

    expect(first).toBe("Skip to content");
    expect([afterDown, afterUp, afterEscape, afterRun]).toEqual([two, one, one, two]);
  });

  it("sees the line that an error came by", async () => {
    const { page, close } = await site.open(FIRST);
    await write(page, "memory", "const a = 1;\nnull!.foo;");
    await page.keyboard.press("Control+Enter");
    const said = await endOfRun(page);
    const marked = await cellOf(page, "memory").locator(".failed-line").innerText();
    const shown = await cellOf(page, "memory").locator(".nb-error pre").innerText();
    await close();

    expect(said).toMatch(/failed at line 2/);
    expect(marked).toBe("null!.foo;");
    expect(shown).toContain("  2 | null!.foo;");
  });

  it("finds their text and what they reached again after a reload, until they reset it", async () => {
    const { page, close } = await site.open(FIRST);
    const mine = 'check("00-three-pages", { start_gpa: 0x8000_5000, end_gpa: 0x8000_8000 });';
    await write(page, "three-pages", mine);
    await page.keyboard.press("Control+Enter");
    await endOfRun(page);
    await page.reload();
    const cell = cellOf(page, "three-pages");
    const afterReload = await cell.locator(".cell-source").innerText();
    const stored = await page.evaluate((key) => localStorage.getItem(key), KEY);
    await cell.getByRole("button", { name: "Reset" }).click();
    await page.reload();
    const afterReset = await cell.locator(".cell-source").innerText();
    await close();

    expect(afterReload).toBe(mine);
    expect(JSON.parse(stored ?? "").accepted).toEqual(["00-three-pages"]);
    expect(afterReset).not.toBe(mine);
  });

  it.each([
    ["Keep mine", "mine"],
    ["Take the new one", "showGranules(host);"],
  ])("gets both versions when the course has changed: %s", async (choice, expected) => {
    const { page, close } = await site.open(FIRST);
    const record = { cells: { memory: { text: "mine", base: "another" } }, accepted: [] };
    await page.evaluate(([key, text]) => localStorage.setItem(key, text), [
      KEY,
      JSON.stringify(record),
    ] as const);
    await page.reload();
    await cellOf(page, "memory").getByRole("button", { name: choice }).click();
    await page.reload();
    const text = await cellOf(page, "memory").locator(".cell-source").textContent();
    const notices = await page.locator(".cell-notice").count();
    await close();

    expect(text?.trim()).toBe(expected);
    expect(notices).toBe(0);
  });

  it("is told when what was kept cannot be read, and it is not lost", async () => {
    const { page, close } = await site.open(FIRST);
    await page.evaluate((key) => localStorage.setItem(key, "{"), KEY);
    await page.reload();
    const message = await page.locator(".notebook-problem").innerText();
    const kept = await page.evaluate((key) => localStorage.getItem(`tsm-map:kept:1:${key}`), KEY);
    await close();

    expect(message).toMatch(/cannot be read/);
    expect(kept).toBe("{");
  });

  it("chooses light or dark for all pages", async () => {
    const { page, close } = await site.open("index.html", { colorScheme: "light" });
    const button = page.getByRole("button", { name: /^Theme/ });
    await button.click();
    await button.click();
    await page.goto(`${site.url}docs/fidelity.html`);
    const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await close();

    expect(background).toBe("rgb(18, 22, 27)");
  });

  it("reads and runs without a network after the first visit", async () => {
    const { page, problems, close } = await site.open("index.html", { serviceWorkers: "allow" });
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.context().setOffline(true);
    await page.goto(`${site.url}${FIRST}`);
    await page.locator("live-cell").first().getByRole("button", { name: "Run cell 1", exact: true }).click();
    const said = await endOfRun(page);
    await close();

    expect(said).toBe("Cell 1 ran.");
    expect(problems).toEqual([]);
  });
});
