// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../tools/command-line.mjs";

const OPTIONS = { port: { type: "string" }, check: { type: "boolean" } } as const;

describe("a command line", () => {
  it.each([
    [[], {}],
    [["--check"], { check: true }],
    [["--port", "8900"], { port: "8900" }],
    [["--port=8900", "--check"], { port: "8900", check: true }],
  ])("of %j is understood", (args, values) => {
    expect(parseCommandLine(args, OPTIONS)).toEqual({ values, operands: [] });
  });

  it("has operands where they are allowed", () => {
    const command = parseCommandLine(["a.ipynb", "--check", "b.ipynb"], OPTIONS, { operands: true });

    expect(command).toEqual({ values: { check: true }, operands: ["a.ipynb", "b.ipynb"] });
  });

  it.each([
    [["--prot", "1"], "There is no option --prot."],
    [["-p"], "There is no option -p."],
    [["--port"], "The option --port needs a value."],
    [["--port", "--check"], "The option --port needs a value."],
    [["--check=yes"], "The option --check takes no value."],
    [["8900"], 'I do not know what to do with "8900".'],
  ])("of %j is answered with one sentence", (args, problem) => {
    expect(parseCommandLine(args, OPTIONS)).toEqual({ problem });
  });
});
