// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { replay } from "../../tools/replay/engine.mjs";
import { BadRecording, parseLines } from "../../tools/replay/lines.mjs";
import { describe as report } from "../../tools/replay/report.mjs";
import { VECTORS, vectorText } from "./rmm-vectors.ts";
import { simulator } from "./simulator.ts";

describe("recorded answers of the real RMM", () => {
  it.each([
    [VECTORS[0], 3938],
    [VECTORS[1], 18738],
  ] as const)("are all given again: %s", (name, calls) => {
    const outcome = replay(simulator, parseLines(vectorText(name)), { details: true });

    expect(report(name, outcome)).toBe(`${name}: ${calls} calls matched, 0 differing`);
  });
});

const BEGIN = {
  seq: "s",
  i: 0,
  cmd: "#BEGIN",
  args: { dram_base: "0x80000000", granules: 16, secure: [] },
};

function recording(...lines: object[]): string {
  return [BEGIN, ...lines].map((line) => JSON.stringify(line)).join("\n");
}

describe("the replayer", () => {
  it("shows the first difference: the call, what was expected, what came, and the state that the call met", () => {
    const text = recording(
      { seq: "s", i: 1, cmd: "GRANULE_DELEGATE", args: { addr: "0x80001000" }, ret: { status: 0, index: 0 } },
      { seq: "s", i: 2, cmd: "GRANULE_DELEGATE", args: { addr: "0x80001000" }, ret: { status: 0, index: 0 } },
      { seq: "s", i: 3, cmd: "GRANULE_DELEGATE", args: { addr: "0x80002000" }, ret: { status: 1, index: 0 } },
    );

    expect(report("file", replay(simulator, parseLines(text)))).toMatchInlineSnapshot(`
      "file: 1 calls matched, 2 differing
        first difference: line 3, sequence s, call 2
        call      GRANULE_DELEGATE {"addr":"0x80001000"}
        expected  {"status":0,"index":0}
        came      {"status":"0x1","index":"0x0","at":0}
        state before the call:
          addr 0x80001000 is DELEGATED, count 0"
    `);
  });

  it("says at which repetition a repeated call differs", () => {
    const repeated = { cmd: "GRANULE_DELEGATE", args: { addr: "0x80001000" }, ret: { status: 0, index: 0 } };
    const text = recording({ seq: "s", i: 1, ...repeated, rep: { n: 16, stride: { addr: 4096 } } });

    const { first } = replay(simulator, parseLines(text));

    expect(first?.came).toMatchObject({ status: 1n, at: 15 });
  });

  it.each([
    ["nothing", "", "it holds no line."],
    ["something else than JSON", "{", "line 1 is not JSON."],
    ["an object without a command", "[]", 'line 1 is not an object with a command in "cmd".'],
    ["a call before the first #BEGIN", '{"cmd":"RAW","args":{}}', "line 1 comes before any #BEGIN."],
    [
      "the interface of RMM 2.0",
      '{"seq":"v2","i":0,"cmd":"VERSION","args":["0x10000"],"ret":{"status":1}}',
      "line 1 has positional arguments: that is the range interface of RMM 2.0, another interface than the one modelled here (1.0).",
    ],
    [
      "a command that does not exist",
      recording({ cmd: "GRANULE_EAT", args: {}, ret: {} }),
      'line 2: "GRANULE_EAT" is not a command of the recorded interface.',
    ],
    [
      "a call without its answer",
      recording({ cmd: "GRANULE_DELEGATE", args: { addr: "0x80000000" } }),
      'line 2 (GRANULE_DELEGATE) has no "ret".',
    ],
    [
      "an argument that is no number",
      recording({ cmd: "GRANULE_DELEGATE", args: { addr: "here" }, ret: {} }),
      'line 2 (GRANULE_DELEGATE): "addr" is not a number or a string like "0x1000".',
    ],
  ])("refuses a file with %s in one sentence", (_what, text, sentence) => {
    expect(() => replay(simulator, parseLines(text))).toThrow(new BadRecording(sentence));
  });
});
