// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { troubleIn } from "../../tools/start/trouble.mjs";
import { LightCheckout } from "./light-checkout.ts";

const ON_UNIX = process.platform !== "win32"; // the stand-ins are shell scripts
const FULL =
  "The disk is full: free some space and run the command again; it goes on where it stopped, and what you wrote is as you left it.\n";

describe.runIf(ON_UNIX)("npm start, when something is in the way", () => {
  it("prepares everything and ends when told to", () => {
    const checkout = new LightCheckout();

    const { status, stdout } = checkout.prepare();

    expect([status, stdout.split("\n")]).toEqual([
      0,
      [
        "1/3  finding JupyterLab",
        "2/3  building the library",
        "3/3  everything is ready: npm start opens the course",
        "",
      ],
    ]);
    expect(readdirSync(path.join(checkout.root, "work"))).toEqual([".shipped.json", "00-first.ipynb"]);
  });

  it("names the Node that it needs when this one is too old", () => {
    const { status, stderr } = new LightCheckout().prepare({}, "old-node.cjs");

    expect([status, stderr]).toEqual([
      1,
      "Node.js 20.19, 22.12 or newer is needed and this is 18.20.4: install one from https://nodejs.org.\n",
    ]);
  });

  it.each([
    ["there are no packages", "node_modules", "The course's packages are not installed: run npm ci first.\n"],
    [
      "their installation was interrupted",
      "node_modules/.package-lock.json",
      "The installation of the course's packages was interrupted: run npm ci again.\n",
    ],
    [
      "one of them is missing",
      "node_modules/zeromq",
      "The package zeromq is missing or damaged: run npm ci again, without --omit.\n",
    ],
  ])("sends to npm ci when %s", (_, file, sentence) => {
    const checkout = new LightCheckout();
    checkout.remove(file);

    const { status, stderr } = checkout.prepare();

    expect([status, stderr]).toEqual([1, sentence]);
  });

  it("sends to npm ci when the packages are those of an older course", () => {
    const checkout = new LightCheckout();
    checkout.write("node_modules/tslab/package.json", '{ "version": "1.0.0" }');

    const { status, stderr } = checkout.prepare();

    expect([status, stderr]).toEqual([
      1,
      "The package tslab is of another version of the course (1.0.0, not 1.0.22): run npm ci again.\n",
    ]);
  });

  it.each(["EACCES", "EROFS"] as const)("says whose permission is missing when writing gives %s", (code) => {
    const checkout = new LightCheckout();

    const { status, stderr } = checkout.prepareOnDiskThat(code);

    expect([status, stderr]).toEqual([
      1,
      `The course cannot write to its folder ${checkout.root}: get write permission for it, or copy it to a folder of your own and start there; nothing of yours was changed.\n`,
    ]);
    expect(existsSync(path.join(checkout.root, "work"))).toBe(false);
  });

  it.each([
    ["from the beginning", ""],
    ["while the library is built", "lib"],
    ["while copies are made", "work/00-first.ipynb"],
    ["while it is noted which copies were made", "work/.shipped.json"],
  ])("goes on where it stopped when the disk was full %s", (_, below) => {
    const checkout = new LightCheckout();

    const { status, stderr } = checkout.prepareOnDiskThat("ENOSPC", below);
    const again = checkout.prepare();

    expect([status, stderr]).toEqual([1, FULL]);
    expect([again.status, again.stderr]).toEqual([0, ""]);
    expect(readdirSync(path.join(checkout.root, "work"))).toEqual([".shipped.json", "00-first.ipynb"]);
    expect(JSON.parse(checkout.read("work/00-first.ipynb")).cells.length).toBeGreaterThan(0);
  });

  it("keeps a learner's edited copy when the course is newer, puts the new one beside it, and says so", () => {
    const checkout = new LightCheckout();
    checkout.prepare();
    const edited = checkout.read("work/00-first.ipynb").replace('"cells": [', '"cells":  [');
    checkout.write("work/00-first.ipynb", edited);
    checkout.write(
      "notebooks/00-first.ipynb",
      checkout.read("notebooks/00-first.ipynb").replace("Every kind", "Each kind"),
    );

    const { status, stdout } = checkout.prepare();

    expect(status).toBe(0);
    expect(stdout).toContain(
      '00-first.ipynb has changed since your copy was made: the new version is beside it as "00-first (new 2).ipynb", and your copy is as you left it.\n',
    );
    expect(checkout.read("work/00-first.ipynb")).toBe(edited);
    expect(checkout.read("work/00-first (new 2).ipynb")).toContain("Each kind");
  });

  it("does not lose an edited copy to a disk that is full when the course is newer", () => {
    const checkout = new LightCheckout();
    checkout.prepare();
    checkout.write("work/00-first.ipynb", "the learner's own text");
    checkout.write(
      "notebooks/00-first.ipynb",
      checkout.read("notebooks/00-first.ipynb").replace("Every kind", "Each kind"),
    );

    const { stderr } = checkout.prepareOnDiskThat("ENOSPC", "work");
    checkout.prepare();

    expect(stderr).toBe(FULL);
    expect(checkout.read("work/00-first.ipynb")).toBe("the learner's own text");
    expect(readdirSync(path.join(checkout.root, "work"))).toEqual([
      ".shipped.json",
      "00-first (new 2).ipynb",
      "00-first.ipynb",
    ]);
  });

  it.each([
    ["work", "your copies of the notebooks belong"],
    [".venv", "the Python environment belongs"],
    [".cache", "Jupyter keeps its settings"],
  ])("says so when %s is a file, and leaves it", (name, purpose) => {
    const checkout = new LightCheckout();
    checkout.write(name, "the learner's notes");

    const { status, stderr } = checkout.prepare();

    expect([status, stderr]).toEqual([
      1,
      `${name}, where ${purpose}, is no folder: move it away and start again; it is as you left it.\n`,
    ]);
    expect(checkout.read(name)).toBe("the learner's notes");
  });

  it("says so when work is a link to nowhere, or to where cells do not find the library", () => {
    const [lost, away, inside] = [new LightCheckout(), new LightCheckout(), new LightCheckout()];
    symlinkSync("nowhere", path.join(lost.root, "work"));
    symlinkSync(away.bin, path.join(away.root, "work"));
    mkdirSync(path.join(inside.root, "mine"));
    symlinkSync("mine", path.join(inside.root, "work"));

    expect(lost.prepare().stderr).toBe(
      "work, where your copies of the notebooks belong, is a link to something that is not there: remove the link, or make what it leads to, and start again.\n",
    );
    expect(away.prepare().stderr).toBe(
      `work is a link to ${away.bin}, outside of the course's folder, where cells do not find the library: make it a folder, or a link to one inside the course; what is there is as you left it.\n`,
    );
    expect(readdirSync(away.bin)).toEqual(["jupyter-lab"]);
    expect([inside.prepare().stderr, readdirSync(path.join(inside.root, "mine"))]).toEqual([
      "",
      [".shipped.json", "00-first.ipynb"],
    ]);
  });

  it("names a notebook of the course that is damaged, and the way to get it back", () => {
    const checkout = new LightCheckout();
    checkout.write("notebooks/00-first.ipynb", "<<<<<<< half of a merge");

    const { status, stderr } = checkout.prepare();

    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^notebooks\/00-first\.ipynb is damaged \(this is not a notebook: .+\): bring it back with/,
    );
    expect(stderr).toContain(
      "git checkout -- notebooks/00-first.ipynb, or get the course anew; your copies are as",
    );
    expect(stderr.split("\n")).toHaveLength(2);
  });

  it("says whose port it is when another start was faster", async () => {
    const checkout = new LightCheckout();
    const taken = createServer((caller) => caller.unref()); // accepts, and never answers
    // A JupyterLab that ends once another program has the port, as one that comes too late does.
    checkout.install("jupyter-lab", `case "$1" in --version) echo 4.6.6 ;; *) /bin/sleep 1; exit 1 ;; esac`);
    const port = await freePort();
    const course = spawn(
      process.execPath,
      [path.join(checkout.root, "tools/start.mjs"), "--port", `${port}`],
      {
        env: checkout.env(),
      },
    );
    let [said, problem] = ["", ""];
    course.stdout.on("data", (chunk) => {
      said += chunk;
      if (said.includes("3/3") && !taken.listening) taken.listen(port, "127.0.0.1");
    });
    course.stderr.on("data", (chunk) => {
      problem += chunk;
    });
    const code = await new Promise((resolve) => course.once("exit", resolve));
    taken.close();

    expect([code, problem]).toEqual([
      1,
      `Port ${port} is in use: choose another one with npm start -- --port N.\n`,
    ]);
  });

  it("makes a half-made environment anew, also past the lock of a start that was cut off", () => {
    const checkout = new LightCheckout();
    checkout.remove("../bin/jupyter-lab");
    checkout.install("python3", PYTHON);
    for (const name of ["rm", "mkdir", "cp"]) checkout.install(name, `exec /bin/${name} "$@"`);
    checkout.write(".venv/bin/python", "half of a file");
    checkout.write(".cache/venv.lock", "");

    const { status, stdout, stderr } = checkout.prepare();

    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("     making a Python environment in .venv\n");
    expect(existsSync(path.join(checkout.root, ".venv/requirements.sha256"))).toBe(true);
  });

  it.each([
    [
      "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
      FULL.trimEnd(),
    ],
    [
      "WARNING: Retrying after: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution",
      "JupyterLab could not be downloaded, because the network does not answer: connect, or give pip your proxy in HTTPS_PROXY, and run the command again.",
    ],
  ])("has a sentence when pip says %j", (said, sentence) => {
    const checkout = new LightCheckout();
    checkout.remove("../bin/jupyter-lab");
    checkout.install("python3", PYTHON.replace("install) ;;", `install) echo '${said}' >&2; exit 1 ;;`));
    for (const name of ["rm", "mkdir", "cp"]) checkout.install(name, `exec /bin/${name} "$@"`);

    const { status, stderr } = checkout.prepare();

    expect([status, stderr]).toEqual([1, `${sentence}\n`]);
    expect(checkout.prepare().stderr).toBe(`${sentence}\n`);
  });

  it("fails without Python when it shall only prepare", () => {
    const checkout = new LightCheckout();
    checkout.remove("../bin/jupyter-lab");

    const { status, stderr } = checkout.prepare();

    expect(status).toBe(1);
    expect(stderr.split("\n")[0]).toBe(
      "Python 3.10 or newer is needed for JupyterLab, and no Python was found.",
    );
  });
});

