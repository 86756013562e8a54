// SPDX-License-Identifier: MIT
// WebKit, the engine of Safari, in GTK's small browser on a screen that nobody sees; driven by WebDriver over HTTP.
import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";

/** What `site:browsers` needs on this machine. */
export const WEBKIT = {
  file: "/usr/bin/WebKitWebDriver",
  needs: "apt-get install webkit2gtk-driver xvfb",
};
const MINI_BROWSER = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
const PORT = 4545;
const DISPLAY = ":97";

/** @returns {Promise<import("./browser.d.ts").DrivenBrowser>} */
export async function startWebKit() {
  const screen = spawn("Xvfb", [DISPLAY, "-screen", "0", "1280x900x24", "-nolisten", "tcp"], {
    stdio: "ignore",
  });
  const driver = spawn(WEBKIT.file, [`--port=${PORT}`, "--host=127.0.0.1"], {
    env: { ...process.env, DISPLAY, WEBKIT_DISABLE_COMPOSITING_MODE: "1" },
    stdio: "ignore",
  });
  const options = { binary: MINI_BROWSER, args: ["--automation"] };
  const session = await begin({ alwaysMatch: { "webkitgtk:browserOptions": options } });
  const at = `/session/${session.sessionId}`;
  await call("POST", `${at}/timeouts`, { script: 180_000 });
  return {
    name: `WebKitGTK ${session.capabilities.browserVersion}`,
    open: async (url) => {
      await call("POST", `${at}/url`, { url });
    },
    run: async (functionDeclaration, ...values) => {
      const script = `const done = arguments[arguments.length - 1];
        (${functionDeclaration})(...[...arguments].slice(0, -1)).then(done, (error) => done(JSON.stringify({ threw: String(error) })));`;
      const result = JSON.parse(await call("POST", `${at}/execute/async`, { script, args: values }));
      if (result?.threw !== undefined) throw new Error(result.threw);
      return result;
    },
    close: async () => {
      await call("DELETE", at).catch(() => undefined);
      driver.kill();
      screen.kill();
    },
  };
}

/** The first session, once the driver listens. @param {object} capabilities */
async function begin(capabilities) {
  for (let tries = 0; ; tries++) {
    try {
      return await call("POST", "/session", { capabilities });
    } catch (error) {
      if (tries === 50) throw error;
      await pause(200);
    }
  }
}

/** @param {string} method @param {string} address @param {object} [body] @returns {Promise<any>} */
async function call(method, address, body) {
  const response = await fetch(`http://127.0.0.1:${PORT}${address}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
  });
  const { value } = /** @type {any} */ (await response.json());
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}
