// SPDX-License-Identifier: MIT
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { get } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENVIRONMENT_LIMIT_MS, pythonWithJupyter, ROOT } from "./environment.ts";
import { listenersOf } from "./listeners.ts";

const FIXTURE = path.join(ROOT, "test", "notebooks", "fixtures", "outputs.ipynb");
const LOOK_AGAIN_MS = 100;

/** A checkout of the course, with a space in its path, in which nobody has started yet. */
let checkout: string;
beforeAll(() => {
  mkdirSync(path.join(ROOT, ".cache"), { recursive: true });
  checkout = mkdtempSync(path.join(ROOT, ".cache", "a checkout "));
  for (const name of ["package.json", "tsconfig.base.json", "requirements.txt", "kernel", "tools"]) {
    cpSync(path.join(ROOT, name), path.join(checkout, name), { recursive: true });
  }
  for (const name of ["package.json", "tsconfig.json", "src"]) {
    cpSync(path.join(ROOT, "lib", name), path.join(checkout, "lib", name), { recursive: true });
  }
  symlinkSync(path.join(ROOT, "node_modules"), path.join(checkout, "node_modules"), "junction");
  mkdirSync(path.join(checkout, "notebooks"));
  cpSync(FIXTURE, path.join(checkout, "notebooks", "00-first of all.ipynb"));
  mkdirSync(path.join(checkout, "home"));
});
afterAll(() => rmSync(checkout, { recursive: true, force: true }));

/** Runs the command to its end. */
function start(args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [path.join(checkout, "tools", "start.mjs"), ...args], {
    encoding: "utf8",
  });
}

