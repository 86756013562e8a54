// SPDX-License-Identifier: MIT
import {
  boot,
  deviceHardware,
  dmaOutcome,
  type Picture,
  realmWithDevice,
  showActors,
  showMemslots,
  showRtt,
  showSequence,
  tsmMap,
} from "../../lib/src/index.ts";
import type { Page } from "../build/page.ts";
import { escapeHtml } from "../ipynb/index.ts";

const RAM = 0x8000_0000;
const SIZE = 0x4000;

/** The whole path of the ioctl on one sheet, drawn from a run when the site is built. */
export function posterPage(): Page {
  const host = boot({ memory: 0x10_0000 });
  const { vmm, device } = realmWithDevice(host, { gpa: RAM, size: SIZE });
  const hardware = deviceHardware(host);
  const bytes = new TextEncoder().encode("hello");
  const before = hardware.write(RAM, bytes);
  const events = host.trace.record(() => tsmMap(vmm, device, RAM, RAM + 0x2000));
  const after = hardware.write(RAM, bytes);
  const parts: readonly (readonly [title: string, said: string, picture: Picture])[] = [
    [
      "1. Before",
      `The device writes to guest memory: ${dmaOutcome(before)}.`,
      showActors(host, { dma: before }),
    ],
    ["2. Where the memory is", "The VMM gave the guest a range; its pages are private.", showMemslots(host)],
    ["3. One ioctl", "IOMMU_VDEVICE_TSM_MAP for two pages, call by call.", showSequence(events)],
    ["4. What it left", "The realm's translation tables, read from the machine's memory.", showRtt(host)],
    ["5. Afterwards", `The device writes once more: ${dmaOutcome(after)}.`, showActors(host, { dma: after })],
  ];
  return {
    path: "poster.html",
    title: "Poster: the path of one ioctl",
    label: "Poster",
    description: "The whole path of the ioctl on one printable sheet, drawn from a run.",
    section: "Background",
    source: "site/pages/poster.ts",
    render: (site) => `<article class="poster">
<h1>One ioctl lets a device into memory that the host cannot read</h1>
<p class="lead">The path of <code>IOMMU_VDEVICE_TSM_MAP</code>, from the system call to the translation tables. Every
picture is drawn from the state of one run. Printed on A3 it fills one sheet.</p>
<div class="poster-parts">
${parts
  .map(
    ([title, said, { svg, text }]) => `<section>
<h2>${escapeHtml(title)}</h2>
<p>${escapeHtml(said)}</p>
<div class="nb-svg">${site.picture(svg)}</div>
<details class="nb-twin"><summary>Picture as text</summary><pre>${escapeHtml(text)}</pre></details>
</section>`,
  )
  .join("\n")}
</div>
</article>`,
  };
}
