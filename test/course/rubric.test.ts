// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { judgeEvidence } from "../../lib/src/course/evidence.ts";
import { judgeReply } from "../../lib/src/course/rubric.ts";
import { designs } from "../../lib/src/designs/all.ts";
import { momentTable } from "../../lib/src/designs/moment-table.ts";
import { playScenario } from "../../lib/src/designs/play.ts";
import { scenarioOf } from "../../lib/src/designs/scenarios/all.ts";

const COST = "The cost is that somebody has to write and to review a callback for it.";
const WRONG_IF = "I am wrong if nobody ever punches a hole while a device is assigned.";

describe("the rubric", () => {
  it("accepts a reply for any design that has what it asks for", () => {
    const reply = [
      "This should be B2, and no ioctl of iommufd at all.",
      "B2, map-twice: the audit at the end has 1 found.",
      "B2, conversion: 11 system calls, and private DMA private again lands.",
      COST,
      WRONG_IF,
    ];

    expect(judgeReply(reply.join("\n"))).toBeUndefined();
  });

  it.each([
    ["D2, punch-hole: shared DMA after the hole lands in a free frame", true],
    ["design A, punch-hole: private DMA after the hole is refused", true],
    ["design A, punch-hole: private DMA after the hole never lands", true],
    ["D2, punch-hole: `shared DMA after the hole` **lands** in a free frame.", true],
    ["D2, punch-hole: shared DMA after the hole lands", false],
    ["D2, punch-hole: private DMA after the hole lands", false],
    ["E, conversion: convert to private returns -EINVAL", true],
    ["E, conversion: convert to private is ok", false],
    ["D1, punch-hole: the old page is held by IOMMU", true],
    ["D1, punch-hole: 18 firmware calls", true],
    ["D1, punch-hole: 17 firmware calls", false],
    ["A, map-twice: the audit at the end has 1 found", true],
    ["A, map-twice: the audit is clean", false],
  ])("holds evidence to the run: %s", (line, agrees) => {
    const [design = "", scenario = ""] = line.replace("design ", "").split(/[,:] ?/);
    const judged = judgeEvidence(design, scenario, line);

    expect(typeof judged === "string" ? "agrees" : judged.id).toBe(agrees ? "agrees" : "contradicts");
  });

  it("takes every row of the tables as they stand", () => {
    const scenario = scenarioOf("punch-hole");
    for (const design of designs) {
      for (const { moment, cells } of momentTable([playScenario(design, scenario)])) {
        const line = `${design.id}, ${scenario.id}: ${moment.replace("VMM: ", "")}: ${cells[0]}`;

        expect(typeof judgeEvidence(design.id, scenario.id, line), line).toBe("string");
      }
    }
  });

  it("does not count the same evidence twice", () => {
    const line = "D3, punch-hole: private DMA after the hole is refused.";
    const same = "In punch-hole, D3: private DMA after the hole never lands.";

    expect(judgeReply(["I prefer D3.", line, same, COST, WRONG_IF].join("\n"))?.id).toBe("one-piece");
  });

  it("does not take the word A for the design A", () => {
    expect(judgeReply("I prefer A hole that nobody falls into.")?.id).toBe("no-claim");
  });
});
