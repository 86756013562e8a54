// SPDX-License-Identifier: MIT
import { boot } from "../boot.ts";
import { realmWithDevice } from "../user/assigned-realm.ts";
import { deviceHardware, dmaOutcome } from "../user/driver.ts";
import { tsmMap } from "../user/vmm-device.ts";
import type { Design } from "./design.ts";

const GPA = 0x8000_0000;
const PAGES = 4;

/** How a design did in the scenario, one line for each moment. */
export interface DmaScenario {
  /** DMA before anything was mapped. */
  readonly before: string;
  /** What mapping returned. */
  readonly mapped: number;
  /** DMA to each page after mapping. */
  readonly after: readonly string[];
  /** DMA to the first page after a hole was punched there. */
  readonly afterPunchHole: string;
  /** What the audit found at the end of the process. */
  readonly audit: readonly string[];
}

/**
 * The reason for the patch, played on a design: a device of a realm writes into private memory before and after the
 * memory was mapped for it, and after a page was taken away again.
 */
export function playDma(design: Design): DmaScenario {
  const host = boot({ memory: 256 * 4096, kernel: design.kernel });
  const { vmm, device } = realmWithDevice(host, { gpa: GPA, size: PAGES * 4096 });
  const hardware = deviceHardware(host);
  const dma = (page: number): string => dmaOutcome(hardware.write(GPA + page * 4096, Uint8Array.of(1)));

  const before = dma(0);
  const mapped = tsmMap(vmm, device, GPA, GPA + PAGES * 4096);
  const after = Array.from({ length: PAGES }, (_, page) => dma(page));
  for (const memory of vmm.memory) vmm.punchHole(memory, 0, 4096);
  const afterPunchHole = dma(0);
  host.sys.exit();
  return { before, mapped, after, afterPunchHole, audit: host.audit() };
}
