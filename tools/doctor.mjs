// SPDX-License-Identifier: MIT
// npm run doctor [-- --port N]: says what is wrong with a machine, a line for each thing that the course needs.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseCommandLine } from "./command-line.mjs";
import { CHECKS } from "./doctor/checks.mjs";
import { isPort } from "./start/port.mjs";

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const WIDTH = Math.max(...CHECKS.map(({ title }) => title.length));

const command = parseCommandLine(process.argv.slice(2), { port: { type: "string" } });
const port = command.problem === undefined ? command.values.port : undefined;
if (command.problem !== undefined || (port !== undefined && !isPort(port))) {
  console.error(command.problem ?? `${port} is no port: give a number from 1 to 65535.`);
  process.exitCode = 1;
} else {
  const machine = {
    root: path.dirname(path.dirname(fileURLToPath(import.meta.url))),
    env: process.env,
    node: process.versions.node,
    browsers: BROWSERS,
    ...(port !== undefined && { port: Number(port) }),
  };
  let problems = 0;
  for (const { title, look } of CHECKS) {
    const finding = await look(machine);
    const [word, sentence] = "good" in finding ? ["ok", finding.good] : ["problem", finding.problem];
    if (word === "problem") problems++;
    console.log(`${word.padEnd(7)}  ${title.padEnd(WIDTH)}  ${sentence}`);
  }
  console.log(problems === 0 ? "\nNothing is wrong." : `\n${problems} of ${CHECKS.length} need something.`);
  process.exitCode = problems === 0 ? 0 : 1;
}
