// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { boot } from "../../lib/src/boot.ts";
import { following, runSchedule } from "../../lib/src/explore/schedule.ts";
import { tsmMap } from "../../lib/src/user/vmm-device.ts";
import { hostState } from "../../lib/src/view/facts.ts";
import { showGuestMemfd } from "../../lib/src/view/gmem.ts";
import { mappedPages } from "../../lib/src/view/mapped-pages.ts";
import { showObjects } from "../../lib/src/view/objects.ts";
import { showRtt } from "../../lib/src/view/rtt.ts";
import { type TimeTravel, timeTravel } from "../../lib/src/view/travel.ts";
import { decodeParts, PartTable } from "../../lib/src/view/travel-record.ts";
import { boundDevice } from "./device.ts";
import { FakePage } from "./fake-page.ts";
import { GPA } from "./realm.ts";
import { parseSvg } from "./svg-checks.ts";

const PAGE = 4096;

/** Two pages are mapped, and the first once more. */
function recorded(): TimeTravel {
  const { host, vmm, device } = boundDevice();
  return timeTravel(
    host,
    (checkpoint) => {
      tsmMap(vmm, device, GPA, GPA + 2 * PAGE);
      checkpoint("mapped");
      tsmMap(vmm, device, GPA, GPA + PAGE);
    },
    { title: "Mapped twice", views: { tables: (one) => showRtt(one), file: (one) => showGuestMemfd(one) } },
  );
}

function html(travel: TimeTravel): string {
  return travel.bundle()["text/html"] as string;
}

