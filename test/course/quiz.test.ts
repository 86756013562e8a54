// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { PAGE_SIZE, pfnToPa } from "../../lib/src/base/address.ts";
import { errnoName } from "../../lib/src/base/errno.ts";
import { boot, type Host } from "../../lib/src/boot.ts";
import { runOf } from "../../lib/src/course/evidence.ts";
import { POST_QUIZ } from "../../lib/src/course/quiz/post.ts";
import { PRE_QUIZ } from "../../lib/src/course/quiz/pre.ts";
import { QUIZ_FORMS, QUIZZES, type QuizForm, quiz } from "../../lib/src/course/quiz/quiz.ts";
import { momentTable } from "../../lib/src/designs/moment-table.ts";
import { raceById } from "../../lib/src/explore/races/catalogue.ts";
import { stage } from "../../lib/src/explore/races/scene.ts";
import { replay } from "../../lib/src/explore/replay.ts";
import { IOMMU_VDEVICE_TSM_MAP } from "../../lib/src/kernel/iommufd/uapi.ts";
import { iommu_vdevice_tsm_map } from "../../lib/src/kernel/iommufd/uapi-structs.ts";
import { RMI_GRANULE_DELEGATE } from "../../lib/src/rmm/fid.ts";
import { type AssignedRealm, realmWithDevice } from "../../lib/src/user/assigned-realm.ts";
import { deviceHardware } from "../../lib/src/user/driver.ts";
import type { Vmm } from "../../lib/src/user/vmm.ts";
import { type AssignedDevice, tsmMap } from "../../lib/src/user/vmm-device.ts";
import { openGmems } from "../../lib/src/view/find.ts";
import { mappedPages } from "../../lib/src/view/mapped-pages.ts";
import { feedbackOn } from "./cell.ts";

const RAM = 0x8000_0000;
const END = RAM + 8 * PAGE_SIZE;
const WORD = new Uint8Array(8);

/** A realm with eight pages of private memory, and a device that runs. */
function realm(): AssignedRealm {
  return realmWithDevice(boot({ memory: 1024 * PAGE_SIZE }), { gpa: RAM, size: END - RAM, ipaBits: 40 });
}

function mapPage({ vmm, device }: AssignedRealm, page = 0): number {
  return tsmMap(vmm, device, RAM + page * PAGE_SIZE, RAM + (page + 1) * PAGE_SIZE);
}

/** What becomes of a write of the device to the first page. */
function write({ vmm }: AssignedRealm): string {
  return deviceHardware(vmm.host).write(RAM, WORD).event === undefined ? "lands" : "refused";
}

function punch(vmm: Vmm): void {
  for (const memory of vmm.memory) vmm.punchHole(memory, 0, PAGE_SIZE);
}

/** Result of the ioctl, and how many pages around the memory are mapped afterwards. */
function mapped({ vmm, device }: AssignedRealm, start: number, end: number): string {
  const result = errnoName(tsmMap(vmm, device, start, end));
  return `${result}, ${mappedPages(vmm.host, RAM - 8 * PAGE_SIZE, END + 8 * PAGE_SIZE).length} pages`;
}

/** References on the first page after so many calls that map it. */
function references(calls: number): string {
  const on = realm();
  for (let n = 0; n < calls; n++) mapPage(on);
  const page = openGmems(on.vmm.host)[0]?.gmem.inode.pageAt(0);
  if (page === undefined) throw new Error("the file has no page there");
  return String(on.vmm.host.kernel.pages.page_count(page));
}

/** Firmware calls of the map of one page, and its result. */
function firmwareCalls(on: AssignedRealm, page: number): string {
  let result = Number.NaN;
  const events = on.vmm.host.trace.record(() => {
    result = mapPage(on, page);
  });
  return `${events.filter(({ kind }) => kind === "smc").length}, ${errnoName(result)}`;
}

