// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EINVAL, ENXIO } from "../../lib/src/base/errno.ts";
import { boot } from "../../lib/src/boot.ts";
import { mapping, pageAt, RAM, type Stage, stage } from "../../lib/src/explore/races/scene.ts";
import { brokenRules } from "../../lib/src/explore/rules.ts";
import { runSchedule } from "../../lib/src/explore/schedule.ts";
import { srcuWait } from "../../lib/src/explore/srcu-wait.ts";
import { variants } from "../../lib/src/kernel/variant.ts";
import { variantText } from "../../lib/src/kernel/variants/sources.ts";
import { Vmm } from "../../lib/src/user/vmm.ts";
import { assignDevice, tsmMap } from "../../lib/src/user/vmm-device.ts";
import { lineDiff } from "../../lib/src/view/line-diff.ts";
import { mappedPages } from "../../lib/src/view/mapped-pages.ts";
import { showVariantDiff } from "../../lib/src/view/variant-diff.ts";
import { functionsOf, variantSources } from "../../tools/reference/variant-sources.mjs";
import { warnings } from "../support/host.ts";

const NAMES = variants.map(({ name }) => name);
const checksRange = (name: string) => name.includes("range-checks") || name.includes("all");
const checksAttribute = (name: string) => name.includes("attribute-check") || name.includes("all");
const keepsBooks = (name: string) => name.includes("rollback") || name.includes("all");
const releasesSrcu = (name: string) => name.includes("all");

const map = ({ vmm, device }: Stage, start: number, end: number) => tsmMap(vmm, device, start, end);
const mapped = ({ host }: Stage) => mappedPages(host, RAM, pageAt(4));

describe.each(NAMES)("the kernel %s", (name) => {
  it("maps a range that is in order, with one reference for each mapping", () => {
    const on = stage(name, { slots: [3] });

    expect(map(on, RAM, pageAt(3))).toBe(0);
    expect(mapped(on)).toEqual([0, 1, 2].map(pageAt));
    expect(brokenRules(on.host)).toEqual([]);
  });

  it("checks the range or does not", () => {
    const on = stage(name, { slots: [2] });
    const results = [map(on, RAM, RAM), map(on, pageAt(1), RAM), map(on, RAM + 0x800, pageAt(1))];

    expect(results).toEqual(checksRange(name) ? [-EINVAL, -EINVAL, -EINVAL] : [0, 0, 0]);
    expect(map(on, RAM, 2 ** 52)).toBe(checksRange(name) ? -EINVAL : keepsBooks(name) ? 2 : -EINVAL);
  });

  it("warns before the realm exists, unless it looks", () => {
    const vmm = new Vmm(boot({ memory: 1024 * 4096, kernel: name }));
    vmm.createVm();
    vmm.addMemory({ gpa: RAM, size: 4096 });
    const device = assignDevice(vmm);

    expect(tsmMap(vmm, device, RAM, RAM + 4096)).toBe(checksRange(name) ? -EINVAL : -ENXIO);
    expect(warnings(vmm.host)).toHaveLength(checksRange(name) ? 0 : 1);
  });

  it("looks at the attribute or does not", () => {
    const on = stage(name, { slots: [1], shared: true });

    expect(map(on, RAM, pageAt(1))).toBe(checksAttribute(name) ? -EINVAL : 0);
  });

  it("tells how far it came or does not, and calls it success when a page is mapped already", () => {
    const on = stage(name, { slots: [2] });

    expect(map(on, RAM, pageAt(4))).toBe(keepsBooks(name) ? 2 : -EINVAL);
    expect(mapped(on)).toEqual([RAM, pageAt(1)]);
    expect(map(on, RAM, pageAt(2))).toBe(0);
    expect(brokenRules(on.host).map(({ rule }) => rule)).toEqual(
      keepsBooks(name) ? [] : ["references-balance", "references-balance"],
    );
    expect(map(on, pageAt(2), pageAt(4))).toBe(-EINVAL);
  });

  it.each(["alloc", "rmi"] as const)("leaves no lock held and no granule lost when one %s fails", (kind) => {
    for (let nth = 1; nth <= 60; nth++) {
      const on = stage(name, { slots: [512] });
      on.host.kernel.faults.arm(kind, nth);
      map(on, RAM, pageAt(2));
      const wrong = brokenRules(on.host).filter(({ rule }) => /lock|granule|freed|tables/.test(rule));
      expect(wrong, `${kind} ${nth}`).toEqual([]);
      if (!on.host.kernel.faults.fired) return;
    }
    throw new Error("the failures never ended");
  });

  it("makes a change of the slots wait for the range, or for a page", () => {
    const [few, many] = [srcuWait(8, name).calls, srcuWait(32, name).calls];

    expect(many - few).toBe(releasesSrcu(name) ? 0 : 2 * 24);
    expect(few).toBe(releasesSrcu(name) ? 4 : 16);
  });
});