describe("a recorded run", () => {
  let travel: TimeTravel;
  beforeAll(() => {
    travel = recorded();
  });

  it("has a step for the start and for each event, in order, with the names that the run gave", () => {
    expect(travel.text).toMatchInlineSnapshot(`
      "Mapped twice: 44 steps
      step  who       what happened
      ----  --------  ---------------------------------------------------------------------------------------------
      0     -         start
      1     kernel    iommufd_vdevice_tsm_map_ioctl(start_gpa 0x8000_0000, end_gpa 0x8000_2000, vdevice_id 5)
      2     kernel    iommufd_get_object(id 5)
      3     kernel    get iommufd VDEVICE: id 5, users 2, wait_cnt 2
      4     kernel    kvm_map_private_memory(start_gpa 0x8000_0000, end_gpa 0x8000_2000)
      5     kernel    lock kvm->srcu, read side
      6     kernel    kvm_mmu_topup_memory_cache(cached 0)
      7     kernel    gfn_to_memslot(gfn 0x8_0000)
      8     kernel    kvm_gmem_get_pfn(gfn 0x8_0000, slot 0)
      9     kernel    realm_map_ipa(ipa 0x8000_0000, pfn 0x88_004a, map_size 4096)
      10    firmware  granule pa 0x8_8004_a000: NS -> DELEGATED
      11    firmware  RMI_GRANULE_DELEGATE(addr 0x8_8004_a000) -> RMI_SUCCESS
      12    firmware  filled with zeros: pa 0x8_8004_a000
      13    firmware  granule pa 0x8_8004_a000: DELEGATED -> DATA
      14    firmware  RMI_DATA_CREATE_UNKNOWN(rd 0x8_8000_4000, data 0x8_8004_a000, ipa 0x8000_0000) -> RMI_SUCCESS
      15    kernel    kvm_mmu_topup_memory_cache(cached 40)
      16    kernel    gfn_to_memslot(gfn 0x8_0001)
      17    kernel    kvm_gmem_get_pfn(gfn 0x8_0001, slot 0)
      18    kernel    realm_map_ipa(ipa 0x8000_1000, pfn 0x88_004b, map_size 4096)
      19    firmware  granule pa 0x8_8004_b000: NS -> DELEGATED
      20    firmware  RMI_GRANULE_DELEGATE(addr 0x8_8004_b000) -> RMI_SUCCESS
      21    firmware  filled with zeros: pa 0x8_8004_b000
      22    firmware  granule pa 0x8_8004_b000: DELEGATED -> DATA
      23    firmware  RMI_DATA_CREATE_UNKNOWN(rd 0x8_8000_4000, data 0x8_8004_b000, ipa 0x8000_1000) -> RMI_SUCCESS
      24    kernel    unlock kvm->srcu, read side
      25    kernel    iommufd_ucmd_respond(cmd_len 32)
      26    kernel    iommufd_put_object(id 5)
      27    kernel    put iommufd VDEVICE: id 5, users 1, wait_cnt 1
      28    VMM       ioctl(fd 7, IOMMU_VDEVICE_TSM_MAP) -> 0 [mapped]
      29    kernel    iommufd_vdevice_tsm_map_ioctl(start_gpa 0x8000_0000, end_gpa 0x8000_1000, vdevice_id 5)
      30    kernel    iommufd_get_object(id 5)
      31    kernel    get iommufd VDEVICE: id 5, users 2, wait_cnt 2
      32    kernel    kvm_map_private_memory(start_gpa 0x8000_0000, end_gpa 0x8000_1000)
      33    kernel    lock kvm->srcu, read side
      34    kernel    kvm_mmu_topup_memory_cache(cached 0)
      35    kernel    gfn_to_memslot(gfn 0x8_0000)
      36    kernel    kvm_gmem_get_pfn(gfn 0x8_0000, slot 0)
      37    kernel    realm_map_ipa(ipa 0x8000_0000, pfn 0x88_004a, map_size 4096)
      38    firmware  RMI_GRANULE_DELEGATE(addr 0x8_8004_a000) -> RMI_ERROR_INPUT (gran_state)
      39    kernel    unlock kvm->srcu, read side
      40    kernel    iommufd_ucmd_respond(cmd_len 32)
      41    kernel    iommufd_put_object(id 5)
      42    kernel    put iommufd VDEVICE: id 5, users 1, wait_cnt 1
      43    VMM       ioctl(fd 7, IOMMU_VDEVICE_TSM_MAP) -> 0"
    `);
  });

  it("keeps each picture as it was, and gives it back byte for byte except for its description", () => {
    const { host, vmm, device } = boundDevice();
    const withoutDescription = (svg: string): string => svg.replace(/<desc>[^<]*<\/desc>/, "");

    expect(travel.picture(0).svg).toBe(withoutDescription(showRtt(host).svg));
    tsmMap(vmm, device, GPA, GPA + 2 * PAGE);
    expect(travel.picture("mapped").text).toBe(showRtt(host).text);
    expect(travel.picture("mapped", "file").svg).toBe(withoutDescription(showGuestMemfd(host).svg));
  });

  it("shows a step after what it tells of: the granule is delegated when the step says so", () => {
    const number = travel.record.steps.findIndex(({ label }) => label.endsWith("NS -> DELEGATED"));

    expect(travel.changes(number - 1).text).toMatch(/~ changed +granule \S+ +NS, Realm +DELEGATED, Realm/);
  });

  it("tells what changed between any two moments, by number or by name", () => {
    expect(travel.changes("mapped", travel.last).text).toMatchInlineSnapshot(`
      "What changed from step 28 to step 43
      0 new, 1 changed, 0 gone.
      change     what                before  after
      ---------  ------------------  ------  -----
        page references
      ~ changed  page 0x8_8004_a000  2       3"
    `);
    expect(travel.changes("mapped", "mapped").text).toContain("Nothing changed.");
  });

  it("is the same for the same run", () => {
    expect(recorded().record).toEqual(travel.record);
    expect(html(recorded())).toBe(html(travel));
  });

  it("is plain data", () => {
    expect(JSON.parse(JSON.stringify(travel.record))).toEqual(travel.record);
  });

  it("takes little more room for many steps than for one", () => {
    const characters = travel.record.parts.join("").length;
    const whole = travel.record.steps.flatMap((_, i) =>
      travel.record.views.map((view) => travel.picture(i, view).svg.length),
    );

    expect(characters).toBeLessThan(whole.reduce((sum, length) => sum + length, 0) / 8);
  });

  it("leaves the host as the same run without a record does", () => {
    const { host, vmm, device } = boundDevice();
    tsmMap(vmm, device, GPA, GPA + 2 * PAGE);
    const other = boundDevice();
    timeTravel(other.host, () => tsmMap(other.vmm, other.device, GPA, GPA + 2 * PAGE));

    expect(hostState(other.host)).toEqual(hostState(host));
    expect(other.host.trace.on).toBe(false);
  });

  it("says which steps and pictures there are when it is asked for another", () => {
    expect(() => travel.picture("mapt")).toThrow(
      `there is no step mapt; steps go from 0 to ${travel.last}, checkpoints are mapped`,
    );
    expect(() => travel.picture(travel.last + 1)).toThrow(/there is no step/);
    expect(() => travel.picture(0, "slots")).toThrow('there is no picture "slots"; there are tables, file');
  });
});

