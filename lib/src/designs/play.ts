// SPDX-License-Identifier: MIT
import { CallCounter } from "./call-counter.ts";
import type { Design } from "./design.ts";
import { memoryHeld } from "./observe.ts";
import { type Played, type Scenario, Stage } from "./scenario.ts";
import { designHost, Setting } from "./setting.ts";

/**
 * Plays a scenario on a design, on a host that was just booted.
 *
 * @example
 * ```ts
 * playScenario(designOf("D2"), punchHole).moments; // what happened, in order
 * ```
 */
export function playScenario(design: Design, scenario: Scenario): Played {
  const host = designHost(design);
  const counter = new CallCounter(host.trace, design.commands);
  const setting = new Setting(design, host);
  if (scenario.begins !== "boot") counter.reset();
  const stage = new Stage(setting, counter);
  if (scenario.begins === "started") {
    setting.startUp();
    counter.reset();
  }
  scenario.play(stage);
  const { systemCalls, firmwareCalls } = counter;
  const held = memoryHeld(setting);
  counter.aside(() => host.sys.exit());
  return {
    design: design.id,
    scenario: scenario.id,
    moments: stage.moments,
    systemCalls,
    firmwareCalls,
    held,
    warnings: host.kernel.log.lines.filter(({ level }) => level === "warning").map(({ text }) => text),
    audit: host.audit(),
  };
}
