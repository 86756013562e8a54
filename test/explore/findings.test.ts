// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EINVAL, EIO, ENXIO } from "../../lib/src/base/errno.ts";
import { explore } from "../../lib/src/explore/explore.ts";
import { interrupting } from "../../lib/src/explore/interrupting.ts";
import { raceById } from "../../lib/src/explore/races/catalogue.ts";
import {
  mapping,
  memoryOf,
  pageAt,
  punching,
  RAM,
  type Stage,
  stage,
} from "../../lib/src/explore/races/scene.ts";
import { brokenRules } from "../../lib/src/explore/rules.ts";
import { following, runSchedule } from "../../lib/src/explore/schedule.ts";
import { srcuWait } from "../../lib/src/explore/srcu-wait.ts";
import {
  KVM_MEM_GUEST_MEMFD,
  KVM_SET_MEMORY_ATTRIBUTES,
  KVM_VM_TYPE_ARM_NORMAL,
} from "../../lib/src/kernel/kvm/uapi.ts";
import { readingGuest } from "../../lib/src/user/guest.ts";
import { tsmMap } from "../../lib/src/user/vmm-device.ts";
import { mappedPages } from "../../lib/src/view/mapped-pages.ts";
import { findingsPage } from "../../tools/reference/findings.mjs";
import { auditedHost, kvmOf, pageOf, warnings } from "../support/host.ts";
import { createGmem, createVm, GPA, PAGE, setRegion } from "../support/vm.ts";

const rulesBroken = (race: string, kernel: string) =>
  explore(raceById(race), { kernel, shortest: false })
    .broken.map(({ rule }) => rule)
    .sort();

/** The map of page 0 has looked its page up; then the hole is punched; then the page is mapped. */
function mappedTooLate(): Stage {
  const on = stage("rfc-v1", { slots: [1], guest: readingGuest([RAM], { read: [] }) });
  const tasks = { M: mapping(on, 0, 0), P: punching(on, 0, 0) };
  const run = runSchedule(on.host, tasks, interrupting(on.host, "M", "realm_map_ipa"));
  expect(run.results).toEqual({ M: 0, P: 0 });
  return on;
}

describe("the end of a range", () => {
  it("cannot wrap: no slot ends above the address space, so the walk is -EINVAL before", () => {
    const host = auditedHost();
    const vm = createVm(host);
    const top = 2 ** 40;
    const gmem = createGmem(host, vm, 2 * PAGE);

    expect(setRegion(host, vm, { slot: 0, gpa: top - PAGE, size: 2 * PAGE, gmem })).toBeLessThan(0);
    expect(setRegion(host, vm, { slot: 0, gpa: 2n ** 64n - 8192n, size: 2 * PAGE, gmem })).toBeLessThan(0);
    const on = stage("rfc-v1", { slots: [2] });
    expect(tsmMap(on.vmm, on.device, RAM, 2 ** 64 - 4096)).toBe(-EINVAL);
    expect(mappedPages(on.host, RAM, pageAt(2))).toHaveLength(2);
  });
});

describe("the reference of a page that is mapped twice", () => {
  it("is lost in any order, by two calls and by a call and a fault", () => {
    expect(rulesBroken("map-map", "rfc-v1")).toEqual(["references-balance"]);
    expect(rulesBroken("map-fault", "rfc-v1")).toEqual(["references-balance"]);
  });

  it("goes back with a repair of the ioctl, but a fault that comes second still loses its own", () => {
    expect(rulesBroken("map-map", "rfc-v1+rollback-and-progress")).toEqual([]);
    expect(rulesBroken("map-fault", "rfc-v1+all")).toEqual(["references-balance"]);
    expect(rulesBroken("map-fault", "rfc-v1+all+fault-path")).toEqual([]);
  });
});

describe("a look at the attribute", () => {
  it("can come too early: the attribute changes after it and before the page is mapped", () => {
    expect(rulesBroken("map-to-shared", "rfc-v1")).toEqual(["attribute-and-mapping"]);
    expect(rulesBroken("map-to-shared", "rfc-v1+attribute-check")).toContain("attribute-and-mapping");
    expect(rulesBroken("map-to-shared", "rfc-v1+all")).toEqual([]);
  });
});

describe("a hole between look-up and mapping", () => {
  it("leaves a page mapped that the file has lost, which the fault lock alone does not prevent", () => {
    expect(rulesBroken("map-punch", "rfc-v1")).toEqual(["page-of-the-file"]);
    expect(rulesBroken("map-punch", "rfc-v1+fault-lock")).toEqual(["page-of-the-file"]);
    expect(rulesBroken("map-punch", "rfc-v1+sequence-retry")).toEqual([]);
  });

  it("frees nothing that is in use: the mapping has its reference, until the realm ends", () => {
    const on = mappedTooLate();

    expect(brokenRules(on.host).map(({ rule }) => rule)).toEqual(["page-of-the-file"]);
    on.host.sys.exit();
    expect(brokenRules(on.host)).toEqual([]);
  });

  it("makes the next look-up take a second page, which cannot be mapped: a warning and -ENXIO", () => {
    const on = mappedTooLate();
    const [mapped] = brokenRules(on.host);

    expect(tsmMap(on.vmm, on.device, RAM, pageAt(1))).toBe(-ENXIO);
    expect(mapped?.text).toContain("the file has no page there");
    expect(pageOf(on.host, memoryOf(on).guestMemfd, 0)).not.toBe(0);
    expect(warnings(on.host)).toEqual([
      "realm_map_protected: the page is mapped already",
      "realm_map_protected: the firmware refused RMI_DATA_CREATE_UNKNOWN",
    ]);
  });

  it("has the ioctl fail with -ENXIO when a vCPU has mapped another page meanwhile", () => {
    const scene = raceById("map-punch-fault").start("rfc-v1");

    const run = runSchedule(scene.host, scene.tasks, interrupting(scene.host, "M", "realm_map_ipa"));

    expect(run.results).toMatchObject({ M: -ENXIO, P: 0 });
    expect(warnings(scene.host)).toContain("realm_map_protected: the page is mapped already");
    expect(scene.broken(run.results).map(({ rule }) => rule)).toContain("no-kernel-warning");
  });
});

