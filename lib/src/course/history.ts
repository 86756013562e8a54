// SPDX-License-Identifier: MIT
import type { Picture } from "../view/display.ts";
import { FILL } from "../view/palette.ts";
import { tablePicture } from "../view/table.ts";

/**
 * How sure the course is of something that happened: the text or the code was read; a title or a date was seen and
 * not what is in it; somebody else tells of it.
 */
export type Certainty = "read" | "seen" | "told";

/** Something that happened to the patch or to what it stands on. */
export interface Posting {
  /** Short name, used in exercises. */
  readonly id: string;
  /** Year, month and day, as far as known: "2026-03-09", "2026-02". */
  readonly date: string;
  /** What was posted. */
  readonly title: string;
  /** What it changed for the matter of this course. */
  readonly change: string;
  readonly certainty: Certainty;
}

/** What became of the patch, in the order in which it happened. */
export const HISTORY: readonly Posting[] = [
  {
    id: "cca-v9",
    date: "2025-06-11",
    title: "KVM for realms, v9",
    change: "the base: maps with neither lock nor number",
    certainty: "read",
  },
  {
    id: "rfc-v1",
    date: "2025-07-28",
    title: "device assignment, RFC v1",
    change: "38 patches; TSM_MAP is number 10",
    certainty: "read",
  },
  {
    id: "pre-fault-v1",
    date: "2025-09-11",
    title: "pre-fault on arm64, v1",
    change: "a vCPU's faults can be taken in advance",
    certainty: "seen",
  },
  {
    id: "uaf-fix",
    date: "2025-12-01",
    title: "fix of a memslot UAF",
    change: "a slot cannot lose its guest_memfd",
    certainty: "read",
  },
  {
    id: "cca-v12",
    date: "2025-12-17",
    title: "KVM for realms, v12",
    change: "private faults: number, lock, retry",
    certainty: "read",
  },
  {
    id: "iommufd-gmem",
    date: "2026-02-25",
    title: "iommufd maps a guest_memfd",
    change: "RFC; reviewers want a way to revoke",
    certainty: "read",
  },
  {
    id: "tsm-v2",
    date: "2026-03-09",
    title: "TSM ioctls of iommufd, v2",
    change: "TSM_MAP is gone; points to pre-fault",
    certainty: "read",
  },
  {
    id: "tsm-v4",
    date: "2026-04-27",
    title: "TSM ioctls, v4",
    change: "reaches the VM through the device, no flag",
    certainty: "read",
  },
  {
    id: "cca-v14",
    date: "2026-05-13",
    title: "KVM for realms, v14",
    change: "range calls; stage 2 holds no references",
    certainty: "read",
  },
  {
    id: "gmem-v7",
    date: "2026-05-22",
    title: "conversion in place, v7",
    change: "of a guest_memfd; refused while in use",
    certainty: "read",
  },
  {
    id: "tsm-v5",
    date: "2026-05-25",
    title: "TSM ioctls, v5",
    change: "errors come through; requests are TSM_REQ",
    certainty: "read",
  },
  {
    id: "pre-fault-v5",
    date: "2026-06-12",
    title: "pre-fault on arm64, v5",
    change: "review: nothing promises that it stays",
    certainty: "seen",
  },
  {
    id: "da-v7",
    date: "2026-09",
    title: "device assignment, v7",
    change: "a VMM pre-faults before the first run",
    certainty: "told",
  },
];

const FILL_OF: Readonly<Record<Certainty, string>> = {
  read: FILL.private,
  seen: FILL.shared,
  told: FILL.refused,
};

/** What became of the patch, as a table. */
export function showHistory(): Picture {
  return tablePicture({
    title: "What became of the patch",
    notes: ["read: text or code was read. seen: a title or a date. told: by somebody else."],
    head: ["date", "posting", "what it changed", "how sure"],
    rows: HISTORY.map(({ date, title, change, certainty }) => [
      date,
      title,
      change,
      { text: certainty, fill: FILL_OF[certainty] },
    ]),
  });
}
