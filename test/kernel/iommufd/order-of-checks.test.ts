// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { errnoCatalogue } from "../../../lib/src/kernel/explain/catalogue.ts";
import { iommufdIoctls } from "../../../lib/src/kernel/iommufd/ioctl-table.ts";
import { realmWithDevice } from "../../../lib/src/user/assigned-realm.ts";
import type { AssignedDevice } from "../../../lib/src/user/vmm-device.ts";
import { auditedHost } from "../../support/host.ts";
import { type Case, casesFor } from "./wrong-commands.ts";

const PAGE = 4096;

/** The condition that stands first in the table of a command. */
function first(command: string, ids: readonly string[]): { readonly id: string; readonly errno: number } {
  const reasons = errnoCatalogue.find(({ call }) => call === command)?.reasons ?? [];
  const found = reasons.find(({ id }) => ids.includes(id));
  if (found === undefined) throw new Error(`${command} has none of the conditions ${ids.join(", ")}`);
  return found;
}

/** All pairs of conditions whose fields do not get into each other's way, and each condition alone. */
function combinations(wrong: Case["wrong"]): readonly (readonly string[])[] {
  const ids = Object.keys(wrong);
  const clash = (a: string, b: string): boolean =>
    Object.keys(wrong[a] ?? {}).some((field) => field in (wrong[b] ?? {}));
  return ids.flatMap((a, i) => [
    [a],
    ...ids
      .slice(i + 1)
      .filter((b) => !clash(a, b))
      .map((b) => [a, b]),
  ]);
}

function numberOf(command: string): number {
  return iommufdIoctls.find(({ name }) => name === command)?.command ?? 0;
}

describe("where several conditions hold, the first of the command's table gives the answer", () => {
  const host = () => auditedHost({ memory: 256 * PAGE });
  const settle = (on = host()) => ({ on, ...realmWithDevice(on, { gpa: 0x8000_0000, size: 8 * PAGE }) });

  it.each(casesFor({} as AssignedDevice).map(({ command }, n) => [command, n] as const))(
    "%s",
    (command, n) => {
      const { on, device } = settle();
      const { encode, right, wrong } = casesFor(device)[n] as Case;
      for (const ids of combinations(wrong)) {
        const values = Object.assign({}, right, ...ids.map((id) => wrong[id]));

        const ret = on.sys.ioctl(device.iommufd, numberOf(command), encode(values));

        const expected = first(command, ids);
        expect(ret, ids.join(" and ")).toBe(-expected.errno);
        expect(on.explain(ret).condition, ids.join(" and ")).toBe(expected.id);
      }
    },
  );

  it("every command of /dev/iommu has a table", () => {
    const listed = new Set(errnoCatalogue.map(({ call }) => call));

    expect(iommufdIoctls.filter(({ name }) => !listed.has(name))).toEqual([]);
  });
});
