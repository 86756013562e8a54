// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Output, parseNotebook } from "../../site/ipynb/index.ts";
import { collect, type Displays } from "../../site/runtime/collect.ts";
import type { RunReply, RunRequest } from "../../site/runtime/protocol.ts";
import { axeViolations, endOfRun, type SiteInBrowser, siteInBrowser } from "./browser.ts";
import { firstDifference, plainOutput } from "./differences.ts";

const root = path.resolve(import.meta.dirname, "../..");
const names = readdirSync(path.join(root, "notebooks"))
  .filter((name) => name.endsWith(".ipynb"))
  .map((name) => name.replace(/\.ipynb$/, ""));

/** First load of a notebook's page, compressed, without the editor and the worker. */
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

/** The outputs of each run, from what was said. */
function outputsOfRuns(heard: readonly (RunRequest | RunReply)[]): Map<string, Output[]> {
  const displays: Displays = new Map();
  const requests = new Map<number, { source: string; number: number; outputs: Output[] }>();
  for (const message of heard) {
    if ("source" in message) requests.set(message.id, { ...message, outputs: [] });
    const run = requests.get(message.id);
    if (run && "kind" in message && message.kind === "output") {
      for (const one of message.messages) collect(run.outputs, one, run.number, displays);
    }
  }
  return new Map([...requests.values()].map(({ number, outputs }) => [String(number), outputs]));
}

describe.each(names)("the page of notebook %s", (name) => {
  it("weighs little, and runs every cell to the bytes that Jupyter recorded, without a complaint", async () => {
    const { page, problems, received, close } = await site.open(`notebooks/${name}.html`, {
      before: recordWorkers,
    });
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
    expect(firstLoad).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
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
