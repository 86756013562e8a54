// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { filePages } from "../../site/build/contents.ts";
import type { Repository } from "../../site/build/repository.ts";
import { type RenderedSite, renderSite } from "../../site/build/site.ts";

const NO_ASSETS = {
  styles: { main: "main.css", pages: "pages.css", colours: "colours.css", pictures: "pictures.css" },
  scripts: { main: "main.js", notebook: "notebook.js" },
  imports: { main: ["page.js"] },
};

/** A repository in memory. */
function repositoryOf(files: Record<string, string>): Repository {
  const all: Record<string, string> = { "CONTRIBUTING.md": "# Contributing\n", ...files };
  return {
    read: (file) => all[file] ?? "",
    isFile: (file) => file in all,
    list: (folder, ending) =>
      Object.keys(all).filter(
        (file) =>
          file.startsWith(`${folder}/`) &&
          file.endsWith(ending) &&
          !file.slice(folder.length + 1).includes("/"),
      ),
  };
}

function built(files: Record<string, string>): Promise<RenderedSite> {
  const repository = repositoryOf(files);
  return Promise.resolve().then(() => renderSite(repository, filePages(repository), NO_ASSETS));
}

function notebook(...source: string[]): string {
  const cells = [{ cell_type: "markdown", id: "a", metadata: {}, source }];
  return JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }, null, 1);
}

describe("links", () => {
  it("between documents and notebooks become relative links between pages", async () => {
    const site = await built({
      "docs/a.md": "# A\n\n[b](reference/b.md#part-one) [n](../notebooks/n.ipynb) [self](#a)\n",
      "docs/reference/b.md": "# B\n\n## Part one\n",
      "notebooks/n.ipynb": notebook("# N\n", "\n", "[a](../docs/a.md)"),
    });
    const page = site.pages.get("docs/a.html");

    expect(page).toContain('href="reference/b.html#part-one"');
    expect(page).toContain('href="../notebooks/n.html"');
    expect(page).toContain('href="#a"');
    expect(site.pages.get("notebooks/n.html")).toContain('href="../docs/a.html"');
  });

  it("to a file that is no page lead to its text, line by line", async () => {
    const site = await built({
      "docs/a.md": "# A\n\n[code](../lib/x.ts#L2)\n",
      "lib/x.ts": "let a;\nlet b;\n",
    });

    expect(site.pages.get("docs/a.html")).toContain('href="../source/lib/x.ts.html#L2"');
    expect(site.pages.get("source/lib/x.ts.html")).toContain('id="L2"');
  });
});

describe("the build fails with file and line", () => {
  it.each([
    [
      "a link to a file that is not there",
      { "docs/a.md": "# A\n\ntext\n[x](no.md)\n" },
      "docs/a.md:4: there is no file docs/no.md",
    ],
    [
      "a link to a heading that is not there",
      { "docs/a.md": "# A\n\n[x](#no)\n" },
      'docs/a.md:3: docs/a.html has no heading or line "#no"',
    ],
    [
      "a link into another page that has no such heading",
      { "docs/a.md": "# A\n\n[x](b.md#no)\n", "docs/b.md": "# B\n" },
      'docs/a.md:3: docs/b.html has no heading or line "#no"',
    ],
    [
      "a link out of the repository",
      { "docs/a.md": "# A\n\n[x](../../y.md)\n" },
      "docs/a.md:3: there is no file ../y.md",
    ],
    [
      "a link that is no web address",
      { "docs/a.md": "# A\n\n[x](/etc/passwd)\n" },
      "docs/a.md:3: the link /etc/passwd is neither relative nor https",
    ],
    [
      "an image that is not there",
      { "docs/a.md": "# A\n\n![x](no.png)\n" },
      "docs/a.md:3: there is no file docs/no.png",
    ],
    [
      "an unknown directive",
      { "docs/a.md": "# A\n\n::: warnin\ntext\n:::\n" },
      'docs/a.md:3: there is no directive "warnin"',
    ],
    [
      "a directive that is never opened",
      { "docs/a.md": "# A\n\ntext\n\n:::\n" },
      "docs/a.md:5: this ::: closes nothing",
    ],
    [
      "a dead link in a notebook, at the line of the file",
      { "notebooks/n.ipynb": notebook("# N\n", "\n", "[x](no.ipynb)") },
      "notebooks/n.ipynb:10: there is no file notebooks/no.ipynb",
    ],
    ["a notebook that is no JSON", { "notebooks/n.ipynb": "{\n\n" }, "notebooks/n.ipynb:3: this is not JSON"],
  ])("on %s", async (_, files, message) => {
    await expect(built(files)).rejects.toThrow(message);
  });
});

describe("text", () => {
  it("has boxes, footnotes and unique heading ids", async () => {
    const text =
      "# A\n\n## Same\n\n## Same\n\n> [!WARNING]\n> Mind.[^1]\n\n::: tip\nTry.\n:::\n\n[^1]: Note.\n";
    const page = (await built({ "docs/a.md": text })).pages.get("docs/a.html") ?? "";

    expect(page).toContain('id="same"');
    expect(page).toContain('id="same-1"');
    expect(page).toContain('class="box box-warning" role="note" aria-label="Warning"');
    expect(page).toContain('class="box box-tip"');
    expect(page).toContain('class="footnotes"');
  });
});

describe("the content security policy", () => {
  it("is on every page, and the security notes explain each of its directives", async () => {
    const site = await built({ "docs/a.md": "# A\n", "notebooks/n.ipynb": notebook("# N\n") });
    const policies = [...site.pages].map(
      ([page, html]) =>
        [page, /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? ""] as const,
    );
    const directives = new Set(
      policies.flatMap(([, policy]) => policy.split("; ").map((one) => one.split(" ")[0])),
    );
    const notes = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");

    expect(policies.length).toBeGreaterThan(2);
    expect(
      policies.filter(([, policy]) => !policy.startsWith("default-src 'none'; script-src 'self' 'sha256-")),
    ).toEqual([]);
    expect([...directives].filter((directive) => !notes.includes(`\`${directive} `))).toEqual([]);
  });
});