describe("recording", () => {
  it("shows the sentence of a picture that cannot be drawn yet, and goes on", () => {
    const host = boot({ memory: 64 * PAGE });
    const travel = timeTravel(host, () => host.sys.open("/dev/kvm"));

    expect(travel.picture(0, "realm tables").text).toContain("there is no VM to draw");
    expect(travel.last).toBe(1);
  });

  it("keeps as many steps as it may, then the end, and says what is missing", () => {
    const { host, vmm, device } = boundDevice();
    const run = (): number => tsmMap(vmm, device, GPA, GPA + 2 * PAGE);

    const travel = timeTravel(host, run, { maxSteps: 5 });

    expect(travel.record.steps.map(({ label }) => label.split("(")[0])).toEqual([
      "start",
      "iommufd_vdevice_tsm_map_ioctl",
      "iommufd_get_object",
      "get iommufd VDEVICE: id 5, users 2, wait_cnt 2",
      "the end",
    ]);
    expect(travel.record.cut).toBe(
      "The record was full after step 3; 25 more events happened before the last step.",
    );
    expect(travel.text).toContain(travel.record.cut);
    expect(travel.picture(4).text).toBe(showRtt(host).text);
  });

  it("keeps as much as it may of large pictures", () => {
    const { host, vmm, device } = boundDevice();

    const travel = timeTravel(host, () => tsmMap(vmm, device, GPA, GPA + 2 * PAGE), { maxSize: 1 });

    expect(travel.record.steps).toHaveLength(2);
    expect(travel.record.cut).toMatch(/^The record was full after step 0; \d+ more events/);
  });

  it("takes only the events that it is told to", () => {
    const { host, vmm, device } = boundDevice();

    const travel = timeTravel(host, () => tsmMap(vmm, device, GPA, GPA + 2 * PAGE), {
      at: ({ kind }) => kind === "smc" || kind === "syscall",
    });

    expect(travel.record.steps.map(({ actor }) => actor)).toEqual([
      "",
      ...Array.from({ length: 4 }, () => "firmware"),
      "VMM",
    ]);
  });

  it("draws the start before anything has happened, whichever events make a step", () => {
    const { host, vmm, device } = boundDevice();
    const before = showGuestMemfd(host).text;

    const travel = timeTravel(host, () => tsmMap(vmm, device, GPA, GPA + PAGE), {
      views: { file: (one) => showGuestMemfd(one) },
      at: ({ name }) => name === "RMI_GRANULE_DELEGATE",
    });

    expect(travel.picture(0).text).toBe(before);
    expect(travel.picture(1).text).not.toBe(before);
  });

  it("names the turns of an interleaving", () => {
    const { host, vmm, device } = boundDevice();
    const { tasks } = host.sys;
    const next = following("AB");

    const travel = timeTravel(
      host,
      (checkpoint) =>
        runSchedule(host, { A: tasks.close(device.vfio), B: tasks.close(vmm.vm) }, (runnable, turn) => {
          const chosen = next(runnable, turn);
          checkpoint(`turn ${turn}: ${chosen}`);
          return chosen;
        }),
      { views: { objects: (one) => showObjects(one) } },
    );

    const names = travel.record.steps.flatMap(({ checkpoint }) => checkpoint ?? []);
    expect(names.slice(0, 2)).toEqual(["turn 0: A", "turn 1: B"]);
  });

  it("refuses a picture that makes calls, because it would change what it shows", () => {
    const { host } = boundDevice();
    const view = (): never => mappedPages(host, GPA, GPA + PAGE) as never;

    expect(() => timeTravel(host, () => {}, { views: { view } })).toThrow(
      "a picture of timeTravel must only look; one of them caused the event RMI_RTT_READ_ENTRY",
    );
    expect(host.trace.on).toBe(false);
  });

  it.each([1, 2.5, 2001])("says how many steps it can keep when it is told %d", (maxSteps) => {
    expect(() => timeTravel(boot(), () => {}, { maxSteps })).toThrow(
      "it must be a whole number from 2 to 2000",
    );
  });
});

describe("lists of parts", () => {
  it("stand for the parts that they were made of, whatever these are", () => {
    const part = fc.string({ maxLength: 2 });
    fc.assert(
      fc.property(fc.array(fc.array(part, { maxLength: 20 }), { maxLength: 6 }), (lists) => {
        const table = new PartTable();
        const codes = lists.map((list) => table.encode(list));

        expect(codes.map((code) => decodeParts(table.parts, code))).toEqual(lists);
        expect(new Set(table.parts).size).toBe(table.parts.length);
      }),
      { seed: 5 },
    );
  });
});