describe.runIf(ON_UNIX)("npm start without Python", () => {
  it("says what to install, and serves the course as a site on the loopback interface", async () => {
    const checkout = withoutPython();
    checkout.write("node_modules/vite/package.json", "{}");
    checkout.write("node_modules/markdown-it/package.json", "{}");
    checkout.copy("site/serve.mjs");
    checkout.write(
      "site/build.mjs",
      `import { mkdirSync, writeFileSync } from "node:fs";
       mkdirSync("site/dist", { recursive: true });
       writeFileSync("site/dist/index.html", "the course");`,
    );
    const course = spawn(process.execPath, [path.join(checkout.root, "tools/start.mjs"), "--no-browser"], {
      env: checkout.env(),
    });
    const ended = new Promise((resolve) => course.once("exit", resolve));
    let problem = "";
    course.stderr.on("data", (chunk) => {
      problem += chunk;
    });

    const address = await new Promise<string>((resolve, reject) => {
      let printed = "";
      course.stdout.on("data", (chunk) => {
        printed += chunk;
        const [, found] = /^The course is at (\S+)$/m.exec(printed) ?? [];
        if (found !== undefined) resolve(found);
      });
      course.once("exit", () => reject(new Error(`npm start ended: ${printed}${problem}`)));
    });
    const page = await (await fetch(address)).text();
    course.kill("SIGINT");

    expect(problem).toContain("sudo apt install python3 python3-venv");
    expect([new URL(address).hostname, page, await ended]).toEqual(["127.0.0.1", "the course", 0]);
  });

  it("says in one sentence when that is not possible either", () => {
    const checkout = withoutPython();

    const { status, stderr } = checkout.start("--no-browser");

    expect(status).toBe(1);
    expect(stderr).toContain("sudo apt install python3 python3-venv");
    expect(stderr.trimEnd().split("\n").at(-1)).toBe(
      "The course cannot be served as a site either, because site/build.mjs is missing: run npm ci first.",
    );
    expect(existsSync(path.join(checkout.root, "work"))).toBe(false);
  });
});

describe("a trouble", () => {
  it.each(["error TS2345: Argument of type", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"])(
    "that is none of those known, such as %j, is not explained away",
    (said) => {
      expect(troubleIn(said, "/course")).toBeUndefined();
    },
  );
});

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

function withoutPython(): LightCheckout {
  const checkout = new LightCheckout();
  checkout.remove("../bin/jupyter-lab");
  return checkout;
}

/** A Python that makes environments which contain itself, and a pip that installs nothing. */
const PYTHON = `case "$2" in
  venv) for folder; do :; done; rm -rf "$folder"; mkdir -p "$folder/bin"; cp "$0" "$folder/bin/python" ;;
  pip) case "$3" in install) ;; esac ;;
  *) if [ -n "$2" ]; then echo 3.12.0; echo venv; fi ;;
esac`;
