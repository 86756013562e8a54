// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EINVAL } from "../../lib/src/base/errno.ts";
import { playDma } from "../../lib/src/designs/dma-scenario.ts";
import { rfcV1 } from "../../lib/src/designs/rfc-v1.ts";
import { weak_kvm_map_private_memory } from "../../lib/src/kernel/iommufd/link.ts";

describe("the scenario of a DMA into private memory", () => {
  it("is met by the design of the patch", () => {
    expect(playDma(rfcV1)).toMatchInlineSnapshot(`
      {
        "after": [
          "landed: 1 byte",
          "landed: 1 byte",
          "landed: 1 byte",
          "landed: 1 byte",
        ],
        "afterPunchHole": "refused after 0 bytes: F_TRANSLATION at level 3",
        "audit": [],
        "before": "refused after 0 bytes: F_TRANSLATION at level 3",
        "mapped": 0,
      }
    `);
  });

  it("is not met by a kernel that maps nothing", () => {
    const kernel = { name: "weak", kvm_map_private_memory: weak_kvm_map_private_memory };

    const played = playDma({ ...rfcV1, id: "weak", kernel });

    expect(played.mapped).toBe(-EINVAL);
    expect(new Set([played.before, ...played.after]).size).toBe(1);
  });
});
