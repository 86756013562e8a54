// SPDX-License-Identifier: MIT
// Firefox without a window, driven by WebDriver BiDi: JSON over a socket that Firefox itself opens on loopback.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** What `site:browsers` needs on this machine. */
export const FIREFOX = { file: "/usr/bin/firefox-esr", needs: "apt-get install firefox-esr" };

/** @returns {Promise<import("./browser.d.ts").DrivenBrowser>} */
export async function startFirefox() {
  const profile = mkdtempSync(path.join(os.tmpdir(), "firefox-"));
  const process = spawn(
    FIREFOX.file,
    ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const socket = await connected(await addressOf(process.stderr));
  let last = 0;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  socket.addEventListener("message", ({ data }) => {
    const { id, result, error, message } = JSON.parse(String(data));
    const waits = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) waits?.resolve(result);
    else waits?.reject(new Error(`${error}: ${message}`));
  });
  /** @param {string} method @param {object} params @returns {Promise<any>} */
  const send = (method, params) =>
    new Promise((resolve, reject) => {
      last++;
      waiting.set(last, { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params }));
    });

  const { capabilities } = await send("session.new", { capabilities: {} });
  const { contexts } = await send("browsingContext.getTree", {});
  const { context } = contexts[0];
  return {
    name: `Firefox ${capabilities.browserVersion}`,
    open: async (url) => {
      await send("browsingContext.navigate", { context, url, wait: "complete" });
    },
    run: async (functionDeclaration, ...values) => {
      const { result, exceptionDetails } = await send("script.callFunction", {
        functionDeclaration,
        arguments: values.map((value) => ({ type: "string", value })),
        target: { context },
        awaitPromise: true,
      });
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
      return JSON.parse(result.value);
    },
    close: async () => {
      await send("browser.close", {}).catch(() => undefined);
      process.kill();
      rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
    },
  };
}

/** @param {import("node:stream").Readable} output @returns {Promise<string>} */
function addressOf(output) {
  return new Promise((resolve, reject) => {
    let said = "";
    output.on("data", (part) => {
      said += part;
      const address = /WebDriver BiDi listening on (ws:\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(`${address}/session`);
    });
    output.on("end", () => reject(new Error(`Firefox did not start: ${said.trim()}`)));
  });
}

/** @param {string} address @returns {Promise<WebSocket>} */
function connected(address) {
  const socket = new WebSocket(address);
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve(socket));
    socket.addEventListener("error", () => reject(new Error(`nothing answers at ${address}`)));
  });
}
