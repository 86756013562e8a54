// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readyEnvironment } from "./python-env.mjs";

/** How JupyterLab is found and started, so that nothing is written outside the course's folder. */

const OLDEST_JUPYTERLAB = 4;
const KERNEL = "tslab";

/**
 * The command that starts a JupyterLab that will do: that of the course's own environment, or one on the PATH.
 *
 * @param {string} root  the course's folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[] | undefined}
 */
export function findJupyterLab(root, env) {
  const python = readyEnvironment(root);
  if (python) return labOf(python);
  const { status, stdout } = spawnSync("jupyter-lab", ["--version"], { env, encoding: "utf8" });
  return status === 0 && Number.parseInt(stdout, 10) >= OLDEST_JUPYTERLAB ? ["jupyter-lab"] : undefined;
}

/**
 * JupyterLab as a module of a Python: unlike its script, this does not mind a space in the path.
 *
 * @param {string} python
 */
export function labOf(python) {
  return [python, "-m", "jupyterlab"];
}

/**
 * The environment variables under which Jupyter finds our kernel, starts it with this Node, and keeps its settings,
 * its state, its token and the learner's progress in the course's folder.
 *
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @param {string} token
 * @returns {NodeJS.ProcessEnv}
 */
export function jupyterEnvironment(root, env, token) {
  const state = path.join(root, ".cache", "jupyter");
  const joined = (/** @type {string} */ first, /** @type {string | undefined} */ rest) =>
    rest ? first + path.delimiter + rest : first;
  // Windows looks for PATH in any case, and env has it as the system spells it.
  const pathName = Object.keys(env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  return {
    ...env,
    [pathName]: joined(path.dirname(process.execPath), env[pathName]),
    JUPYTER_PATH: joined(path.join(root, "kernel"), env["JUPYTER_PATH"]),
    JUPYTER_CONFIG_DIR: path.join(state, "config"),
    JUPYTER_DATA_DIR: path.join(state, "data"),
    JUPYTER_RUNTIME_DIR: path.join(state, "runtime"),
    IPYTHONDIR: path.join(state, "ipython"),
    JUPYTER_TOKEN: token,
    TSM_MAP_PROGRESS: path.join(root, "work", "progress.json"), // read by kernel/progress-file.cjs
  };
}

/**
 * Writes the one setting that cannot be given on the command line: no pop-up that offers news.
 *
 * @param {NodeJS.ProcessEnv} env  from `jupyterEnvironment`
 */
export function writeLabSettings(env) {
  const folder = path.join(env["JUPYTER_CONFIG_DIR"] ?? "", "labconfig");
  mkdirSync(folder, { recursive: true });
  const settings = { disabledExtensions: { "@jupyterlab/apputils-extension:announcements": true } };
  writeFileSync(path.join(folder, "page_config.json"), `${JSON.stringify(settings, null, 2)}\n`);
}

/**
 * The path, in JupyterLab's address, of a file to open; of JupyterLab itself without one.
 *
 * @param {string | undefined} file  from the course's folder on, with slashes
 */
export function labPath(file) {
  return file === undefined ? "/lab" : `/lab/tree/${file.split("/").map(encodeURIComponent).join("/")}`;
}

/**
 * @param {string} root
 * @param {{ port: number, browser: boolean, open: string }} options  `open` is a path from `labPath`
 * @returns {string[]}
 */
export function labArguments(root, { port, browser, open }) {
  return [
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    `--ServerApp.root_dir=${root}`,
    `--ServerApp.open_browser=${browser ? "True" : "False"}`,
    "--ServerApp.answer_yes=True", // Ctrl-C ends it without a question
    "--ServerApp.log_level=ERROR",
    "--LabApp.log_level=ERROR",
    // In a container one is often root; the server is on the loopback interface and wants its token all the same.
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
    `--LabApp.default_url=${open}`,
    "--LabApp.extension_manager=readonly", // the other one asks the network
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LanguageServerManager.autodetect=False", // looking for them runs npm, which writes to the home folder
    "--KernelSpecManager.ensure_native_kernel=False",
    `--KernelSpecManager.allowed_kernelspecs=${KERNEL}`,
    `--MappingKernelManager.default_kernel_name=${KERNEL}`,
  ];
}
