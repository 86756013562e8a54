// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KernelClient } from "../../tools/kernel-client.mjs";
import { ROOT } from "../start/environment.ts";

const HUB = path.join(ROOT, "deploy", "jupyterhub");

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "a user "));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Does what a user's server does before it starts. */
function makeCopies(folder: string): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(HUB, "user-copies.mjs"), folder],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function text(file: string): string {
  return readFileSync(path.join(HUB, file), "utf8");
}

describe("a user of the hub", () => {
  it("gets copies of all notebooks, once", () => {
    const folder = path.join(home, "tsm-map");
    makeCopies(folder);
    writeFileSync(path.join(folder, "00-one-ioctl.ipynb"), "the user's own text");
    const said = makeCopies(folder);

    const notebooks = readdirSync(path.join(ROOT, "notebooks")).filter((name) => name.endsWith(".ipynb"));
    expect(readdirSync(folder).filter((name) => name.endsWith(".ipynb"))).toEqual(notebooks.sort());
    expect([said, readFileSync(path.join(folder, "00-one-ioctl.ipynb"), "utf8")]).toEqual([
      "",
      "the user's own text",
    ]);
  });

  it("has the library in the kernel, outside the course's folder", async () => {
    const folder = path.join(home, "tsm-map");
    makeCopies(folder);
    const kernel = await KernelClient.start({ cwd: folder });
    try {
      const { reply } = await kernel.execute('import { boot } from "tsm-map-sim";\nboot();');

      expect(reply["status"]).toBe("ok");
    } finally {
      await kernel.kill();
    }
  });
});

describe("the hub's configuration", () => {
  it("names no address but the loopback interface's", () => {
    const addresses = [...text("jupyterhub_config.py").matchAll(/https?:\/\/([^:/"]+)/g)].map(
      ([, host]) => host,
    );

    expect(addresses.length).toBeGreaterThan(0);
    expect(new Set(addresses)).toEqual(new Set(["127.0.0.1"]));
    expect(text("jupyterhub_config.py")).toContain('c.Spawner.ip = "127.0.0.1"');
  });

  it("uses only files that are there", () => {
    const named = [...text("jupyterhub_config.py").matchAll(/HUB \/ "([^"]+)"/g)].map(
      ([, name]) => name ?? "",
    );
    const ours = named.filter((name) => !name.startsWith("node_modules/") && name !== ".cache");

    expect(ours).toEqual(["user-server"]);
    expect(ours.filter((name) => !existsSync(path.join(HUB, name)))).toEqual([]);
  });

  it("pins the JupyterLab that the course pins", () => {
    const pin = /^jupyterlab==\S+/m;

    expect(pin.exec(text("requirements.txt"))?.[0]).toBe(
      pin.exec(readFileSync(path.join(ROOT, "requirements.txt"), "utf8"))?.[0],
    );
    expect(text("requirements.txt")).toMatch(/^jupyterhub==\d/m);
    expect(JSON.parse(text("package.json")).dependencies["configurable-http-proxy"]).toMatch(
      /^\d+\.\d+\.\d+$/,
    );
  });
});
