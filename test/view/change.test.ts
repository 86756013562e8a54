// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boot } from "../../lib/src/boot.ts";
import { tsmMap, unbindDevice } from "../../lib/src/user/vmm-device.ts";
import { showChange, showDiff } from "../../lib/src/view/change.ts";
import { compareLines, compareStates } from "../../lib/src/view/compare.ts";
import { type Fact, hostState } from "../../lib/src/view/facts.ts";
import { showGuestMemfd } from "../../lib/src/view/gmem.ts";
import { boundDevice } from "./device.ts";
import { GPA } from "./realm.ts";
import { expectGoodPicture, parseSvg } from "./svg-checks.ts";

const PAGE = 4096;

describe("what a call changed", () => {
  it("is told without what stayed the same, neighbours together", () => {
    const { host, vmm, device } = boundDevice();

    const picture = showChange(host, () => tsmMap(vmm, device, GPA, GPA + 3 * PAGE));

    expectGoodPicture(picture);
    expect(picture.text).toMatchInlineSnapshot(`
      "What changed
      1 new, 3 changed, 0 gone.
      change     what                                                        before           after
      ---------  ----------------------------------------------------------  ---------------  ---------------------------------
        guest_memfd
      + new      fd 5 offset 0x0 .. 0x3000 (3)                               -                page -> 0x8_8004_a000 on
        realm tables
      ~ changed  VMID 1 level 3 entry of IPA 0x8000_0000 .. 0x8000_3000 (3)  UNASSIGNED, RAM  ASSIGNED, RAM -> 0x8_8004_a000 on
        granules
      ~ changed  granule 0x8_8004_a000 .. 0x8_8004_d000 (3)                  NS, Non-secure   DATA, Realm
        page references
      ~ changed  page 0x8_8004_a000 .. 0x8_8004_d000 (3)                     0                2"
    `);
  });

  it("tells what is gone, and what became another", () => {
    const { host, vmm, device } = boundDevice();

    expect(showChange(host, () => unbindDevice(vmm, device)).text).toMatchInlineSnapshot(`
      "What changed
      0 new, 2 changed, 1 gone.
      change     what                       before            after
      ---------  -------------------------  ----------------  --------------
        granules
      ~ changed  granule 0x8_8002_1000      VDEV, Realm       NS, Non-secure
        page references
      ~ changed  page 0x8_8002_1000         1                 0
        devices
      - gone     device 0x100 realm stream  tables of VMID 1  -"
    `);
  });

  it("says so when nothing changed", () => {
    const { host } = boundDevice();
    const picture = showChange(host, () => host.sys.ioctl(3, 0));

    expectGoodPicture(picture);
    expect(picture.text).toContain("Nothing changed.");
  });

  it("tells everything on demand, and only some groups on demand", () => {
    const { host, vmm, device } = boundDevice();
    const before = hostState(host);
    tsmMap(vmm, device, GPA, GPA + PAGE);

    const full = showDiff(before, hostState(host), { full: true });
    const some = showDiff(before, hostState(host), { groups: ["granules"] });

    expectGoodPicture(full);
    expect(full.text).toMatch(/^ +VM slot 0 +0x8000_0000, 8 pages, GUEST_MEMFD +0x8000_0000/m);
    expect(some.text.split("\n").slice(4)).toEqual([
      "  granules",
      "~ changed  granule 0x8_8004_a000  NS, Non-secure  DATA, Realm",
    ]);
  });

  it("marks what is new or changed by a word and by weight", () => {
    const { host, vmm, device } = boundDevice();

    const { svg } = showChange(host, () => tsmMap(vmm, device, GPA, GPA + PAGE));

    const bold = [...svg.matchAll(/font-weight="bold"[^>]*>([^<]*)</g)].map(([, text]) => text);
    expect(bold).toContain("+ new");
    expect(bold).toContain("~ changed");
    expect(bold).toContain("ASSIGNED, RAM -&gt; 0x8_8004_a000");
    expect(bold).not.toContain("UNASSIGNED, RAM");
    expect(parseSvg(svg).length).toBeGreaterThan(20);
  });
});

describe("the difference of two pictures", () => {
  it("tells the lines that one of them has and the other has not", () => {
    const { host, vmm, device } = boundDevice();
    tsmMap(vmm, device, GPA, GPA + PAGE);
    const before = showGuestMemfd(host);
    tsmMap(vmm, device, GPA + PAGE, GPA + 2 * PAGE);

    const picture = showDiff(before, showGuestMemfd(host));

    expectGoodPicture(picture);
    expect(picture.text).toMatchInlineSnapshot(`
      "What changed
      3 new, 0 changed, 2 gone.
      change  line of the picture
      ------  -----------------------------------------------------------------------------------------
      - gone  8 pages in the file, 1 allocated; references on the file: 1.
      + new   8 pages in the file, 2 allocated; references on the file: 1.
      - gone  1 .. 7            none           0                                    slot 0, 0x8000_1000
      + new   1                 0x8_8004_b000  2           yes      Realm           slot 0, 0x8000_1000
      + new   2 .. 7            none           0                                    slot 0, 0x8000_2000"
    `);
  });

  it("is not made of a picture and a state", () => {
    const { host } = boundDevice();

    expect(() => showDiff(showGuestMemfd(host), hostState(host) as never)).toThrow(
      "showDiff compares two pictures, or two states of hostState; not one of each",
    );
  });

  it("contains either text whole, whatever the texts", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = compareLines(before, after);

        expect(lines.filter(({ change }) => change !== "new").map((line) => line.text)).toEqual(before);
        expect(lines.filter(({ change }) => change !== "gone").map((line) => line.text)).toEqual(after);
      }),
      { seed: 3 },
    );
  });
});

describe("a state of a host", () => {
  it("is the same for two hosts that did the same", () => {
    expect(hostState(boundDevice().host)).toEqual(hostState(boundDevice().host));
  });

  it("has little to tell of a machine that was just switched on", () => {
    expect([...hostState(boot()).values()].map(({ group }) => group)).toEqual(["devices"]);
  });

  it("differs from itself in nothing, and from an empty one in everything", () => {
    const state = hostState(boundDevice().host);
    const empty = new Map<string, Fact>();

    expect(compareStates(state, state)).toEqual([]);
    const changes = new Set(compareStates(empty, state).map(({ change }) => change));
    expect(changes).toEqual(new Set(["new", "changed"]));
    expect(compareStates(state, state, true).every(({ change }) => change === "same")).toBe(true);
  });
});
