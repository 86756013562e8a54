// SPDX-License-Identifier: MIT
// npm run dependencies: asks the registries about every dependency and writes docs/dependencies.md anew. Needs the network.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { broughtAlong } from "./dependencies/brought-along.mjs";
import { dependencyPage } from "./dependencies/page.mjs";

/** @typedef {import("./dependencies/page.mjs").Dependency} Dependency */
/** @typedef {Pick<Dependency, "part" | "reason">} Reason */

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** The packages of Python that we ask for by name; licences as their own metadata state them. */
const PYTHON = /** @type {const} */ ({
  jupyterlab: { part: "learner", reason: "where the notebooks are worked on", licence: "BSD-3-Clause" },
  nbclient: {
    part: "check",
    reason: "the test that runs the notebooks as Jupyter's own tools do",
    licence: "BSD-3-Clause",
  },
  nbgrader: {
    part: "check",
    reason: "the test that the editions are good assignments",
    licence: "BSD-3-Clause",
  },
  jupyterhub: { part: "hub", reason: "several people on one machine", licence: "BSD-3-Clause" },
});

/** @param {string} file */
const read = (file) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
/** @type {Record<string, Reason>} */
const reasons = JSON.parse(read("tools/dependencies/reasons.json"));

/** @type {Dependency[]} */
const dependencies = [];
const manifest = JSON.parse(read("package.json"));
for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
  const reason = reasons[name];
  if (reason === undefined) throw new Error(`tools/dependencies/reasons.json has no reason for ${name}`);
  dependencies.push(askNpm(name, version, reason));
}
for (const [folder, reason] of [
  ["jupyterhub", "the proxy before the hub"],
  ["deno", "the kernel that the notebooks are tried on besides"],
]) {
  const { dependencies: here } = JSON.parse(read(`deploy/${folder}/package.json`));
  for (const [name, version] of Object.entries(here)) {
    dependencies.push(askNpm(name, version, { part: "hub", reason: reason ?? "" }));
  }
}
const requirements = `${read("tools/requirements.in")}\n${read("deploy/jupyterhub/requirements.in")}`;
for (const [, name = "", version = ""] of new Map(
  [...requirements.matchAll(/^([a-z]+)==(\S+)/gm)].map((found) => [found[1], found]),
).values()) {
  dependencies.push(await askPython(name, version));
}

const audits = ["npm audit --omit=dev", "npm audit"].map((command) => ({ command, answer: audit(command) }));
const date = new Date().toISOString().slice(0, 10);
writeFileSync(
  new URL("../docs/dependencies.md", import.meta.url),
  dependencyPage({
    dependencies,
    brought: broughtAlong(JSON.parse(read("package-lock.json"))),
    date,
    audits,
  }),
);

/**
 * @param {string} name
 * @param {string} version
 * @param {Reason} reason
 * @returns {Dependency}
 */
function askNpm(name, version, reason) {
  const about = npmView(`${name}@${version}`, ["license"]);
  const { time, "dist-tags": tags } = npmView(name, ["time", "dist-tags"]);
  const licence = typeof about === "string" ? about : about.license;
  return {
    name,
    version,
    ...reason,
    licence,
    released: day(time[version]),
    latest: newest(version, tags.latest, time[tags.latest]),
  };
}

/**
 * @param {string} what
 * @param {string[]} fields
 * @returns {any}
 */
function npmView(what, fields) {
  const { status, stdout, stderr } = spawnSync("npm", ["view", what, ...fields, "--json"], {
    encoding: "utf8",
    cwd: ROOT,
  });
  if (status !== 0) throw new Error(`npm view ${what}: ${stderr}`);
  return JSON.parse(stdout);
}

/**
 * @param {string} name
 * @param {string} version
 * @returns {Promise<Dependency>}
 */
async function askPython(name, version) {
  const known = Object.entries(PYTHON).find(([known]) => known === name)?.[1];
  if (known === undefined) throw new Error(`tools/dependencies.mjs has no reason for ${name}`);
  const response = await fetch(`https://pypi.org/simple/${name}/`, {
    headers: { Accept: "application/vnd.pypi.simple.v1+json" },
  });
  const { files } = /** @type {{ files: { filename: string, "upload-time": string }[] }} */ (
    await response.json()
  );
  const releases = files.flatMap(({ filename, "upload-time": time }) => {
    const found = /-(\d+(?:\.\d+)*)-py3-none-any\.whl$/.exec(filename);
    return found ? [{ version: found[1] ?? "", time }] : [];
  });
  const newestFirst = releases.sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }));
  const ours = releases.find((one) => one.version === version);
  const [last] = newestFirst;
  if (ours === undefined || last === undefined) throw new Error(`the index does not know ${name} ${version}`);
  return {
    name,
    version,
    ...known,
    released: day(ours.time),
    latest: newest(version, last.version, last.time),
  };
}

/**
 * @param {string} ours
 * @param {string} latest
 * @param {string} time
 */
function newest(ours, latest, time) {
  return ours === latest ? "this one" : `${latest}, ${day(time)}`;
}

/** @param {string} time */
function day(time) {
  return time.slice(0, 10);
}

/** @param {string} command */
function audit(command) {
  const [program = "", ...parameters] = command.split(" ");
  const { stdout } = spawnSync(program, [...parameters, "--json"], { encoding: "utf8", cwd: ROOT });
  /** @type {{ metadata?: { vulnerabilities: Record<string, number> } }} */
  const report = stdout.trim() === "" ? {} : JSON.parse(stdout);
  const counts = report.metadata?.vulnerabilities;
  if (counts === undefined) return "no answer: the registry that was asked has no advisory service";
  const asked = /** @type {{ dependencies?: { total: number } }} */ (report.metadata).dependencies?.total;
  const found = Object.entries(counts).filter(([severity, count]) => severity !== "total" && count > 0);
  const names = found.map(([severity, count]) => `${count} ${severity}`).join(", ");
  return `${names || "none"}, of ${asked} packages`;
}