describe("a recorded run in a page", () => {
  let travel: TimeTravel;
  let output: string;
  beforeAll(() => {
    travel = recorded();
    output = html(travel);
  });

  it("shows the end and a table of all steps where scripts are off", () => {
    const still = output.slice(0, output.indexOf("<script>"));

    expect(still).toContain(travel.picture(travel.last).svg);
    expect(still).toContain(travel.picture(travel.last, "file").svg);
    expect(still).toMatch(/<div data-part="controls" hidden>/);
    expect(still.match(/<th scope="row">/g)).toHaveLength(travel.record.steps.length);
    expect(still).toContain("~ granule 0x8_8004_a000: NS, Realm =&gt; DELEGATED, Realm");
  });

  it("needs nothing from outside, uses no ids, and holds no tag inside of its script", () => {
    const [, script = ""] = /<script>(.*)<\/script>/s.exec(output) ?? [];

    expect(output.match(/<script/g)).toHaveLength(1);
    expect(output).not.toMatch(/ (id|src|href|onclick)=/);
    expect(script).not.toMatch(/<[/!a-z]/);
    expect(output).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
    expect(output).not.toMatch(/fetch|XMLHttpRequest|import\(|eval/);
  });

  it("begins at the start and steps forward and back, with all pictures in step", () => {
    const page = new FakePage(output);

    expect(page.part("controls").hidden).toBe(false);
    expect(page.part("now").textContent).toBe(`Step 0 of ${travel.last}: start`);
    expect(page.part("back").disabled).toBe(true);
    for (let step = 1; step <= travel.last; step++) {
      page.part("next").happens("click");
      expect(page.part("svg-0").innerHTML).toBe(travel.picture(step).svg);
      expect(page.part("text-1").textContent).toBe(travel.picture(step, "file").text);
      expect(page.part("slider").value).toBe(String(step));
    }
    expect(page.part("next").disabled).toBe(true);
    page.part("back").happens("click");
    expect(page.part("svg-1").innerHTML).toBe(travel.picture(travel.last - 1, "file").svg);
    page.part("first").happens("click");
    expect(page.part("svg-0").innerHTML).toBe(travel.picture(0).svg);
    page.part("last").happens("click");
    expect(page.part("now").textContent).toBe(
      `Step ${travel.last} of ${travel.last}: ioctl(fd 7, IOMMU_VDEVICE_TSM_MAP) -> 0 (VMM)`,
    );
  });

  it("moves with arrow keys, Home and End, and leaves every other key to the page", () => {
    const page = new FakePage(output);

    expect(page.press("End")).toBe(true);
    expect(page.press("ArrowLeft")).toBe(true);
    expect(page.part("slider").value).toBe(String(travel.last - 1));
    expect(page.press("Home")).toBe(true);
    expect(page.press("ArrowRight")).toBe(true);
    expect(page.part("slider").value).toBe("1");
    expect(page.press("a")).toBe(false);
    expect(page.press("ArrowRight", "SELECT")).toBe(false);
  });

  it("says aloud where it is, also on the slider, and names its checkpoints", () => {
    const page = new FakePage(output);
    const mapped = travel.record.steps.findIndex(({ checkpoint }) => checkpoint === "mapped");

    page.part("goto").value = String(mapped);
    page.part("goto").happens("change");

    const said = page.part("now").textContent;
    expect(said).toMatch(/\(VMM\) \[checkpoint: mapped\]$/);
    expect(page.part("slider").attributes.get("aria-valuetext")).toBe(said);
    expect(output).toMatch(/data-part="now" aria-live="polite"/);
    expect(output).toContain('data-lm-suppress-shortcuts="true" role="group" aria-label="Mapped twice"');
  });

  it("tells what changed since the step before, the start or a checkpoint", () => {
    const page = new FakePage(output);
    const mapped = travel.record.steps.findIndex(({ checkpoint }) => checkpoint === "mapped");
    page.part("last").happens("click");

    expect(page.part("changes").textContent).toBe("Nothing changed.");
    page.part("compare").value = String(mapped);
    page.part("compare").happens("change");
    expect(page.part("changes").textContent).toBe("~ changed: page references: page 0x8_8004_a000: 2 => 3");
    page.part("compare").value = "0";
    page.part("compare").happens("change");
    expect(page.part("changes").textContent).toContain(
      "+ new: granules: granule 0x8_8004_a000: DATA, Realm  (and 1 more like it)",
    );
  });

  it("starts each output once, however often its script runs", () => {
    const page = new FakePage(output);
    page.part("last").happens("click");

    page.runScript();

    expect(page.part("slider").value).toBe(String(travel.last));
  });

  it("draws whole pictures at every step", () => {
    for (let step = 0; step <= travel.last; step++) parseSvg(travel.picture(step, "file").svg);
  });

  it("writes names and sentences as text, whatever they hold", () => {
    const { host } = boundDevice();
    const evil = '</script><img src="x" onerror="1">&';
    const view = (): never => {
      throw new TypeError(evil);
    };
    const nasty = html(
      timeTravel(host, (checkpoint) => checkpoint(evil), { title: evil, views: { [evil]: view } }),
    );

    expect(nasty).not.toContain("<img");
    expect(nasty.match(/<\/script>/g)).toHaveLength(1);
    expect(new FakePage(nasty).part("text-0").textContent).toBe(`${evil}\n${evil}`);
  });
});
