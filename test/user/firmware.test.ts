// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import {
  answered,
  boot,
  dramPage,
  hostLoad,
  hostStore,
  makeRealm,
  makeSecure,
  probe,
  RMI_GRANULE_DELEGATE,
  RMI_GRANULE_UNDELEGATE,
  RMI_RTT_READ_ENTRY,
} from "../../lib/src/index.ts";
import { auditedFirmware } from "../support/firmware.ts";

/** A machine whose firmware is called by hand, past the kernel: the kernel knows nothing of it. */
const small = () => auditedFirmware(boot({ memory: 64 * 4096 }));

describe("loads and stores of the host", () => {
  it("reach a page of the Non-secure space", () => {
    const host = small();
    const page = dramPage(host, 3);

    expect(hostStore(host, page, 0x1122n)).toBe("stored");
    expect(hostStore(host, page + 8n, new Uint8Array([7]))).toBe("stored");
    expect([hostLoad(host, page), hostLoad(host, page + 8n)]).toEqual([0x1122n, 7n]);
  });

  it.each(["delegated", "secure"])("fault on a page that is %s, and store nothing", (kind) => {
    const host = small();
    const page = dramPage(host, 3);
    hostStore(host, page, 5n);
    if (kind === "secure") makeSecure(host, page);
    else host.smc(RMI_GRANULE_DELEGATE, page);

    expect(hostLoad(host, page)).toBe("granule protection fault");
    expect(hostStore(host, page, 6n)).toBe("granule protection fault");
    expect(probe(host, page)).toBe(5n);
  });

  it("name a page that is not there in a sentence", () => {
    expect(() => dramPage(small(), 64)).toThrow("there is no page 64; memory has pages 0 to 63");
    expect(() => probe(small(), 0x1000n)).toThrow("0x1000 is not the address of 8 bytes of memory");
  });
});

describe("answers of the firmware in words", () => {
  it("name the status, and the index where there is one", () => {
    const host = small();
    const rd = makeRealm(host, { root: 0, rd: 4, params: 5 });

    expect(answered(host.smc(RMI_GRANULE_UNDELEGATE, rd))).toBe("RMI_ERROR_INPUT");
    expect(answered(host.smc(RMI_RTT_READ_ENTRY, rd, 0n, 3n))).toBe("RMI_SUCCESS");
    expect(answered([0x204n])).toBe("RMI_ERROR_RTT, index 2");
    expect(answered(host.smc(0xc4000163))).toBe("SMC not supported (-1)");
  });
});

describe("a realm made by hand", () => {
  it.each([32, 33, 34])("of %i bits has tables from level 2 on, and contradicts nothing", (ipaBits) => {
    const host = small();
    const rd = makeRealm(host, { root: 16, rd: 0, params: 1, ipaBits });

    expect(host.smc(RMI_RTT_READ_ENTRY, rd, 0n, 3n)).toEqual([0n, 2n, 0n, 0n, 0n]);
  });

  it("is refused in a sentence when its pages do not fit", () => {
    expect(() => makeRealm(small(), { root: 1, rd: 0, params: 9 })).toThrow(
      "RMI_REALM_CREATE answered RMI_ERROR_INPUT",
    );
  });
});
