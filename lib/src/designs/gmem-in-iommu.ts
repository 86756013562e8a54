// SPDX-License-Identifier: MIT
import type { GmemUser } from "../kernel/iommufd/gmem-user.ts";
import type { Design, GpaRange, VmmHands, VmmMoves } from "./design.ts";
import { translateByHost } from "./gmem-in-iommu-kernel.ts";
import { addMappedMemory, inOrder, mapFile, setAttributes, unmap } from "./moves.ts";

/**
 * The whole guest_memfd is mapped for the device once, private and shared memory alike. Conversions change whose a
 * page is, and nothing else. After a hole the file must be unmapped and mapped again as a whole, since areas are
 * never split.
 */
function wholeFile(hands: VmmHands): VmmMoves {
  const everything = (): GpaRange => ({
    start: hands.memory.gpa,
    end: hands.memory.gpa + hands.memory.size,
  });
  return {
    addMemory: (range) => addMappedMemory(hands.vmm, range),
    declarePrivate: (range) => setAttributes(hands, range, true),
    beforeActivate: () => 0,
    startUp: () => mapFile(hands, everything()),
    map: () =>
      inOrder(
        () => unmap(hands, everything()),
        () => mapFile(hands, everything()),
      ),
    convert: (range, toPrivate) => setAttributes(hands, range, toPrivate),
  };
}

function design(id: string, title: string, origin: string, idea: string, user: GmemUser): Design {
  return {
    id,
    title,
    origin,
    idea,
    boot: { kernel: "rfc-v1", config: { KVM_RELEASE: "2026" } },
    extend: (host) => translateByHost(host, user),
    commands: new Map(),
    moves: wholeFile,
  };
}

/** The file in the IOMMU, each page held by a reference. */
export const gmemPinnedInIommu: Design = design(
  "D1",
  "the file in the IOMMU, pinned",
  "AMD, RFC v2 12/22, February 2025",
  "The VMM maps the guest_memfd for the device once; iommufd holds a reference on each page.",
  { reference: "pin", registered: false, onPrivate: "keep" },
);

/** The file in the IOMMU, nothing holding its pages. */
export const gmemUnheldInIommu: Design = design(
  "D2",
  "the file in the IOMMU, no reference",
  "the thread: Alexey Kardashevskiy, and a posting of February 2026",
  "The VMM maps the guest_memfd for the device once; iommufd keeps the addresses of the pages and no reference.",
  { reference: "none", registered: false, onPrivate: "keep" },
);

/** The file in the IOMMU, and iommufd registered with it. */
export const gmemCallbackInIommu: Design = design(
  "D3",
  "the file in the IOMMU, with a callback",
  "the discussion of that posting, February 2026",
  "As D2, and the file tells iommufd before it frees pages, so that they leave the table first.",
  { reference: "none", registered: true, onPrivate: "keep" },
);
