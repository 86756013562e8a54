// SPDX-License-Identifier: MIT
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decode, encode, request } from "../../kernel/wire.cjs";

const KEY = "a0436f6c-1916-498b-8eb9-e81ab9368e84";

describe("the wire format", () => {
  it("is identities, delimiter, signature and four JSON frames", () => {
    const message = {
      ...request("execute_request", { code: "1" }, "session"),
      identities: [Buffer.from("client")],
    };

    const frames = encode(message, KEY).map(String);

    expect(frames.slice(0, 2)).toEqual(["client", "<IDS|MSG>"]);
    expect(frames[2]).toBe(createHmac("sha256", KEY).update(frames.slice(3).join("")).digest("hex"));
    expect(frames.slice(3).map((frame) => JSON.parse(frame))).toEqual([
      message.header,
      {},
      {},
      { code: "1" },
    ]);
  });

  it("is read back as it was written", () => {
    const message = {
      ...request("execute_request", { code: "π" }, "session"),
      identities: [Buffer.from([0, 1])],
    };

    expect(decode(encode(message, KEY), KEY)).toEqual(message);
  });

  it.each([
    ["a wrong key", "another key"],
    ["no key", ""],
  ])("refuses a message signed with %s", (_, key) => {
    const frames = encode(request("shutdown_request", {}, "session"), key);

    expect(() => decode(frames, KEY)).toThrow("a Jupyter message with a wrong signature");
  });

  it.each([
    ["nothing", []],
    ["no delimiter", ["a", "b", "c", "d", "e", "f"]],
    ["too few frames", ["<IDS|MSG>", "signature", "{}"]],
  ])("refuses %s", (_, frames) => {
    expect(() =>
      decode(
        frames.map((frame) => Buffer.from(frame)),
        KEY,
      ),
    ).toThrow("not a Jupyter message");
  });
});
