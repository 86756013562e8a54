// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { expect, it } from "vitest";
import { auditRmm } from "../../lib/src/rmm/audit.ts";
import { indexOf, RMI_ERROR_RTT, RMI_SUCCESS, statusOf } from "../../lib/src/rmm/status.ts";
import { FlatModel, type PageState } from "./flat-model.ts";
import { SHARED, World } from "./world.ts";

const PAGE = 4096;
const BLOCK = 2 ** 21;
const RIPAS = ["EMPTY", "RAM", "DESTROYED"] as const;

/** Addresses that the calls use, and that are compared afterwards: the first pages of a few blocks in both halves. */
const BLOCKS = [0, BLOCK, 2 ** 30, SHARED, SHARED + BLOCK];
const WATCHED = BLOCKS.flatMap((base) => [0, 1, 2, 3, 511].map((page) => base + page * PAGE));

type Step =
  | { readonly op: "create" | "createUnknown" | "destroy"; readonly ipa: number }
  | { readonly op: "table" | "untable" | "fold"; readonly ipa: number; readonly level: number }
  | { readonly op: "ripas"; readonly ipa: number; readonly pages: number }
  | { readonly op: "share" | "unshare"; readonly ipa: number; readonly level: number }
  | { readonly op: "fill"; readonly ipa: number }
  | { readonly op: "activate" };

const ipa = fc.constantFrom(...WATCHED);
const block = fc.constantFrom(...BLOCKS);
const level = fc.constantFrom(2, 3, 3);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constantFrom("create", "createUnknown", "destroy"), ipa }) },
  {
    weight: 8,
    arbitrary: fc.record({ op: fc.constantFrom("table", "table", "untable", "fold"), ipa: block, level }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant("ripas" as const), ipa, pages: fc.constantFrom(1, 2, 512) }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constantFrom("share", "unshare"), ipa, level }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("fill" as const), ipa: block }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("activate" as const) }) },
);

/** Runs the real firmware and the flat model side by side. */
class Pair {
  readonly world = new World({ dramPages: 32768 });
  readonly model = new FlatModel(SHARED);
  readonly rd = this.world.makeRealm();

  run(step: Step): void {
    const { world, model, rd } = this;
    const { fid } = world;
    const before = JSON.stringify(WATCHED.map((at) => this.observe(at)));
    const done = (x0: number): boolean => x0 === RMI_SUCCESS;
    switch (step.op) {
      case "createUnknown": {
        const data = world.delegated();
        const free = model.at(step.ipa).pa === undefined && step.ipa < SHARED;
        const x0 = world.rmm.smc(fid.RMI_DATA_CREATE_UNKNOWN, rd, data, step.ipa);
        if (done(x0)) {
          expect(free).toBe(true);
          model.dataCreateUnknown(step.ipa, data);
        } else if (statusOf(x0) === RMI_ERROR_RTT && indexOf(x0) === 3) expect(free).toBe(false);
        break;
      }
      case "create": {
        const data = world.delegated();
        const x0 = world.rmm.smc(fid.RMI_DATA_CREATE, rd, data, step.ipa, world.take(), 0);
        if (done(x0)) {
          expect([model.state, model.at(step.ipa).pa]).toEqual(["NEW", undefined]);
          model.dataCreate(step.ipa, data);
        }
        break;
      }
      case "destroy": {
        const x0 = world.rmm.smc(fid.RMI_DATA_DESTROY, rd, step.ipa);
        const { x1: data, x2: top } = world.rmm.out;
        if (done(x0)) expect(model.dataDestroy(step.ipa)).toBe(data);
        else if (statusOf(x0) === RMI_ERROR_RTT) this.nothingBetween(step.ipa, top);
        break;
      }
      case "table":
        world.rmm.smc(
          fid.RMI_RTT_CREATE,
          rd,
          world.delegated(),
          alignDown(step.ipa, step.level - 1),
          step.level,
        );
        break;
      case "fold":
        world.rmm.smc(fid.RMI_RTT_FOLD, rd, alignDown(step.ipa, step.level - 1), step.level);
        break;
      case "untable": {
        const base = alignDown(step.ipa, step.level - 1);
        if (done(world.rmm.smc(fid.RMI_RTT_DESTROY, rd, base, step.level))) {
          const top = base + size(step.level - 1);
          if (base < SHARED) this.nothingBetween(base, top);
          model.rttDestroy(base, top);
        }
        break;
      }
      case "ripas": {
        const x0 = world.rmm.smc(fid.RMI_RTT_INIT_RIPAS, rd, step.ipa, step.ipa + step.pages * PAGE);
        if (done(x0)) {
          expect(model.state).toBe("NEW");
          model.initRipas(step.ipa, world.rmm.out.x1);
        }
        break;
      }
      case "share": {
        const at = alignDown(step.ipa, step.level);
        const pa = 0x1_0000_0000 + at;
        if (done(world.rmm.smc(fid.RMI_RTT_MAP_UNPROTECTED, rd, at, step.level, pa + 0xd8))) {
          expect(model.at(at)).toEqual({ half: "shared", pa: undefined });
          model.mapUnprotected(at, size(step.level), pa);
        }
        break;
      }
      case "unshare": {
        const at = alignDown(step.ipa, step.level);
        if (done(world.rmm.smc(fid.RMI_RTT_UNMAP_UNPROTECTED, rd, at, step.level))) {
          expect(model.at(at).pa).toBeDefined();
          model.unmapUnprotected(at, size(step.level));
        }
        break;
      }
      case "fill":
        this.fill(alignDown(step.ipa, 2));
        break;
      case "activate":
        if (done(world.rmm.smc(fid.RMI_REALM_ACTIVATE, rd))) model.state = "ACTIVE";
        break;
    }
    // Making and folding tables changes nothing that a realm or a device could see.
    if (step.op === "table" || step.op === "fold") {
      expect(JSON.stringify(WATCHED.map((at) => this.observe(at)))).toBe(before);
    }
  }

