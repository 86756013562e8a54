// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { touches } from "../../lib/src/base/footprint.ts";
import { RecordedRun } from "../../lib/src/explore/recorded-run.ts";
import {
  type KernelVariant,
  type RaceReport,
  raceById,
  races,
  replay,
  reportOf,
  type SwitchRow,
  seeded,
  type TurnRow,
} from "../../lib/src/index.ts";

const punch = raceById("map-punch");
const source = path.resolve(import.meta.dirname, "../../lib/src");

function turnsOf({ rows }: RaceReport): TurnRow[] {
  return rows.filter((row): row is TurnRow => row.kind === "turn");
}

function switchesOf({ rows }: RaceReport): SwitchRow[] {
  return rows.filter((row): row is SwitchRow => row.kind === "switch");
}

/** Functions of the kernel that have a name of ours in the model. */
const OURS: Readonly<Record<string, string>> = { truncate_inode_pages_range: "*truncate(" };

/** The call stack of the first thing that a task touches while `run` runs, as files below lib/src. */
function filesAtWork(run: () => void): string[] {
  const originals = { read: touches.read, add: touches.add, write: touches.write };
  let files: string[] = [];
  const look = (): void => {
    if (files.length > 0) return;
    const stack = (new Error().stack ?? "").replaceAll("\\", "/");
    const found = [...stack.matchAll(/lib\/src\/((?:kernel|rmm|hw)\/[^:?]+)/g)].map(([, file]) => file ?? "");
    // What a task waits for is asked from outside of it.
    if (found.some((file) => /syscall-tasks|pcie-function/.test(file))) files = found;
  };
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  for (const mode of ["read", "add", "write"] as const) {
    touches[mode] = (kind, part) => {
      look();
      originals[mode].call(touches, kind, part);
    };
  }
  try {
    run();
  } finally {
    Object.assign(touches, originals);
    Error.stackTraceLimit = limit;
  }
  return files;
}

/** Takes turns at random, and tells of each where it began and whose code was at work. */
function randomTurns(
  id: string,
  kernel: string,
  seed: number,
): { turn: string; file: string; files: string[] }[] {
  const random = seeded(seed);
  const run = new RecordedRun(raceById(id), kernel);
  const seen: { turn: string; file: string; files: string[] }[] = [];
  let actor = "";
  while (!run.isOver) {
    const { runnable } = run;
    if (!runnable.includes(actor) || random.below(5) === 0)
      actor = runnable[random.below(runnable.length)] as string;
    const files = filesAtWork(() => run.step(actor));
    const turn = run.turns.at(-1);
    seen.push({ turn: `${turn?.actor} ${turn?.began}`, file: turn?.place?.file ?? "unknown", files });
  }
  return seen;
}

describe("the function of a turn", () => {
  it.each(races.map(({ id }) => id))("is one that is on the call stack: %s", (id) => {
    const turns = ["rfc-v1", "rfc-v1+fault-lock", "rfc-v1+all+fault-path"].flatMap((kernel) =>
      randomTurns(id, kernel, 7),
    );

    // The turn after a page has left the file begins where nothing is touched any more.
    const wrong = turns.filter(
      ({ turn, file, files }) =>
        file === "unknown" ||
        (files.length > 0 && !files.includes(file) && !turn.endsWith("write gmem page cache")),
    );
    expect(wrong).toEqual([]);
    expect(turns.filter(({ files }) => files.length > 0).length).toBeGreaterThan(turns.length / 2);
  });

  it("is in a file of the model that names it", () => {
    const places = races.flatMap((race) =>
      turnsOf(reportOf(race, "", "rfc-v1+all+fault-path")).map(({ place }) => place),
    );

    for (const place of new Set(places.map((one) => JSON.stringify(one)))) {
      const { name, file } = JSON.parse(place) as { name: string; file: string };
      expect(existsSync(path.join(source, file)), file).toBe(true);
      if (/ /.test(name)) continue;
      const text = readFileSync(path.join(source, file), "utf8");
      expect(text.includes(OURS[name] ?? name), `${name} in ${file}`).toBe(true);
    }
  });
});

