// SPDX-License-Identifier: MIT
import path from "node:path";
import { describe, expect, it } from "vitest";
import { jupyterEnvironment, labArguments, labPath } from "../../tools/jupyter-lab.mjs";

const ROOT = path.resolve("/home/a learner/course");

describe("the environment of JupyterLab", () => {
  it("has our kernel first and this Node first", () => {
    const env = jupyterEnvironment(ROOT, { PATH: "/bin", JUPYTER_PATH: "/theirs" }, "token");

    expect(env["JUPYTER_PATH"]).toBe([path.join(ROOT, "kernel"), "/theirs"].join(path.delimiter));
    expect(env["PATH"]).toBe([path.dirname(process.execPath), "/bin"].join(path.delimiter));
  });

  it("sets PATH under the name that Windows gives it", () => {
    const env = jupyterEnvironment(ROOT, { Path: "C:\\Windows" }, "token");

    expect(env["Path"]).toBe(`${path.dirname(process.execPath)}${path.delimiter}C:\\Windows`);
    expect(env).not.toHaveProperty("PATH");
  });

  it("keeps everything that Jupyter writes in the course's folder", () => {
    const env = jupyterEnvironment(ROOT, { HOME: "/home/a learner" }, "token");

    for (const name of ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"]) {
      expect(env[name]).toContain(path.join(ROOT, ".cache") + path.sep);
    }
  });
});

describe("JupyterLab's command line", () => {
  it("binds to the loopback interface and does not contain the token", () => {
    const parameters = labArguments(ROOT, { port: 8900, browser: false, open: "/lab" });

    expect(parameters).toContain("--ServerApp.ip=127.0.0.1");
    expect(parameters.join(" ")).not.toMatch(/token/i);
  });
});

describe("the address of a notebook", () => {
  it.each([
    ["work/00-one.ipynb", "/lab/tree/work/00-one.ipynb"],
    ["work/00 a & b?.ipynb", "/lab/tree/work/00%20a%20%26%20b%3F.ipynb"],
    [undefined, "/lab"],
  ])("of %s is %s", (file, address) => {
    expect(labPath(file)).toBe(address);
  });
});
