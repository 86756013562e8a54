// SPDX-License-Identifier: MIT
import { designOf } from "../../designs/all.ts";
import { designHost, Setting } from "../../designs/setting.ts";

/** The stage of the comparison with one design, by its id: the device is bound, and nothing was done for its DMA. */
export function settingOf(design: string): Setting {
  const chosen = designOf(design);
  return new Setting(chosen, designHost(chosen));
}
