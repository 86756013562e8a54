// SPDX-License-Identifier: MIT
import { Agent, get } from "node:http";

/**
 * A load generator for servers on this machine: so many connections, each asking for one file after the other.
 *
 * @typedef {object} Result
 * @property {number} perSecond  requests that were answered well, a second
 * @property {number} failed  requests that were not
 * @property {number} medianMs
 * @property {number} slowMs  99 of 100 answers came within
 */

const LOOPBACK = "127.0.0.1";

/**
 * @param {string} url  with a slash at the end
 * @param {readonly string[]} files  asked for in turn
 * @param {{ seconds: number, connections: number }} limits
 * @returns {Promise<Result>}
 */
export async function load(url, files, { seconds, connections }) {
  if (new URL(url).hostname !== LOOPBACK) throw new Error(`${url} is not on this machine: no load for it`);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const began = performance.now();
  const end = began + seconds * 1000;
  /** @type {number[]} */
  const times = [];
  let failed = 0;
  let next = 0;
  const connection = async () => {
    while (performance.now() < end) {
      const file = files[next++ % files.length] ?? "";
      const asked = performance.now();
      if (await isAnswered(url + file, agent)) times.push(performance.now() - asked);
      else failed++;
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  const took = (performance.now() - began) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { perSecond: times.length / took, failed, medianMs: at(0.5), slowMs: at(0.99) };
}

/**
 * Asks for a file and reads all of it.
 *
 * @param {string} url
 * @param {Agent} agent
 * @returns {Promise<boolean>}  whether it came whole
 */
function isAnswered(url, agent) {
  return new Promise((resolve) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode === 200 && response.complete));
      response.once("error", () => resolve(false));
    }).once("error", () => resolve(false));
  });
}