describe("a report of a schedule that breaks a rule", () => {
  const report = reportOf(punch, "M5 P8 M");

  it("has a row for each turn, numbered, with only what changed", () => {
    const turns = turnsOf(report);

    expect(turns.map(({ number }) => number)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));
    expect(turns[4]?.changed).toMatchObject([{ before: "NS", after: "DELEGATED" }]);
    expect(turns[6]).toMatchObject({ actor: "P", changed: [], holds: ["gmem invalidate_lock"] });
  });

  it("says what is read and written of that which actors share, with the value before", () => {
    const [destroyed] = turnsOf(report).filter(({ began }) => began === "rmi RMI_DATA_DESTROY");

    expect(destroyed?.touched).toContainEqual({
      what: "page 0 of the file",
      mode: "write",
      value: expect.stringMatching(/^frame 0x/) as string,
    });
  });

  it("says why one actor goes on after another", () => {
    expect(switchesOf(report).map(({ reason, text }) => [reason, text])).toEqual([
      ["preempted", "M is preempted before: rmi RMI_DATA_CREATE_UNKNOWN"],
      ["ended", "P has ended with 0"],
    ]);
    const locked = reportOf(punch, "M5 P8", "rfc-v1+fault-lock");
    expect(switchesOf(locked)).toContainEqual({
      kind: "switch",
      from: "P",
      to: "M",
      reason: "waits",
      text: "P waits for kvm->mmu_lock, which M holds",
    });
  });

  it("names the rule, and the two turns whose order decides", () => {
    expect(report.broken.map(({ rule, title }) => [rule, title])).toEqual([
      ["page-of-the-file", "The page that is mapped is the page in the file"],
    ]);
    expect(report.conflict).toMatchObject({ first: 11, second: 14, decides: true });
    const [first, second] = [turnsOf(report)[10], turnsOf(report)[13]];
    expect([first?.began, second?.began]).toEqual(["rmi RMI_DATA_DESTROY", "rmi RMI_DATA_CREATE_UNKNOWN"]);
  });

  it.each([
    ["map-punch", "M5 P8 M"],
    ["map-gmem-close", "M5 C9 M"],
    ["map-fold", "M8 P7 M"],
    ["fault-punch", "V5 P8 V"],
    ["map-to-shared", "A8 M"],
  ])("has beside it a schedule that breaks nothing when it is run: %s", (id, schedule) => {
    const { good, broken } = reportOf(raceById(id), schedule);

    expect(broken).not.toEqual([]);
    expect(replay(raceById(id), good?.schedule ?? "").broken).toEqual([]);
  });

  it("gives a schedule that makes the same run again", () => {
    const { broken, schedule } = replay(punch, report.schedule);

    expect(schedule).toBe("MMMMMPPPPPPPPM");
    expect(broken.map(({ rule, text }) => [rule, text])).toEqual(
      report.broken.map(({ rule, text }) => [rule, text]),
    );
    expect(report.replay).toBe('replay(raceById("map-punch"), "M5 P8 M", "rfc-v1")');
  });
});

describe("a report of anything else", () => {
  it("has neither a conflict nor a neighbour when every rule holds", () => {
    const { broken, conflict, good } = reportOf(punch, "P8 M");

    expect([broken, conflict, good]).toEqual([[], undefined, undefined]);
  });

  it("says so when no order near it is good, and links the turns that meet on the page", () => {
    const { conflict, good } = reportOf(raceById("map-map"), "M10 N8");

    expect(good).toBeUndefined();
    expect(conflict?.decides).toBe(false);
    expect(conflict?.on.join()).toContain("frame 0x");
  });

  it("tells up to which turn a function came that does what no task may", () => {
    const kernel: KernelVariant = {
      name: "mine",
      *kvm_map_private_memory() {
        yield { kind: "read", object: "kvm->memslots" };
        throw new Error("oops");
      },
    };
    const { broken, rows } = reportOf(punch, "M", kernel);

    expect(broken).toMatchObject([{ rule: "not-a-task", text: expect.stringContaining("oops") as string }]);
    expect(rows.at(-1)).toMatchObject({ actor: "M", began: "read kvm->memslots" });
  });

  it("refuses a text that is no schedule", () => {
    expect(() => reportOf(punch, "5M")).toThrow(RangeError);
  });
});
