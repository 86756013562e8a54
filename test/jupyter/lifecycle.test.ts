// SPDX-License-Identifier: MIT
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { KernelClient, LAUNCHER } from "../../tools/kernel-client.mjs";
import { HERE } from "./notebook.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Waits until a process is gone. */
async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("the kernel", () => {
  it("leaves when asked to, whatever timers a cell left running", async () => {
    const kernel = await KernelClient.start({ cwd: HERE });
    await kernel.execute("setInterval(() => {}, 10);");

    await kernel.shutdown();

    await untilGone(kernel.pid ?? 0);
  });

  it.each([
    ["idle", "1"],
    ["in an endless loop", 'console.log("begun"); for (;;);'],
  ])("exits with its parent while it is %s", async (_, code) => {
    // Another process starts the kernel and runs the cell; it prints the kernel's id, and then dies without a word.
    const parent = spawn(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `import { KernelClient } from ${JSON.stringify(new URL("../../tools/kernel-client.mjs", import.meta.url).href)};
         const kernel = await KernelClient.start({ cwd: process.cwd() });
         const die = () => { console.log(kernel.pid); setTimeout(() => process.kill(process.pid, "SIGKILL"), 100); };
         kernel.execute(${JSON.stringify(code)}, { onMessage: die });`,
      ],
      { cwd: HERE },
    );
    let printed = "";
    for await (const chunk of parent.stdout) printed += chunk;

    const pid = Number.parseInt(printed, 10);
    expect(pid).toBeGreaterThan(0);
    await untilGone(pid);
  });

  it("says so and ends when somebody else has one of its ports", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const folder = mkdtempSync(path.join(tmpdir(), "ports-"));
    const file = path.join(folder, "connection.json");
    const names = ["shell_port", "control_port", "iopub_port", "stdin_port", "hb_port"];
    const ports = Object.fromEntries(names.map((name) => [name, port]));
    writeFileSync(file, JSON.stringify({ transport: "tcp", ip: "127.0.0.1", key: "k", ...ports }));

    const kernel = spawn(process.execPath, [LAUNCHER, file], {
      cwd: HERE,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    kernel.stderr.on("data", (chunk) => {
      said += chunk;
    });
    const status = await new Promise((resolve) => kernel.once("close", resolve));
    other.close();
    rmSync(folder, { recursive: true });

    expect(status).toBe(1);
    expect(said).toMatch(/^The kernel cannot listen on its ports: Address already in use\n$/);
  });

  it("is started with other ports when the first ones were taken in the meantime", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "ports-"));
    const file = path.join(folder, "kernel.cjs");
    const tried = JSON.stringify(path.join(folder, "tried"));
    writeFileSync(
      file,
      `const fs = require("node:fs");
      const isFirst = !fs.existsSync(${tried});
      fs.writeFileSync(${tried}, "");
      if (isFirst) {
        console.error("The kernel cannot listen on its ports: taken");
        process.exit(1);
      }
      require(${JSON.stringify(LAUNCHER)});`,
    );

    const kernel = await KernelClient.start({ cwd: HERE, command: [process.execPath, file] });
    const { reply } = await kernel.execute("1 + 1");
    await kernel.shutdown();
    rmSync(folder, { recursive: true });

    expect(reply["status"]).toBe("ok");
  });

  it("says how it is used when started by hand", () => {
    const { status, stderr } = spawnSync(process.execPath, [LAUNCHER], { encoding: "utf8" });

    expect([status, stderr]).toEqual([1, "Usage: node launcher.cjs CONNECTION_FILE\n"]);
  });

  it("starts from a folder with a space in its name, as kernel.json says", async () => {
    mkdirSync(path.join(ROOT, ".cache"), { recursive: true });
    const folder = mkdtempSync(path.join(ROOT, ".cache", "a folder with spaces "));
    try {
      cpSync(path.join(ROOT, "kernel"), path.join(folder, "kernel"), { recursive: true });
      symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"), "junction");
      const resourceDir = path.join(folder, "kernel", "kernels", "tslab");
      const spec = JSON.parse(readFileSync(path.join(resourceDir, "kernel.json"), "utf8"));
      const command = spec.argv
        .map((part: string) => part.replace("{resource_dir}", resourceDir))
        .filter((part: string) => part !== "{connection_file}");

      const kernel = await KernelClient.start({ cwd: folder, command });
      const { messages } = await kernel.execute('import * as sim from "tsm-map-sim";\ntypeof sim');
      await kernel.shutdown();

      expect(messages.at(-1)?.content).toMatchObject({ data: { "text/plain": "object" } });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
