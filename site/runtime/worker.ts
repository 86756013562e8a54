// SPDX-License-Identifier: MIT
import "./progress-bridge.ts"; // before the library, which looks for its store when it is loaded

import { Feedback } from "../../lib/src/course/feedback.ts";
import * as library from "../../lib/src/index.ts";
import { Batch } from "./batch.ts";
import { onProgress, receiveProgress } from "./progress-bridge.ts";
import type { RunReply, RunRequest } from "./protocol.ts";
import { Session } from "./session.ts";

/**
 * The worker that runs the cells of one notebook. Ending it is how a cell that does not end is stopped.
 *
 * Its cells are the learner's own code, perhaps from a link: the network and the browser's stores are not for them.
 */
const WITHHELD = [
  "fetch",
  "XMLHttpRequest",
  "WebSocket",
  "WebSocketStream",
  "WebTransport",
  "EventSource",
  "BroadcastChannel",
  "importScripts",
  "indexedDB",
  "caches",
  "Worker",
];
for (const name of WITHHELD) {
  if (name in globalThis) Object.defineProperty(globalThis, name, { value: undefined });
}

const reply: (message: RunReply) => void = postMessage.bind(globalThis);
let running = 0;

const session = new Session({
  load: async (specifier) => {
    if (specifier === "tsm-map-sim") return library;
    throw new Error(`there is no module "${specifier}" here; cells import from "tsm-map-sim" and "tslab"`);
  },
  onResult: (value) => {
    if (!(value instanceof Feedback)) return;
    reply({ id: running, kind: "verdict", exercise: value.exercise, accepted: value.verdict === "accepted" });
  },
});
onProgress((change) => reply({ id: running, kind: "progress", change }));
session.installStackTraces();
Object.assign(globalThis, { console: session.console });
addEventListener("error", (event) => {
  event.preventDefault();
  session.reportLate("Uncaught", event.error);
});
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  session.reportLate("Unhandled rejection", event.reason);
});

addEventListener("message", async ({ data }: MessageEvent<RunRequest>) => {
  const { id, source, number } = data;
  running = id;
  receiveProgress(data.progress);
  const batch = new Batch((messages) => reply({ id, kind: "output", messages }));
  const report = await session.execute(source, number, (message) => batch.add(message));
  // Rejections that nobody handled are reported after this turn of the event loop; they belong to this cell.
  await new Promise((resolve) => setTimeout(resolve));
  batch.flush();
  const line = report?.line;
  reply({ id, kind: "done", failed: report !== undefined, ...(line !== undefined && { line }) });
});