describe("a page that is being taken away", () => {
  it("is waited for without the lock and without SRCU, where every repair is in", () => {
    const on = stage("rfc-v1+all", { slots: [1] });
    const { kvm } = {
      kvm: [...on.host.kernel.vm_list][0] as {
        mmu_invalidate_in_progress: number;
        srcu: { readers: number };
      },
    };
    let waited = false;
    function* invalidation() {
      kvm.mmu_invalidate_in_progress++;
      yield { kind: "write", object: "the page goes" } as const;
      waited = kvm.srcu.readers === 0;
      kvm.mmu_invalidate_in_progress--;
      return 0;
    }
    Object.assign(kvm, { mmu_invalidate_range_start: 0, mmu_invalidate_range_end: 2 ** 40 });

    const run = runSchedule(on.host, { I: invalidation(), M: mapping(on, 0, 0) }, (runnable, turn) =>
      turn === 0 || !runnable.includes("M") ? "I" : "M",
    );

    expect(run.results).toEqual({ I: 0, M: 0 });
    expect(run.turns.some(({ stoppedAt }) => stoppedAt?.kind === "wait")).toBe(true);
    expect(waited).toBe(true);
  });
});

describe("the texts of the variants", () => {
  const read = (path: string) =>
    readFileSync(new URL(`../../lib/src/kernel/${path}`, import.meta.url), "utf8");

  it("are those of the files that run", () => {
    expect(read("variants/sources.ts"), "run `npm run variants`").toBe(variantSources(read));
  });

  it("are there for every variant that has a function of its own", () => {
    const own = variants.filter(({ private_memslot_fault }) => private_memslot_fault === undefined);
    expect(Object.keys(variantText)).toEqual(own.map(({ name }) => name));
  });

  it("have neither imports nor trace events", () => {
    for (const text of Object.values(variantText)) expect(text).not.toMatch(/import |trace\.|export /);
    expect(
      functionsOf('import x;\nexport function* f() {\n  if (trace.on) trace.call("f", {});\n  a();\n}\n'),
    ).toBe("function* f() {\n  a();\n}\n");
  });

  it("differ from the posted one by no more than a page", () => {
    for (const [name, text] of Object.entries(variantText).slice(1, -1)) {
      const changed = lineDiff(variantText["rfc-v1"] ?? "", text).filter(({ sign }) => sign !== " ");
      expect(changed.length, name).toBeLessThanOrEqual(20);
    }
  });
});

describe("a comparison of texts", () => {
  it("marks what goes and what comes, in the first column", () => {
    expect(
      showVariantDiff("rfc-v1", "rfc-v1+fault-lock")
        .text.split("\n")
        .filter((line) => !line.startsWith(" ")),
    ).toMatchInlineSnapshot(`
      [
        "From rfc-v1 to rfc-v1+fault-lock",
        "",
        "",
        "",
        "",
        "-     // And here: should kvm_fault_lock() be held? It is not.",
        "+     yield* kvm.mmu_lock.readLock();",
        "+     kvm.mmu_lock.readUnlock();",
      ]
    `);
  });

  it("has the same lines as a page, where signs stay when colours go", () => {
    const { html, text } = showVariantDiff("rfc-v1", "rfc-v1+range-checks");
    const plain = html
      .replace(/<\/figcaption>/, "\n")
      .replace(/<[^>]*>/g, "")
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));

    expect(
      plain
        .split("\n")
        .map((line) => line.trimEnd())
        .join("\n"),
    ).toBe(text);
    expect(html).toContain("<ins");
  });

  it("gives back both texts, and marks as few lines as can be", () => {
    const texts = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const lines = lineDiff(before.join("\n"), after.join("\n"));
        const side = (sign: string) => lines.filter((l) => l.sign !== sign).map(({ line }) => line);

        expect(side("+")).toEqual(before);
        expect(side("-")).toEqual(after);
        expect(lines.filter(({ sign }) => sign === " ")).toHaveLength(longestCommon(before, after));
      }),
    );
  });

  it("answers an unknown name with the known ones", () => {
    expect(() => showVariantDiff("rfc-v1", "rfc-v2")).toThrow(
      'no text of a kernel "rfc-v2"; there is of rfc-v1',
    );
  });
});

/** By trying every subsequence of the first. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  let best = 0;
  for (let set = 0; set < 2 ** a.length; set++) {
    const part = a.filter((_, i) => (set & (1 << i)) !== 0);
    let at = 0;
    for (const line of b) if (at < part.length && part[at] === line) at++;
    if (at === part.length) best = Math.max(best, part.length);
  }
  return best;
}