  /** Maps 512 pages that can become a block, if there is nothing yet but an empty table. */
  fill(base: number): void {
    const { world, model, rd } = this;
    world.rmm.smc(world.fid.RMI_RTT_CREATE, rd, world.delegated(), base, 3);
    const pages = Array.from({ length: 512 }, (_, i) => base + i * PAGE);
    if (base >= SHARED || pages.some((at) => model.at(at).pa !== undefined)) return;
    const data = world.delegated(512);
    for (const [i, at] of pages.entries()) {
      const x0 = world.rmm.smc(world.fid.RMI_DATA_CREATE_UNKNOWN, rd, data + i * PAGE, at);
      if (x0 !== RMI_SUCCESS) return;
      model.dataCreateUnknown(at, data + i * PAGE);
    }
  }

  /** `top` promises that no page of the model lies between an address and it. */
  nothingBetween(from: number, top: number): void {
    const missed = WATCHED.filter(
      (at) => at >= from && at < top && at < SHARED && this.model.at(at).pa !== undefined,
    );
    expect(missed).toEqual([]);
  }

  /** What the firmware's interface says is at a page. */
  observe(at: number): PageState {
    const { rmm, fid } = this.world;
    expect(rmm.smc(fid.RMI_RTT_READ_ENTRY, this.rd, at, 3)).toBe(RMI_SUCCESS);
    const { x1: level, x2: state, x3: desc, x4: ripas } = rmm.out;
    const pa = state === 1 ? desc - (desc % PAGE) + (at % size(level)) : undefined;
    if (at >= SHARED) return { half: "shared", pa };
    return { half: "protected", ripas: RIPAS[ripas] as (typeof RIPAS)[number], pa };
  }

  compare(): void {
    expect(WATCHED.map((at) => this.observe(at))).toEqual(WATCHED.map((at) => this.model.at(at)));
    expect(new Set(this.model.assigned).size).toBe(this.model.assigned.length);
    expect(auditRmm(this.world.rmm)).toEqual([]);
  }
}

function size(level: number): number {
  return [2 ** 39, 2 ** 30, BLOCK, PAGE][level] as number;
}

function alignDown(at: number, level: number): number {
  return at - (at % size(level));
}

it("holds the same memory as a flat map from page to state, after any sequence of calls", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), (steps) => {
      const pair = new Pair();
      for (const each of steps) {
        pair.run(each);
        pair.compare();
      }
    }),
    { numRuns: 150, seed: 20250728 },
  );
});
