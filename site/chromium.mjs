// SPDX-License-Identifier: MIT
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const EXECUTABLES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where the system has a Chromium. Throws a sentence when it has none. */
export function chromiumPath() {
  const found = EXECUTABLES.find((file) => existsSync(file));
  if (found === undefined) throw new Error("This needs Chromium: apt-get install chromium");
  return found;
}

/** Starts the system's Chromium without a window. */
export function launchChromium() {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
}