function request(
  on: { vmm: Vmm; device: AssignedDevice },
  fields: { flags?: number; vdevice_id: number },
): string {
  const bytes = iommu_vdevice_tsm_map({ ...fields, start_gpa: RAM, end_gpa: RAM + PAGE_SIZE });
  return errnoName(on.vmm.host.sys.ioctl(on.device.iommufd, IOMMU_VDEVICE_TSM_MAP, bytes));
}

function delegated(): { host: Host; pa: number } {
  const host = boot({ memory: 64 * PAGE_SIZE });
  const pa = pfnToPa(host.machine.memory.basePfn) + 5 * PAGE_SIZE;
  expect(host.smc(RMI_GRANULE_DELEGATE, BigInt(pa))[0]).toBe(0n);
  return { host, pa };
}

/** The rules that are broken when a hole comes right before the mapping, on a kernel, and the results. */
function holeBeforeMapping(kernel: string, turns: number): string {
  const { broken, results } = replay(raceById("map-punch"), `M${turns} P100`, kernel);
  return [...Object.values(results), ...broken.map(({ rule }) => rule)].join(", ");
}

/** The outcome of a moment of the scenario with a hole. */
function afterTheHole(design: string, moment: RegExp): string {
  const found = momentTable([runOf(design, "punch-hole")]).find((one) => moment.test(one.moment));
  return String(found?.cells[0]);
}

/** What the machine says to each question, and which words of the right option say the same. */
const ASKED: Readonly<
  Record<QuizForm, readonly (readonly [machine: () => string, says: string, option: RegExp])[]>
> = {
  pre: [
    [() => write(realm()), "refused", /^It is refused: there is no entry/],
    [() => String(hostRead("a realm's")), "granule protection fault", /^a granule protection fault$/],
    [() => mapped(realm(), RAM, RAM + 0x3000), "0, 3 pages", /^3$/],
    [() => mapped(realm(), END - 2 * PAGE_SIZE, END + 2 * PAGE_SIZE), "-EINVAL, 2 pages", /^2$/],
    [() => mappedWhenShared(), "0, 1 pages", /^0, and the page is mapped as private/],
    [() => references(1), "2", /^2$/],
    [() => firmwareCalls(withTables(), 1), "2, 0", /^2$/],
    [() => request(realm(), { flags: 1, vdevice_id: 99 }), "-EOPNOTSUPP", /^-EOPNOTSUPP$/],
    [() => holeBeforeMapping("rfc-v1", 4), "0, 0, page-of-the-file", /^A page is mapped that is in no file/],
    [
      () => afterTheHole("D1", /private DMA after/),
      "lands in an orphan",
      /^Into a page that belongs to nothing/,
    ],
  ],
  post: [
    [() => writeAfterHole(), "lands, refused", /^It is refused: the page was taken out/],
    [() => String(hostRead("a delegated")), "granule protection fault", /^a granule protection fault$/],
    [() => mapped(realm(), RAM + 0x800, RAM + 0x2800), "0, 2 pages", /^2$/],
    [() => mapped(realm(), RAM - PAGE_SIZE, RAM + 3 * PAGE_SIZE), "-EINVAL, 0 pages", /^0$/],
    [() => mappedWithoutAttributes(), "0, 2 pages", /^0, and both are mapped as private/],
    [() => references(2), "3", /^3$/],
    [() => firmwareCalls(withTables(), 0), "1, 0", /^1 call, and 0$/],
    [() => request(realm(), { vdevice_id: 99 }), "-ENOENT", /^-ENOENT$/],
    [
      () => holeBeforeMapping("rfc-v1+sequence-retry", 5),
      "0, 0",
      /^What is mapped is the page that the file has/,
    ],
    [
      () => afterTheHole("D2", /shared DMA after another process/),
      "lands in another process",
      /^Into memory of another process/,
    ],
  ],
};

