// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { CHECKS } from "../../tools/doctor/checks.mjs";
import { ROOT } from "./environment.ts";
import { LightCheckout } from "./light-checkout.ts";

const ON_UNIX = process.platform !== "win32"; // the stand-ins are shell scripts

interface Machine {
  root: string;
  env: NodeJS.ProcessEnv;
  node: string;
  port?: number;
  browsers: string[];
}

/** A machine on which only the packages and JupyterLab are there. */
function machineOf(checkout: LightCheckout): Machine {
  return { root: checkout.root, env: { PATH: checkout.bin }, node: "20.19.0", browsers: [] };
}

async function find(title: string, machine: Machine): Promise<object> {
  const check = CHECKS.find((one) => one.title === title);
  if (check === undefined) throw new Error(`there is no check ${title}`);
  return check.look(machine);
}

describe.runIf(ON_UNIX)("the doctor", () => {
  it.each([
    ["20.19.0", { good: "20.19.0 will do" }],
    [
      "18.20.4",
      {
        problem:
          "Node.js 20.19, 22.12 or newer is needed and this is 18.20.4: install one from https://nodejs.org.",
      },
    ],
  ])("judges Node.js %s", async (node, finding) => {
    expect(await find("Node.js", { ...machineOf(new LightCheckout()), node })).toEqual(finding);
  });

  it("finds packages whose installation was interrupted", async () => {
    const checkout = new LightCheckout();
    const before = await find("packages", machineOf(checkout));
    checkout.remove("node_modules/.package-lock.json");

    expect([before, await find("packages", machineOf(checkout))]).toEqual([
      { good: "all installed, of this course's versions" },
      { problem: "The installation of the course's packages was interrupted: run npm ci again." },
    ]);
  });

  it("finds a folder that cannot be written to, and goes on with the other checks", () => {
    const checkout = new LightCheckout();
    const env = checkout.env({ REFUSE_WITH: "EROFS", REFUSE_BELOW: checkout.root }, "refusing-disk.cjs");

    const { status, stdout } = spawnSync(process.execPath, [path.join(checkout.root, "tools/doctor.mjs")], {
      env,
      encoding: "utf8",
    });

    expect(status).toBe(1);
    expect(stdout).toContain(
      `problem  folder      The course cannot write to its folder ${checkout.root}: get write permission for it, or copy it to a folder of your own and start there; nothing of yours was changed.\n`,
    );
    expect(stdout).toContain("ok       JupyterLab  is on the PATH\n");
  });

  it("finds that Python is missing, and one that will do", async () => {
    const checkout = new LightCheckout();
    const before = await find("Python", machineOf(checkout));
    checkout.install("python3", "echo 3.12.0\necho venv");

    expect([before, await find("Python", machineOf(checkout))]).toEqual([
      {
        problem:
          "Python 3.10 or newer is needed for JupyterLab, and no Python was found. npm start says how to install it, and serves the course as a site until then.",
      },
      { good: "python3 can make environments" },
    ]);
  });

  it("tells a half-made environment from none", async () => {
    const checkout = new LightCheckout();
    const machine = machineOf(checkout);
    const onPath = await find("JupyterLab", machine);
    checkout.remove("../bin/jupyter-lab");
    const none = await find("JupyterLab", machine);
    checkout.write(".venv/bin/python", "");

    expect([onPath, none, await find("JupyterLab", machine)]).toEqual([
      { good: "is on the PATH" },
      { problem: "It is not installed yet: npm start installs it into the folder .venv." },
      { problem: "The environment .venv is half made or of an older course: npm start makes it anew." },
    ]);
  });

  it("finds a port in use", async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const { port } = server.address() as AddressInfo;

    expect(await find("port", { ...machineOf(new LightCheckout()), port })).toEqual({
      problem: `Port ${port} is in use: choose another one with npm start -- --port N.`,
    });
  });

  it("finds a kernel that ends at once", async () => {
    const checkout = new LightCheckout();
    checkout.write("kernel/launcher.cjs", "process.exit(1);");

    expect(await find("kernel", machineOf(checkout))).toEqual({
      problem: "The kernel does not run (the kernel ended): run npm ci again.",
    });
  });

  it("says what Chromium is for when there is none", async () => {
    const machine = machineOf(new LightCheckout());
    const there = await find("Chromium", { ...machine, browsers: ["/nowhere", process.execPath] });

    expect(there).toEqual({ good: `${process.execPath} runs the tests of the site` });
    expect(await find("Chromium", machine)).toEqual({
      problem: "There is none; only the tests of the site need it: apt-get install chromium.",
    });
  });
});

describe("npm run doctor", () => {
  it("has a line for each check, and runs a cell in the kernel", () => {
    const { stdout } = spawnSync(process.execPath, [path.join(ROOT, "tools", "doctor.mjs")], {
      encoding: "utf8",
    });
    const lines = stdout.split("\n");

    expect(lines.slice(0, CHECKS.length).map((line) => line.slice(9).split("  ")[0]?.trim())).toEqual(
      CHECKS.map(({ title }) => title),
    );
    expect(lines).toContain("ok       kernel      starts and runs a cell");
    expect(lines).toContain("ok       packages    all installed, of this course's versions");
  });
});
