// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { pfnToPa } from "../../lib/src/base/address.ts";
import { EINVAL } from "../../lib/src/base/errno.ts";
import { runStraight } from "../../lib/src/base/task.ts";
import type { Host } from "../../lib/src/boot.ts";
import { mappingsOf } from "../../lib/src/explore/mappings.ts";
import {
  mapping,
  memoryOf,
  pageAt,
  requestOf,
  type Stage,
  stage,
} from "../../lib/src/explore/races/scene.ts";
import { brokenRules, REALM_SECRET, type RuleContext, ruleById, rules } from "../../lib/src/explore/rules.ts";
import { PAS } from "../../lib/src/hw/granule-protection.ts";
import type { File } from "../../lib/src/kernel/fs/file.ts";
import { gmemOf } from "../../lib/src/kernel/kvm/gmem-inode.ts";
import { RMI_GRANULE_DELEGATE } from "../../lib/src/rmm/fid.ts";
import { kvmOf, pageOf } from "../support/host.ts";

/** A realm with two pages, the first of which is mapped. */
function mappedStage(): Stage {
  const on = stage("rfc-v1");
  expect(runStraight(mapping(on, 0, 0))).toBe(0);
  return on;
}

const kvm = ({ host, vmm }: Stage) => kvmOf(host, vmm.vm);
const page = (on: Stage, index = 0) => pageOf(on.host, memoryOf(on).guestMemfd, index);
const ids = (host: Host, context?: RuleContext) => brokenRules(host, context).map(({ rule }) => rule);

/** For each rule a way to break it and no other. */
const WAYS: readonly [rule: string, (on: Stage) => RuleContext | undefined][] = [
  [
    "no-freed-frame",
    (on) => {
      const pfn = page(on);
      on.host.kernel.pages.put_page(pfn);
      on.host.kernel.pages.put_page(pfn);
      return undefined;
    },
  ],
  [
    "no-realm-data-readable",
    (on) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, REALM_SECRET, true);
      on.host.user.place(bytes);
      return undefined;
    },
  ],
  [
    "protection-and-tables",
    (on) => {
      on.host.machine.gpt.assign(page(on), PAS.NonSecure);
      return undefined;
    },
  ],
  [
    "no-kernel-warning",
    (on) => {
      on.host.kernel.log.warn("something is odd");
      return undefined;
    },
  ],
  [
    "no-lock-left",
    (on) => {
      kvm(on).srcu.srcu_read_lock();
      return undefined;
    },
  ],
  [
    "references-balance",
    (on) => {
      expect(runStraight(mapping(on, 0, 0))).toBe(0);
      return undefined;
    },
  ],
  [
    "no-lost-granule",
    (on) => {
      const free = on.host.machine.memory.basePfn + on.host.machine.memory.pages - 1;
      on.host.smc(RMI_GRANULE_DELEGATE, BigInt(pfnToPa(free as never)));
      return undefined;
    },
  ],
  [
    "page-of-the-file",
    (on) => {
      // The file loses its page, but nobody unmaps it.
      runStraight(gmemOf(on.host.process.task.file(memoryOf(on).guestMemfd) as File).inode.truncate(0, 1));
      return undefined;
    },
  ],
  [
    "attribute-and-mapping",
    (on) => {
      kvm(on).mem_attr_array.store(pageAt(0) / 4096, pageAt(1) / 4096, undefined);
      return undefined;
    },
  ],
  [
    "objects-in-order",
    (on) => {
      kvm(on).users_count++;
      return undefined;
    },
  ],
  ["caller-knows", () => ({ results: { M: -EINVAL }, mapsAlone: [requestOf("M", 0, 1)] })],
  ["success-is-mapped", () => ({ results: { M: 0 }, staysMapped: [requestOf("M", 0, 1)] })],
];

describe("the rules", () => {
  it("hold on a realm with a mapped page, and after everything has ended", () => {
    const { host } = mappedStage();

    expect(brokenRules(host)).toEqual([]);
    host.sys.exit();
    expect(brokenRules(host)).toEqual([]);
  });

  it.each(WAYS)("can be broken, and alone: %s", (rule, breakIt) => {
    const on = mappedStage();

    const context = breakIt(on);

    expect(new Set(ids(on.host, context))).toEqual(new Set([rule]));
  });

  it("are all broken by one of these ways, and each has a name and a text of its own", () => {
    expect(rules.map(({ id }) => id)).toEqual(WAYS.map(([rule]) => rule));
    expect(new Set(rules.map(({ text }) => text)).size).toBe(rules.length);
    for (const { id, title, text } of rules) {
      expect(id).toMatch(/^[a-z-]+$/);
      expect(title).toMatch(/^[A-Z]/);
      expect(text).toMatch(/\.$/);
    }
  });

  it("agree with the audit: every finding of it breaks a rule", () => {
    const on = mappedStage();
    runStraight(mapping(on, 0, 0));
    kvm(on).users_count++;
    kvm(on).srcu.srcu_read_lock();

    expect(brokenRules(on.host)).toHaveLength(on.host.audit().length);
  });

  it("are found by their id, and an unknown one is answered with the known ones", () => {
    expect(ruleById("no-freed-frame").title).toBe("No freed frame is reachable");
    expect(() => ruleById("no-rule")).toThrow(
      'there is no rule "no-rule"; there are no-freed-frame, no-realm',
    );
  });
});

describe("what is told of a broken rule", () => {
  it("names address, frame and what is wrong", () => {
    const on = mappedStage();
    kvm(on).mem_attr_array.store(pageAt(0) / 4096, pageAt(1) / 4096, undefined);
    const [mapped] = mappingsOf(on.host, kvm(on));

    const frame = `0x88_${((mapped?.pfn ?? 0) % 0x10000).toString(16).padStart(4, "0")}`;
    expect(brokenRules(on.host)).toEqual([
      {
        rule: "attribute-and-mapping",
        text: `guest address 0x8000_0000 is mapped to frame ${frame} as private memory, but its attribute says shared`,
      },
    ]);
  });

  it("says how much a call left behind: a number counts pages that the caller knows of", () => {
    const on = stage("rfc-v1");
    runStraight(mapping(on, 0, 1));
    const broken = (result: number) =>
      brokenRules(on.host, { results: { M: result }, mapsAlone: [requestOf("M", 0, 1)] }).map(
        ({ text }) => text,
      );

    expect(broken(0)).toEqual([]);
    expect(broken(2)).toEqual([]);
    expect(broken(1)).toEqual(["M returned 1 page, but 0x8000_1000 stayed mapped"]);
    expect(broken(-EINVAL)).toEqual(["M returned -EINVAL, but 0x8000_0000, 0x8000_1000 stayed mapped"]);
  });
});
