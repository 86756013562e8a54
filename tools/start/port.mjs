// SPDX-License-Identifier: MIT
import { createServer } from "node:net";

const FIRST_PORT = 8888;
const PORTS_TRIED = 100;

/** @param {string} text */
export function isPort(text) {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
}

/**
 * What keeps us from listening on a port of the loopback interface.
 *
 * @param {number} port
 * @returns {Promise<string | undefined>}  one sentence, or nothing when it is free
 */
export async function portProblem(port) {
  const code = await tryPort(port);
  if (code === undefined) return undefined;
  if (code === "EACCES")
    return `Port ${port} is not open to you: choose one above 1023 with npm start -- --port N.`;
  return `Port ${port} is in use: choose another one with npm start -- --port N.`;
}

/** @returns {Promise<number>} the first port from 8888 on that is free */
export async function firstFreePort() {
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS_TRIED; port++) {
    if ((await tryPort(port)) === undefined) return port;
  }
  throw new Error(
    `No port from ${FIRST_PORT} to ${FIRST_PORT + PORTS_TRIED - 1} is free: give one with npm start -- --port N.`,
  );
}

/**
 * @param {number} port
 * @returns {Promise<string | undefined>}  the code of the error
 */
function tryPort(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) =>
      resolve(/** @type {NodeJS.ErrnoException} */ (error).code ?? "EADDRINUSE"),
    );
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(undefined)));
  });
}
