// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import { boot } from "../../lib/src/boot.ts";
import { deviceHardware } from "../../lib/src/user/driver.ts";
import { showDevice } from "../../lib/src/view/device.ts";
import { boundDevice, runningDevice } from "./device.ts";
import { expectGoodPicture } from "./svg-checks.ts";

it("says that nobody keeps anything about a device that was never connected", () => {
  const host = boot({ memory: 64 * 4096 });
  const { text } = showDevice(host, deviceHardware(host));

  expect(text.match(/ none$/gm)).toHaveLength(5);
  expect(text).toContain("CONFIG_UNLOCKED");
});

it("shows a bound device that its realm has not accepted", () => {
  const { host, pci } = boundDevice();

  expect(showDevice(host, pci).text).toMatchInlineSnapshot(`
    "Who keeps what about device 0x100
    who          what                                  now
    -----------  ------------------------------------  ----------------
    host kernel  entry of the Non-secure stream table  none
    firmware     PDEV: its secure link to the device   READY
    firmware     VDEV: the binding to a realm          READY
    firmware     entry of the Realm stream table       tables of VMID 1
    realm        RDEV: how far it let the device       UNLOCKED
    device       TDI: state of the interface           CONFIG_UNLOCKED
    device       its DMA is marked                     not trusted"
  `);
  expectGoodPicture(showDevice(host, pci));
});

it("shows a device that runs", () => {
  const { host, pci } = runningDevice();
  const { text } = showDevice(host, pci);

  expect(text).toMatch(/RDEV.* STARTED/);
  expect(text).toMatch(/TDI.* RUN/);
  expect(text).toMatch(/marked +trusted/);
  expect(text).toMatch(/Realm stream table +tables of VMID 1/);
});