describe("npm start", () => {
  it.each([
    [["--prot", "8900"], "There is no option --prot."],
    [["8900"], 'I do not know what to do with "8900".'],
    [["--port", "http"], "http is no port: give a number from 1 to 65535."],
    [["--port", "65536"], "65536 is no port: give a number from 1 to 65535."],
  ])("answers %j with one sentence", (args, sentence) => {
    const { status, stderr } = start(args);

    expect([status, stderr.split("\n")[0]]).toEqual([1, sentence]);
  });

  it("explains itself", () => {
    const { status, stdout } = start(["--help"]);

    expect(status).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: npm start [-- [--port N] [--no-browser] [--prepare-only]]

      Opens the course in JupyterLab. The notebooks that you work on are copies in work/.

        --port N        the port of JupyterLab; a free one from 8888 on unless given
        --no-browser    open no browser, only show the address
        --prepare-only  make everything ready, and start nothing
        --help          show this text
      "
    `);
  });

  it("says so when the port is in use", async () => {
    const server = createServer();
    await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const { port } = server.address() as AddressInfo;

    const { status, stderr } = start(["--port", String(port)]);
    server.close();

    expect([status, stderr]).toEqual([
      1,
      `Port ${port} is in use: choose another one with npm start -- --port N.\n`,
    ]);
  });
});

describe("JupyterLab, started", () => {
  let course: ChildProcess;
  let ended: Promise<number | null>;
  let printed = "";
  let origin = "";
  let address = "";
  let token = "";
  let missing: string | undefined;

  beforeAll(async () => {
    const environment = await pythonWithJupyter();
    if ("missing" in environment) {
      missing = environment.missing;
      return;
    }
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    const PATH = path.dirname(environment.python) + path.delimiter + process.env["PATH"];
    const home = path.join(checkout, "home");
    course = spawn(
      process.execPath,
      [path.join(checkout, "tools", "start.mjs"), "--no-browser", "--port", String(port)],
      { env: { ...process.env, PATH, HOME: home, USERPROFILE: home } },
    );
    ended = new Promise((resolve) => course.once("exit", resolve));
    for (const stream of [course.stdout, course.stderr]) {
      stream?.on("data", (chunk) => {
        printed += chunk;
      });
    }
    [, address = "", token = ""] = await until(() => /^The course is at (\S+?)\?token=(\S+)$/m.exec(printed));
  }, ENVIRONMENT_LIMIT_MS);

  afterAll(async () => {
    course?.kill("SIGKILL");
    await ended;
  });

  /** Asks the server, with the token unless told otherwise. */
  function ask(what: string, init: RequestInit = {}, authorization = `token ${token}`): Promise<Response> {
    return fetch(`${origin}${what}`, {
      ...init,
      headers: { Authorization: authorization },
      redirect: "manual",
    });
  }

  async function askJson<T>(what: string, init: RequestInit = {}): Promise<T> {
    return (await ask(what, init)).json() as Promise<T>;
  }

  /** Waits for something to be there; fails when the course ends first. */
  async function until<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
    for (;;) {
      const seen = await look();
      if (seen) return seen;
      if (course.exitCode !== null) throw new Error(`npm start ended: ${printed}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  it("tells how far it is and shows the address of the first notebook's copy", ({ skip }) => {
    skip(missing !== undefined, missing);

    expect(printed.split("\n").slice(0, 3)).toEqual([
      "1/3  finding JupyterLab",
      "2/3  building the library",
      "3/3  starting JupyterLab",
    ]);
    expect(address).toBe(`${origin}/lab/tree/work/00-first%20of%20all.ipynb`);
    expect(readdirSync(path.join(checkout, "work"))).toContain("00-first of all.ipynb");
  });

  it("refuses whoever has no token", async ({ skip }) => {
    skip(missing !== undefined, missing);

    expect((await ask("/api/kernelspecs", {}, "")).status).toBe(403);
    expect((await ask("/api/kernels", { method: "POST" }, "token wrong")).status).toBe(403);
    expect((await ask("/lab", {}, "")).headers.get("location")).toContain("/login");
  });

  it("refuses a page of somewhere else that has made its own name mean this machine", async ({ skip }) => {
    skip(missing !== undefined, missing);

    expect(await statusUnderName(origin, "attacker.example", token)).toBe(403);
    expect(await statusUnderName(origin, new URL(origin).host, token)).toBe(200);
  });

  it("offers our kernel and no other", async ({ skip }) => {
    skip(missing !== undefined, missing);

    const specs = await askJson<{ default: string; kernelspecs: object }>("/api/kernelspecs");

    expect(specs.default).toBe("tslab");
    expect(Object.keys(specs.kernelspecs)).toEqual(["tslab"]);
  });

  it("starts the kernel, which becomes ready", async ({ skip }) => {
    skip(missing !== undefined, missing);
    const body = JSON.stringify({ name: "tslab", path: "work" });

    const { id } = await askJson<{ id: string }>("/api/kernels", { method: "POST", body });
    const channels = await openChannels(`${origin}/api/kernels/${id}/channels`, token);
    const state = await until(async () => {
      const { execution_state } = await askJson<{ execution_state: string }>(`/api/kernels/${id}`);
      return execution_state === "idle" ? execution_state : undefined;
    });
    channels.destroy();

    expect(state).toBe("idle");
    await expect(openChannels(`${origin}/api/kernels/${id}/channels`, "wrong")).rejects.toThrow(
      "no connection: 403",
    );
  });

  it.runIf(process.platform === "linux")(
    "listens, with server and kernel, on the loopback interface only",
    ({ skip }) => {
      skip(missing !== undefined, missing);
      const KERNEL_CHANNELS = 5;

      const listeners = listenersOf(course.pid as number);

      expect(listeners.map(({ port }) => port)).toContain(Number(new URL(origin).port));
      expect(listeners.length).toBeGreaterThanOrEqual(1 + KERNEL_CHANNELS);
      expect(listeners.filter(({ isLoopback }) => !isLoopback)).toEqual([]);
    },
  );

  it("stops everything at Ctrl-C and has written nothing to the home folder", async ({ skip }) => {
    skip(missing !== undefined, missing);

    course.kill("SIGINT");

    expect(await ended).toBe(0);
    await expect(ask("/api")).rejects.toThrow();
    expect(readdirSync(path.join(checkout, "home"))).toEqual([]);
  });
});

/** Connects to a kernel as a browser does, which makes the server ask it whether it is ready. */
function openChannels(url: string, token: string): Promise<import("node:stream").Duplex> {
  return new Promise((resolve, reject) => {
    const headers = {
      Authorization: `token ${token}`,
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Key": Buffer.alloc(16).toString("base64"),
      "Sec-WebSocket-Version": "13",
    };
    const request = get(url, { headers });
    request.once("error", reject);
    request.once("response", (response) => reject(new Error(`no connection: ${response.statusCode}`)));
    request.once("upgrade", (_, socket) => {
      socket.resume();
      resolve(socket);
    });
  });
}

/** What the server answers, to one who has the token, when the browser was told this name for it. */
function statusUnderName(origin: string, host: string, token: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `token ${token}`, Host: host };
    get(`${origin}/api/kernelspecs`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once("error", reject);
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
