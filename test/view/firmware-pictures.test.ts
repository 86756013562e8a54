// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import {
  boot,
  dramPage,
  type Host,
  hostStore,
  makeRealm,
  makeSecure,
  RMI_DATA_CREATE,
  RMI_DATA_CREATE_UNKNOWN,
  RMI_GRANULE_DELEGATE,
  RMI_RTT_CREATE,
  RMI_RTT_MAP_UNPROTECTED,
  rttEntry,
  showGranules,
  showProtection,
  showRealmRtt,
  showRttEntry,
} from "../../lib/src/index.ts";
import { expectGoodPicture } from "./svg-checks.ts";

/** A realm with a page of RAM at 0x6000 and an EMPTY one at 0x5000. */
function realm(): { host: Host; rd: bigint } {
  const host = boot({ memory: 64 * 4096 });
  const rd = makeRealm(host, { root: 0, rd: 4, params: 63 });
  for (const page of [5, 6, 7, 8]) host.smc(RMI_GRANULE_DELEGATE, dramPage(host, page));
  hostStore(host, dramPage(host, 10), 0x5ec2e7n);
  host.smc(RMI_RTT_CREATE, rd, dramPage(host, 5), 0n, 3n);
  host.smc(RMI_DATA_CREATE_UNKNOWN, rd, dramPage(host, 6), 0x5000n);
  host.smc(RMI_DATA_CREATE, rd, dramPage(host, 7), 0x6000n, dramPage(host, 10), 0n);
  return { host, rd };
}

describe("the picture of the two tables about granules", () => {
  it("shows the GPT, the RMM's state and the bytes side by side", () => {
    const { host } = realm();
    makeSecure(host, dramPage(host, 11));
    const picture = showProtection(host, [0, 4, 5, 6, 7, 8, 9, 10, 11]);

    expectGoodPicture(picture);
    expect(picture.text).toMatchInlineSnapshot(`
      "Two tables about the same pages
      The hardware asks the first on every access, the RMM asks the second on every command.
      page  address        GPT of EL3  RMM's state  references  first 8 bytes (probe)
      ----  -------------  ----------  -----------  ----------  ---------------------
      0     0x8_8000_0000  Realm       RTT          1           0x8_8000_5003
      4     0x8_8000_4000  Realm       RD           0           0x0
      5     0x8_8000_5000  Realm       RTT          2           0x0
      6     0x8_8000_6000  Realm       DATA         0           0x0
      7     0x8_8000_7000  Realm       DATA         0           0x5e_c2e7
      8     0x8_8000_8000  Realm       DELEGATED    0           0x0
      9     0x8_8000_9000  Non-secure  NS           0           0x0
      10    0x8_8000_a000  Non-secure  NS           0           0x5e_c2e7
      11    0x8_8000_b000  Secure      NS           0           0x0"
    `);
  });

  it("refuses pages that are not there", () => {
    expect(() => showProtection(realm().host, [64])).toThrow(/pages can be drawn, each from 0 to 63/);
    expect(() => showProtection(realm().host, [])).toThrow(RangeError);
  });
});

describe("the picture of memory", () => {
  it("tells pages of the Secure world from free ones and from those of the RMM", () => {
    const { host } = realm();
    makeSecure(host, dramPage(host, 11));
    const picture = showGranules(host);

    expectGoodPicture(picture);
    expect(picture.text).toContain("TTTTRTAAD..S....");
    expect(picture.text).toContain("S Secure or Root, out of reach: 1");
  });
});

describe("the picture of an entry", () => {
  it.each([
    ["a table", 0, 0, 2],
    ["memory that the realm reaches", 5, 6, 3],
    ["memory that the realm does not reach", 5, 5, 3],
    ["nothing", 5, 4, 3],
    ["nothing in the shared half", 2, 0, 2],
  ])("names the fields of %s", (_, table, index, level) => {
    const { host } = realm();
    const picture = showRttEntry(rttEntry(host, dramPage(host, table), index), level);

    expectGoodPicture(picture);
    expect(picture.text).toMatchSnapshot();
  });

  it("draws any 64 bits at any level", () => {
    for (const bits of [0n, 1n, 3n, 0xffff_ffff_ffff_ffffn, 0x0080_0000_0000_0401n, 0x3en, 0x8n << 60n])
      for (const level of [0, 1, 2, 3]) expectGoodPicture(showRttEntry(bits, level));
  });

  it("refuses levels and indexes that tables do not have", () => {
    const { host } = realm();

    expect(() => showRttEntry(0n, 4)).toThrow("tables have levels 0 to 3, none is 4");
    expect(() => rttEntry(host, dramPage(host, 0), 512)).toThrow("a table has entries 0 to 511, none is 512");
    expect(() => rttEntry(host, 0n, 0)).toThrow("0x0 is not in memory");
  });
});

describe("the tree of a realm without a VM", () => {
  it("counts shared memory as live, although it holds no reference", () => {
    const { host, rd } = realm();
    host.smc(RMI_RTT_CREATE, rd, dramPage(host, 8), 0x8000_0000n, 3n);
    host.smc(RMI_RTT_MAP_UNPROTECTED, rd, 0x8000_5000n, 3n, dramPage(host, 40) + 0xd8n);

    expect(showRealmRtt(host, rd).text).toContain("level 3 table at 0x8_8000_8000, 1 live of 512 entries");
    expect(showProtection(host, [8]).text).toMatch(/Realm +RTT +0 /);
  });

  it("is the one of its realm descriptor", () => {
    const { host, rd } = realm();
    const picture = showRealmRtt(host, rd);

    expectGoodPicture(picture);
    expect(picture.text).toContain("[6] ASSIGNED, RAM -> 0x8_8000_7000, IPA 0x6000");
    expect(picture.text).toContain("level 3 table at 0x8_8000_5000, 2 live of 512 entries");
    expect(() => showRealmRtt(host, rd + 4096n)).toThrow(/there is no realm at 0x8_8000_5000/);
  });
});
