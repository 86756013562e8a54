// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { nodeVersionProblem } from "../../kernel/node-version.cjs";

describe("the version of Node", () => {
  it.each(["20.19.0", "20.19.1", "20.20.0", "22.12.0", "23.0.0", "24.1.0"])("%s will do", (version) => {
    expect(nodeVersionProblem(version)).toBeUndefined();
  });

  it.each(["20.18.9", "18.20.4", "19.99.99", "21.7.3", "22.11.0", "0.12.18"])(
    "%s is too old, and that is said in one sentence",
    (version) => {
      expect(nodeVersionProblem(version)).toBe(
        `Node.js 20.19, 22.12 or newer is needed and this is ${version}: install one from https://nodejs.org.`,
      );
    },
  );
});
