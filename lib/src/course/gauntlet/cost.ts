// SPDX-License-Identifier: MIT
import { mapping, stage } from "../../explore/races/scene.ts";
import { srcuWait } from "../../explore/srcu-wait.ts";
import type { KernelVariant } from "../../kernel/variant.ts";
import { runCall } from "./run-call.ts";
import { type Miss, mappedCount, type OnTrial, ruleMiss, type Trial } from "./trial.ts";

/** Pages of the range whose cost is counted. */
const PAGES = 64;
/** Firmware calls for which a change of the slots may have to wait: one page with a table to be made, and a little. */
const MOST_WAITED_FOR = 8;

/** What mapping came to. */
interface Counted {
  /** Firmware calls. */
  readonly calls: number;
  /** Pages that are mapped then. */
  readonly mapped: number;
  /** A lock or a section that is left held. */
  readonly held: Miss | undefined;
}

function firmwareCalls(kernel: string | KernelVariant): Counted {
  const on = stage(kernel, { slots: [PAGES] });
  let calls = 0;
  const stop = on.host.trace.listen(({ kind, name }) => {
    if (kind === "smc" && name.startsWith("RMI_")) calls++;
  });
  runCall(on.host, mapping(on, 0, PAGES - 1));
  stop();
  const held = ruleMiss(on.host, `map ${PAGES} pages`, {}, ["no-lock-left"]);
  return { calls, mapped: mappedCount(on.host), held };
}

function notMapped(mapped: number): Miss {
  return {
    call: `map ${PAGES} pages`,
    expected: `${PAGES} mapped`,
    got: `${mapped} mapped`,
    why: "What does not map costs nothing; there is nothing to count yet.",
  };
}

function callsTrial({ kernel }: OnTrial): Miss | undefined {
  const { calls, mapped } = firmwareCalls(kernel);
  if (mapped !== PAGES) return notMapped(mapped);
  const posted = firmwareCalls("rfc-v1").calls;
  if (calls <= posted) return undefined;
  return {
    call: `map ${PAGES} pages`,
    expected: `${posted} firmware calls at most, as posted`,
    got: `${calls}`,
    why: "Each call of the firmware is a switch of worlds, and the posted function already makes two for a page.",
  };
}

function srcuTrial({ kernel }: OnTrial): Miss | undefined {
  const { mapped, held } = firmwareCalls(kernel);
  if (mapped !== PAGES) return notMapped(mapped);
  // Who waits for a section that never ends waits for good.
  if (held !== undefined) return held;
  const { calls } = srcuWait(PAGES, kernel);
  if (calls <= MOST_WAITED_FOR) return undefined;
  return {
    call: `delete another slot while ${PAGES} pages are being mapped`,
    expected: `it waits for ${MOST_WAITED_FOR} firmware calls at most`,
    got: `it waits for ${calls}`,
    why: "Whoever changes the slots waits until the SRCU section ends, and holds slots_lock meanwhile. A section for each page is enough.",
  };
}

/** What the function makes the firmware do, and others wait for. */
export const costTrials: readonly Trial[] = [
  { id: "calls", title: `firmware calls for ${PAGES} pages`, play: callsTrial },
  { id: "srcu", title: "how long a change of the slots waits", play: srcuTrial },
];