function hostRead(whose: "a realm's" | "a delegated"): unknown {
  if (whose === "a delegated") {
    const { host, pa } = delegated();
    return host.readPhysical(pa);
  }
  const on = realm();
  mapPage(on);
  const page = openGmems(on.vmm.host)[0]?.gmem.inode.pageAt(0);
  return page === undefined ? "no page" : on.vmm.host.readPhysical(pfnToPa(page));
}

function withTables(): AssignedRealm {
  const on = realm();
  mapPage(on);
  return on;
}

function mappedWhenShared(): string {
  const on = realm();
  on.vmm.setShared(RAM, PAGE_SIZE);
  return mapped(on, RAM, RAM + PAGE_SIZE);
}

function mappedWithoutAttributes(): string {
  return mapped(stage("rfc-v1", { slots: [2], shared: true }), RAM, RAM + 2 * PAGE_SIZE);
}

function writeAfterHole(): string {
  const on = withTables();
  const before = write(on);
  punch(on.vmm);
  return `${before}, ${write(on)}`;
}

describe.each(["pre", "post"] as const)("the quiz, form %s", (form) => {
  const questions = QUIZ_FORMS[form];

  it.each(questions.map(({ topic }, n) => [n + 1, topic] as const))(
    "question %i (%s): the key is what the machine says",
    (number) => {
      const [machine, says, option] = ASKED[form][number - 1] ?? [];
      const { options, right } = questions[number - 1] ?? {};

      expect(machine?.()).toBe(says);
      expect(options?.[right ?? "a"]).toMatch(option ?? /never/);
    },
  );

  it("offers four different options each, and uses every letter as a key", () => {
    for (const { options } of questions) expect(new Set(Object.values(options)).size).toBe(4);

    expect(new Set(questions.map(({ right }) => right)).size).toBeGreaterThanOrEqual(3);
  });

  it("shows its questions without the key", () => {
    const { text } = quiz(form);

    for (const { asks, because } of questions) {
      expect(text.replaceAll("\n", " ")).toContain(asks);
      expect(text.replaceAll("\n", " ")).not.toContain(because);
    }
    expect(text).toContain(`check("quiz-${form}", [...])`);
  });
});

it("the two forms ask about the same topics at the same places, and no question twice", () => {
  expect(POST_QUIZ.map(({ topic, notebook }) => [topic, notebook])).toEqual(
    PRE_QUIZ.map(({ topic, notebook }) => [topic, notebook]),
  );
  expect(new Set([...PRE_QUIZ, ...POST_QUIZ].map(({ asks }) => asks)).size).toBe(20);
});

it("there are two forms, and quiz says so", () => {
  expect(() => quiz("mid" as QuizForm)).toThrow('there are two quizzes: quiz("pre") and quiz("post")');
});

describe.each(QUIZZES.map((exercise) => [exercise.id, exercise] as const))(
  "%s, as an exercise",
  (_, exercise) => {
    it("says kindly that nothing is answered yet, and accepts the key", () => {
      expect(feedbackOn(exercise, exercise.starter).problem?.id).toBe("starter");
      expect(feedbackOn(exercise, exercise.solution.code).verdict).toBe("accepted");
    });

    it.each(exercise.wrongAnswers.map(({ problem, code }) => [problem, code] as const))(
      "tells %s",
      (problem, code) => {
        expect(feedbackOn(exercise, code).problem?.id).toBe(problem);
      },
    );

    it("counts what is right and names the topics and notebooks of the rest, but not the letters", () => {
      const key = QUIZ_FORMS[exercise.id === "quiz-pre" ? "pre" : "post"].map(({ right }) => right);

      const { message } = exercise.check(["?", ...key.slice(1)]) ?? {};

      expect(message).toBe("9 of 10 answers are right. Still open: what a device cannot do (notebook 00).");
    });

    it.each([undefined, null, 0, "x", [], {}, [1, 2]])("answers %s without throwing", (answer) => {
      expect(exercise.check(answer)?.message).toMatch(/\.$/);
    });
  },
);
