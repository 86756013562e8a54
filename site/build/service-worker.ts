// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";

/**
 * The service worker that keeps the whole site for offline use: it fetches every file once, answers from what it
 * has, and asks the network only for what it does not know.
 *
 * @param files content by path, from the site's root
 */
export function serviceWorker(files: ReadonlyMap<string, string | Uint8Array>): string {
  const hash = createHash("sha256");
  const names = [...files.keys()].sort();
  for (const name of names)
    hash
      .update(name)
      .update("\0")
      .update(files.get(name) ?? "");
  const version = hash.digest("hex").slice(0, 16);
  return `// SPDX-License-Identifier: MIT
const CACHE = "tsm-map-${version}";
const FILES = ${JSON.stringify(names)};

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const forget = (names) =>
    Promise.all(names.filter((name) => name.startsWith("tsm-map-") && name !== CACHE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(forget).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.endsWith("/")) url.pathname += "index.html";
  const known = caches.open(CACHE).then((cache) => cache.match(url.href, { ignoreSearch: true }));
  event.respondWith(known.then((response) => response ?? fetch(event.request)));
});
`;
}