describe("a fold by another task", () => {
  it("removes the table between its creation and its use: a warning and -ENXIO", () => {
    const race = raceById("map-fold");
    const { shortest } = explore(race, { kernel: "rfc-v1" });
    const scene = race.start("rfc-v1");

    const run = runSchedule(scene.host, scene.tasks, following(shortest?.schedule ?? ""));

    expect(run.results).toEqual({ M: -ENXIO, P: 0 });
    expect(warnings(scene.host)).toEqual([
      "realm_map_protected: the firmware refused RMI_DATA_CREATE_UNKNOWN",
    ]);
  });

  it("cannot happen under the fault lock, since a fold needs the lock for writing", () => {
    expect(rulesBroken("map-fold", "rfc-v1+fault-lock")).toEqual([]);
  });
});

describe("a VM that is no realm", () => {
  it("cannot have a slot with a guest_memfd, so the missing test for a realm is never missed", () => {
    const host = auditedHost();
    const vm = createVm(host, KVM_VM_TYPE_ARM_NORMAL);
    const gmem = createGmem(host, vm, PAGE);

    const flags = KVM_MEM_GUEST_MEMFD;
    expect(setRegion(host, vm, { slot: 0, gpa: GPA, size: PAGE, gmem, flags })).toBe(-EINVAL);
    expect(setRegion(host, vm, { slot: 0, gpa: GPA, size: PAGE })).toBe(0);
  });
});

describe("a long range", () => {
  it("keeps whoever changes the slots waiting for every firmware call that is left", () => {
    const waits = [1, 64, 512].map((pages) => srcuWait(pages).calls);

    // A range of 2 MiB has no table yet: a call that fails, and two that make the table.
    expect(waits).toEqual([2, 2 * 64, 2 * 512 + 3]);
  });

  it("is mapped to its end although the process is being killed", () => {
    const on = stage("rfc-v1", { slots: [4] });
    on.host.process.task.signal_pending = true;

    expect(tsmMap(on.vmm, on.device, RAM, pageAt(4))).toBe(0);
    expect(mappedPages(on.host, RAM, pageAt(4))).toHaveLength(4);
  });

  it("takes two firmware calls for each page, also where a block would do", () => {
    const on = stage("rfc-v1", { slots: [1024] });
    const mapFrom = (page: number, pages: number) =>
      on.host.trace
        .record(() => tsmMap(on.vmm, on.device, pageAt(page), pageAt(page + pages)))
        .filter(({ kind, name }) => kind === "smc" && /DELEGATE|DATA_CREATE/.test(name)).length;
    mapFrom(0, 1);
    mapFrom(512, 1);

    expect(mapFrom(513, 511)).toBe(2 * 511);
  });
});

describe("the vdevice", () => {
  it("is a way to find the VM and no more: it need not be bound, and one call serves every device", () => {
    const on = stage("rfc-v1", { slots: [1] });

    expect(tsmMap(on.vmm, on.device, RAM, pageAt(1))).toBe(0);
    expect(on.host.machine.smmu.realmStream(0x100)).toBeUndefined();
  });

  it("leads to a dead VM, too, which refuses every call of its own", () => {
    const on = stage("rfc-v1", { slots: [1] });
    kvmOf(on.host, on.vmm.vm).vm_dead = true;

    expect(on.host.sys.ioctl(on.vmm.vm, KVM_SET_MEMORY_ATTRIBUTES, new Uint8Array(32))).toBe(-EIO);
    expect(tsmMap(on.vmm, on.device, RAM, pageAt(1))).toBe(0);
  });
});

describe("the page with the findings", () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const findings = JSON.parse(read("docs/data/findings.json")) as {
    number: number;
    verdict: string;
    tests: string[];
  }[];

  it("is written from its data", () => {
    expect(read("docs/reference/findings.md"), "run `npm run reference`").toBe(
      findingsPage(findings as never),
    );
  });

  it("has a verdict on each of the 29 findings, and a test for each that can be run", () => {
    expect(findings.map(({ number }) => number)).toEqual(Array.from({ length: 29 }, (_, n) => n + 1));
    for (const { number, verdict, tests } of findings) {
      expect(tests.length > 0, `finding ${number}`).toBe(verdict !== "in the text");
    }
  });

  it("names tests that are there", () => {
    for (const test of findings.flatMap(({ tests }) => tests)) {
      const [path = "", title = ""] = test.split("#");
      expect(read(`test/${path}`), test).toContain(JSON.stringify(title).slice(1, -1));
    }
  });
});
