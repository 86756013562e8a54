// SPDX-License-Identifier: MIT
import type { InjectionKind } from "../../../lib/src/kernel/fault-injection.ts";

/** Something that the code as posted leaves behind when a step fails. */
export interface DocumentedLeak {
  readonly kind: InjectionKind;
  /** How the story ended. */
  readonly outcome: RegExp;
  /** What the audit finds then. */
  readonly finding: RegExp;
  /** Where in the real code it comes from. */
  readonly source: string;
}

const PAGE_LEAK = /^page 0x[0-9a-f_]+ has 1 reference that nobody owns$/;

/** Every leak of the real code that one failure can provoke. Anything else is a mistake of the model. */
export const documentedLeaks: readonly DocumentedLeak[] = [
  {
    kind: "rmi",
    outcome: /^KVM_CAP_ARM_RME_POPULATE_REALM returned -ENXIO$/,
    finding: PAGE_LEAK,
    source: "CCA host series v7 to v10, populate_region: a page that could not be used is not put",
  },
  {
    kind: "rmi",
    outcome: /^done$/,
    finding: PAGE_LEAK,
    source:
      "realm_map_protected: any refusal to delegate counts as success, so the reference is kept for a mapping that does not exist",
  },
  {
    kind: "copy",
    outcome: /^IOMMU_VIOMMU_ALLOC returned -4096$/,
    finding: /^a file of iommufd_fops has f_count \d, but \d hold it$/,
    source: "RFC v1 patch 07: when the answer cannot be copied back, the error path puts the NULL file",
  },
];
