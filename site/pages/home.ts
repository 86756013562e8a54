// SPDX-License-Identifier: MIT
import { SITE_TITLE } from "../build/layout.ts";
import type { Page, PageTools } from "../build/page.ts";

const PATCH = "[RFC PATCH v1 10/38] iommufd/vdevice: Add TSM map ioctl";

/** The front page: what this is, and where to begin. */
export const home: Page = {
  path: "index.html",
  title: SITE_TITLE,
  label: "Home",
  description:
    "A guided, executable course on one kernel patch: how a device gets to the private memory of a realm.",
  section: "Course",
  source: "README.md",
  render: (site) => `<article class="home">
<h1>${SITE_TITLE}</h1>
<p class="lead">A confidential virtual machine keeps its memory from the host. A device that is passed through to it must
still reach that memory by DMA. One kernel patch, <cite>${PATCH}</cite>, tried to do that with an ioctl. The reviewers
disputed who should own the mapping.</p>
<p>Here you run all of it: the ioctl, the kernel functions behind it, the firmware calls, the translation tables, the
device. Then you break it. The hardware and the firmware are simulated; the system calls, the firmware calls and the bytes
at those boundaries are the real ones. Every cell of code can be edited and run on its page.</p>
<p><a class="button" href="${site.href("notebooks/00-one-ioctl.ipynb")}">Begin: one ioctl, end to end</a></p>
<h2 id="notebooks">The notebooks</h2>
<ol class="course-list" role="list">
${notebooks(site)}
</ol>
</article>`,
};

function notebooks(site: PageTools): string {
  return site.pages
    .filter(({ source }) => source.endsWith(".ipynb"))
    .map(({ title, description, source }) => {
      const [, number = "", name = title] = /^(\d+) (.*)$/.exec(title) ?? [];
      return `<li><a href="${site.href(source)}"><span class="course-number">${number}</span>${name}</a><p>${description}</p></li>`;
    })
    .join("\n");
}
