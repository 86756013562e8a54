// SPDX-License-Identifier: MIT
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { createGzip } from "node:zlib";

/**
 * A static file server for this machine alone: it listens on the loopback address.
 *
 * @typedef {{ url: string, close: () => Promise<void> }} StaticServer
 */

const LOOPBACK = "127.0.0.1";

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
};

/**
 * Serves the files below a folder.
 *
 * @param {string} folder
 * @param {{ port?: number, prefix?: string }} [options]  port 0 takes a free one; the prefix is the path that the
 *   site lies at, with a slash at both ends
 * @returns {Promise<StaticServer>}
 */
export function serveFolder(folder, { port = 0, prefix = "/" } = {}) {
  const server = createServer((request, response) => {
    const file = request.method === "GET" ? fileFor(folder, prefix, request.url ?? "/") : undefined;
    if (file === undefined) {
      response.writeHead(404, { "content-type": "text/plain; charset=utf-8" });
      response.end("There is no such page.\n");
      return;
    }
    response.setHeader("content-type", TYPES[path.extname(file)] ?? "application/octet-stream");
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("cache-control", "no-cache");
    if (/\bgzip\b/.test(String(request.headers["accept-encoding"]))) {
      response.setHeader("content-encoding", "gzip");
      createReadStream(file)
        .pipe(createGzip({ level: 9 }))
        .pipe(response);
    } else {
      createReadStream(file).pipe(response);
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      const actual = typeof address === "object" && address ? address.port : port;
      resolve({
        url: `http://${LOOPBACK}:${actual}${prefix}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

/**
 * @param {string} folder
 * @param {string} prefix
 * @param {string} url
 * @returns {string | undefined}
 */
function fileFor(folder, prefix, url) {
  let asked;
  try {
    asked = decodeURIComponent(new URL(url, "http://localhost").pathname);
  } catch {
    return undefined; // no valid address
  }
  if (!asked.startsWith(prefix)) return undefined;
  let file = path.resolve(folder, `./${asked.slice(prefix.length)}`);
  if (file !== folder && !file.startsWith(folder + path.sep)) return undefined;
  if (existsSync(file) && statSync(file).isDirectory()) file = path.join(file, "index.html");
  return existsSync(file) ? file : undefined;
}
