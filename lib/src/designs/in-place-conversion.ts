// SPDX-License-Identifier: MIT
import type { GmemUser } from "../kernel/iommufd/gmem-user.ts";
import { KVM_MEMORY_ATTRIBUTE_PRIVATE } from "../kernel/kvm/uapi.ts";
import type { Design, GpaRange, VmmHands, VmmMoves } from "./design.ts";
import { convertInPlace, KVM_SET_MEMORY_ATTRIBUTES2, kvm_memory_attributes2 } from "./in-place-kernel.ts";
import { addMappedMemory, inOrder, mapFile, preFault, unmap } from "./moves.ts";

/**
 * Memory that is converted in place through the guest_memfd, with iommufd as one of its users.
 *
 * @param user how iommufd shows pages of the file, and whether it keeps them when they become private
 * @example
 * ```ts
 * const blocked = inPlaceConversion("G-pin", "...", { reference: "pin", registered: true, onPrivate: "keep" });
 * ```
 */
export function inPlaceConversion(id: string, title: string, user: GmemUser): Design {
  return {
    id,
    title,
    origin: "the series on in-place conversion, 2026",
    idea: "One page is private or shared; the VMM converts it through the guest_memfd, which tells those who show it.",
    boot: { kernel: "rfc-v1", config: { KVM_RELEASE: "2026" } },
    extend: (host) => convertInPlace(host, user),
    commands: new Map([[KVM_SET_MEMORY_ATTRIBUTES2, "KVM_SET_MEMORY_ATTRIBUTES2"]]),
    moves: (hands) => (user.onPrivate === "keep" ? keepingMoves(hands) : droppingMoves(hands)),
  };
}

/** The IOMMU keeps pages over conversions; a check at access refuses what must not be. */
export const inPlaceKeep: Design = inPlaceConversion("G keep", "in-place conversion, IOMMU keeps", {
  reference: "none",
  registered: true,
  onPrivate: "keep",
});

/** The IOMMU drops pages that become private: the VMM has to map them again when they are shared. */
export const inPlaceDrop: Design = inPlaceConversion("G drop", "in-place conversion, IOMMU drops", {
  reference: "none",
  registered: true,
  onPrivate: "drop",
});

function setAttributes({ vmm, memory }: VmmHands, { start, end }: GpaRange, toPrivate: boolean): number {
  const attributes = toPrivate ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0;
  const bytes = kvm_memory_attributes2({ offset: start - memory.gpa, size: end - start, attributes });
  return vmm.host.sys.ioctl(memory.guestMemfd, KVM_SET_MEMORY_ATTRIBUTES2, bytes);
}

function commonMoves(hands: VmmHands): Pick<VmmMoves, "addMemory" | "declarePrivate" | "beforeActivate"> {
  return {
    addMemory: (range) => addMappedMemory(hands.vmm, range),
    declarePrivate: (range) => setAttributes(hands, range, true),
    beforeActivate: () => 0,
  };
}

/** The file is mapped for the device once and stays. */
function keepingMoves(hands: VmmHands): VmmMoves {
  const everything = (): GpaRange => ({
    start: hands.memory.gpa,
    end: hands.memory.gpa + hands.memory.size,
  });
  return {
    ...commonMoves(hands),
    startUp: (ofPrivate) =>
      inOrder(
        () => mapFile(hands, everything()),
        () => preFault(hands, ofPrivate),
      ),
    map: (range) => preFault(hands, range),
    convert: (range, toPrivate) =>
      inOrder(
        () => setAttributes(hands, range, toPrivate),
        () => (toPrivate ? preFault(hands, range) : 0),
      ),
  };
}

/** What is shared is mapped for the device; an area whose pages were dropped is replaced when they are shared again. */
function droppingMoves(hands: VmmHands): VmmMoves {
  const areas = new Set<number>();
  const mapAnew = (range: GpaRange): number =>
    inOrder(
      () => (areas.has(range.start) ? unmap(hands, range) : 0),
      () => mapFile(hands, range),
      () => {
        areas.add(range.start);
        return 0;
      },
    );
  return {
    ...commonMoves(hands),
    startUp: (ofPrivate, ofShared) =>
      inOrder(
        () => mapAnew(ofShared),
        () => preFault(hands, ofPrivate),
      ),
    map: (range) => preFault(hands, range),
    convert: (range, toPrivate) =>
      inOrder(
        () => setAttributes(hands, range, toPrivate),
        () => (toPrivate ? preFault(hands, range) : mapAnew(range)),
      ),
  };
}
