// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE, type Pfn } from "../base/address.ts";
import { PAS, type Pas, pasName } from "../hw/granule-protection.ts";
import { granuleStateName } from "../rmm/granules.ts";
import type { Picture } from "./display.ts";
import type { Subject } from "./find.ts";
import { FILL, PAGE_LOOKS, type PageUse } from "./palette.ts";
import { type Row, tablePicture } from "./table.ts";

/** Most pages in one table. */
const MOST = 32;

const PAS_FILLS: Readonly<Record<Pas, string>> = {
  [PAS.NonSecure]: FILL.none,
  [PAS.Secure]: PAGE_LOOKS.elsewhere.fill,
  [PAS.Realm]: FILL.private,
  [PAS.Root]: PAGE_LOOKS.elsewhere.fill,
};

/**
 * The two tables that say something about a page, side by side: the granule protection table of EL3, by which the
 * hardware refuses accesses, and the RMM's own table, by which the RMM refuses commands. Next to them the first 8
 * bytes of the page, as a probe on the memory would show them.
 *
 * @param pages numbers of the pages, counted from the first page of memory
 * @example
 * ```ts
 * showProtection(host, [0, 1, 2, 3]);
 * ```
 */
export function showProtection(host: Subject, pages: readonly number[]): Picture {
  const { memory, gpt } = host.machine;
  const wrong = pages.find((page) => !Number.isInteger(page) || page < 0 || page >= memory.pages);
  if (wrong !== undefined || pages.length < 1 || pages.length > MOST) {
    throw new RangeError(
      `a list of 1 to ${MOST} pages can be drawn, each from 0 to ${memory.pages - 1}; the list has ${pages.length}`,
    );
  }
  const rows = pages.map((page): Row => {
    const pfn = (memory.basePfn + page) as Pfn;
    const pas = gpt.pasOf(pfn);
    const state = granuleStateName(host.rmm.state.granules.stateOf(pfn));
    const look = PAGE_LOOKS[state === "NS" ? "free" : (state as PageUse)];
    return [
      String(page),
      hex(pfn * PAGE_SIZE),
      {
        text: pasName(pas),
        fill: PAS_FILLS[pas],
        bold: pas !== PAS.NonSecure,
      },
      { text: state, fill: look.fill },
      String(host.rmm.state.granules.countOf(pfn)),
      hex(firstBytes(memory.peek(pfn))),
    ];
  });
  return tablePicture({
    title: "Two tables about the same pages",
    notes: ["The hardware asks the first on every access, the RMM asks the second on every command."],
    head: ["page", "address", "GPT of EL3", "RMM's state", "references", "first 8 bytes (probe)"],
    rows,
  });
}

function firstBytes(words: Uint32Array | undefined): bigint {
  const [low = 0, high = 0] = words ?? [];
  return (BigInt(high) << 32n) | BigInt(low);
}
