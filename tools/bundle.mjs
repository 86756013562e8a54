// SPDX-License-Identifier: MIT
// npm run bundle: writes one zip with the built site, the notebooks and a start page, for use without a network.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { bundleContents } from "./bundle/contents.mjs";
import { zip } from "./bundle/zip.mjs";

const MIB = 2 ** 20;

const root = fileURLToPath(new URL("..", import.meta.url));
const build = spawnSync(process.execPath, [path.join(root, "site", "build.mjs")], { stdio: "inherit" });
if (build.status === 0) {
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const folder = path.join(root, "dist");
  const file = path.join(folder, `tsm-map-tutorial-${version}.zip`);
  const files = bundleContents(root, path.join(root, "site", "dist"));
  const bytes = zip(files);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, bytes);
  console.log(
    `${path.relative(process.cwd(), file)}: ${files.size} files, ${(bytes.length / MIB).toFixed(1)} MiB`,
  );
} else {
  process.exitCode = 1;
}
