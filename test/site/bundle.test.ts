// SPDX-License-Identifier: MIT
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { crc32, inflateRawSync } from "node:zlib";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveFolder } from "../../site/serve.mjs";
import { bundleContents } from "../../tools/bundle/contents.mjs";
import { zip } from "../../tools/bundle/zip.mjs";
import { endOfRun } from "./browser.ts";
import { builtSite } from "./built-site.ts";

const root = path.resolve(import.meta.dirname, "../..");
const BUILD_LIMIT_MS = 300_000;
const RUN_LIMIT_MS = 180_000;
const EXECUTABLES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = EXECUTABLES.find((file) => existsSync(file));
/** On a person's machine the test may be without a browser, and says so; CI must have one. */
const noBrowser = executablePath === undefined && !process.env["CI"];

/** The files of an archive, found by its directory as a program that unpacks does. */
function unzip(archive: Buffer): Map<string, Buffer> {
  const end = archive.length - 22;
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [checksum, packed] = [archive.readUInt32LE(at + 16), archive.readUInt32LE(at + 20)];
    const name = archive.toString("utf8", at + 46, at + 46 + archive.readUInt16LE(at + 28));
    const local = archive.readUInt32LE(at + 42);
    const body = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const content = inflateRawSync(archive.subarray(body, body + packed));
    if (crc32(content) !== checksum) throw new Error(`the checksum of ${name} is wrong`);
    files.set(name, content);
    at += 46 + archive.readUInt16LE(at + 28);
  }
  return files;
}

describe("a zip archive", () => {
  const files = new Map([
    ["b/ä.txt", Buffer.from("second")],
    ["a.txt", Buffer.alloc(100_000, "first")],
    ["empty", Buffer.alloc(0)],
  ]);

  it("gives back what was put in, in order of names", () => {
    const out = unzip(zip(files));

    expect([...out.keys()]).toEqual(["a.txt", "b/ä.txt", "empty"]);
    for (const [name, content] of files) expect(out.get(name)).toEqual(content);
  });

  it("is the same bytes for the same files, whatever their order", () => {
    expect(zip(new Map([...files].reverse()))).toEqual(zip(files));
  });
});

describe("the bundle", () => {
  const folder = path.join(root, ".cache", "bundle");
  let files: Map<string, Buffer>;
  beforeAll(async () => {
    files = unzip(zip(bundleContents(root, await builtSite())));
    rmSync(folder, { recursive: true, force: true });
    for (const [name, content] of files) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), content);
    }
  }, BUILD_LIMIT_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("has the notebooks as they are in the course", () => {
    const names = readdirSync(path.join(root, "notebooks")).filter((name) => name.endsWith(".ipynb"));

    expect(names.length).toBeGreaterThan(0);
    const same = (name: string): boolean =>
      files.get(`notebooks/${name}`)?.equals(readFileSync(path.join(root, "notebooks", name))) === true;
    expect(names.filter((name) => !same(name))).toEqual([]);
  });

  it("has every file that its service worker fetches: one that is missing would undo all of it", () => {
    const [, list = ""] = /^const FILES = (.*);$/m.exec(String(files.get("site/sw.js"))) ?? [];
    const fetched: string[] = JSON.parse(list);

    expect(fetched.length).toBeGreaterThan(2);
    expect(fetched.filter((file) => !files.has(`site/${file}`))).toEqual([]);
  });

  it("has everything that its start page links to", () => {
    const page = String(files.get("index.html"));
    const links = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, to]) => to ?? "");
    const local = links.filter((to) => !to.startsWith("http://127.0.0.1:"));

    expect(local.length).toBeGreaterThan(2);
    expect(local.filter((to) => !files.has(to))).toEqual([]);
  });

  describe.skipIf(noBrowser)("opened from a file server, with nothing else to reach", () => {
    let browser: Browser;
    let server: Awaited<ReturnType<typeof serveFolder>>;
    beforeAll(async () => {
      if (executablePath === undefined) throw new Error("CI must have Chromium: apt-get install chromium");
      const noNames = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";
      const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", noNames];
      browser = await chromium.launch({ executablePath, args });
      server = await serveFolder(folder);
    });
    afterAll(async () => {
      await browser?.close();
      await server?.close();
    });

    it(
      "leads to a notebook whose cells run, and asks for nothing from elsewhere",
      async () => {
        const context = await browser.newContext();
        const page = await context.newPage();
        const problems: string[] = [];
        const note = (what: string): void => void problems.push(what);
        page.on("pageerror", (error) => note(String(error)));
        page.on("console", (message) => {
          if (["error", "warning"].includes(message.type())) note(message.text());
        });
        context.on("request", (request) => {
          const isOurs = request.url().startsWith(server.url) || /^(?:data|blob):/.test(request.url());
          if (!isOurs) note(`request to ${request.url()}`);
        });

        await page.goto(server.url);
        await page.getByRole("link", { name: /One ioctl/ }).click();
        await page.getByRole("button", { name: "Run all" }).click();
        const said = await endOfRun(page);
        await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
        await server.close();
        await page.goto(`${server.url}site/notebooks/01-memslots.html`);
        const title = await page.locator("h1").first().textContent();
        await context.close();

        expect(said).toMatch(/ran\.$/);
        expect(title).toMatch(/memslots/i);
        expect(problems).toEqual([]);
      },
      RUN_LIMIT_MS,
    );
  });
});
