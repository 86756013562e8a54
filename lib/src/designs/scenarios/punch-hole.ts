// SPDX-License-Identifier: MIT
import { PAGE_SIZE } from "../../base/address.ts";
import type { HostProcess } from "../../boot.ts";
import { holdersOfFrame, holdersText } from "../observe.ts";
import type { Scenario, Stage } from "../scenario.ts";
import { untilItLands } from "./until-it-lands.ts";

/** What another process writes to all of its memory. */
const SECRET = 0x5e;
/** Pages of that process: enough to be given the page that was freed. */
const PAGES = 4;

/**
 * The VMM punches a hole where the device writes. Another process gets the memory that was freed; then the guest uses
 * the address again.
 */
export const punchHole: Scenario = {
  id: "punch-hole",
  title: "A hole under DMA",
  begins: "started",
  play: (stage) => {
    const { setting } = stage;
    setting.touch(0);
    stage.bothDma("before the hole", 0);
    const frame = setting.inode.pageAt(0);
    stage.move("punch a hole", () => setting.vmm.punchHole(setting.memory, 0, PAGE_SIZE));
    stage.bothDma("after the hole", 0);
    const held = setting.host.kernel.pages.page_count(frame) > 0;
    stage.saw("the old page", held ? holdersText(holdersOfFrame(setting, 0, frame)) : "free");

    const other = newOwner(stage);
    stage.bothDma("after another process got memory", 0);
    stage.saw("bytes of the other process that changed", String(other.spoiled()));

    setting.touch(0);
    const seen = stage.dma("after the guest has touched it", 0, "private");
    untilItLands(stage, 0, seen, ["map"]);
    stage.holders("at the end", 0);
    other.process.sys.exit();
  },
};

/** Another process that takes memory, fills it and can tell later whether it is as it was. */
function newOwner(stage: Stage): { readonly process: HostProcess; readonly spoiled: () => number } {
  const process = stage.setting.host.newProcess();
  const address = process.user.allocate(PAGES * PAGE_SIZE);
  process.user.write(address, new Uint8Array(PAGES * PAGE_SIZE).fill(SECRET));
  const spoiled = (): number =>
    process.user.read(address, PAGES * PAGE_SIZE).filter((byte) => byte !== SECRET).length;
  return { process, spoiled };
}
