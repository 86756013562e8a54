// SPDX-License-Identifier: MIT

import type { GpaRange, VmmHands, VmmMoves } from "./design.ts";
import { inOrder, mapShared, setAttributes, unmap } from "./moves.ts";

/**
 * The moves of a VMM whose guest memory has two halves of its own: a guest_memfd for what is private, user memory for
 * what is shared. Ordinary DMA reaches the shared half through the I/O address space, which the VMM keeps in step with
 * every conversion; what is needed for the private half is the design's own.
 *
 * @param mapPrivate lets the device reach private memory; 0 or a negative errno
 */
export function separateHalves(hands: VmmHands, mapPrivate: (range: GpaRange) => number): VmmMoves {
  return {
    addMemory: ({ start, end }) => hands.vmm.addMemory({ gpa: start, size: end - start, shared: true }),
    declarePrivate: (range) => setAttributes(hands, range, true),
    beforeActivate: () => 0,
    startUp: (ofPrivate, ofShared) =>
      inOrder(
        () => mapPrivate(ofPrivate),
        () => mapShared(hands, ofShared),
      ),
    map: mapPrivate,
    convert: (range, toPrivate) =>
      toPrivate
        ? inOrder(
            () => unmap(hands, range),
            () => setAttributes(hands, range, true),
            () => mapPrivate(range),
          )
        : inOrder(
            () => setAttributes(hands, range, false),
            () => mapShared(hands, range),
          ),
  };
}
