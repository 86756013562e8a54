// SPDX-License-Identifier: MIT
import { type Exercise, type Problem, untouched } from "../exercise.ts";

const ID = "15-where";

/** A function of the real thing, its file, and why it is there. */
interface Place {
  readonly file: string;
  readonly why: string;
}

/** Where functions of the path are, in the kernel and in the RMM. */
export const PLACES: Readonly<Record<string, Place>> = {
  kvm_vcpu_pre_fault_memory: {
    file: "virt/kvm/kvm_main.c",
    why: "The loop over the range is the same on every architecture; only the step for one page, kvm_arch_vcpu_pre_fault_memory, belongs to arm64.",
  },
  kvm_gmem_get_pfn: {
    file: "virt/kvm/guest_memfd.c",
    why: "Everything that is about a file of guest memory is in a file of its own, in the generic part of KVM.",
  },
  iommufd_fops_ioctl: {
    file: "drivers/iommu/iommufd/main.c",
    why: "The dispatcher of /dev/iommu is where the file operations are: iommufd's main.c.",
  },
  realm_map_protected: {
    file: "arch/arm64/kvm/rme.c",
    why: "What talks to the firmware about a realm has a file of its own in KVM's part for arm64.",
  },
  pci_tsm_bind: {
    file: "drivers/pci/tsm.c",
    why: "The TSM core for PCI devices belongs to PCI, not to KVM nor to iommufd.",
  },
  smc_data_create_unknown: {
    file: "runtime/rmi/rtt.c",
    why: "This is no function of the kernel: it is in TF-RMM, and its files are named after the commands.",
  },
};

const NAMES = Object.keys(PLACES);

function check(answer: unknown): Problem | undefined {
  const table = (answer ?? {}) as Readonly<Record<string, unknown>>;
  const missing = NAMES.find((name) => typeof table[name] !== "string");
  if (missing !== undefined) {
    return {
      id: "no-table",
      message: "The answer is an object with a file for each function.",
      expected: `${missing}: "..."`,
      came: typeof table[missing],
    };
  }
  if (NAMES.every((name) => table[name] === "?"))
    return untouched("Put a file in place of each question mark.");
  for (const name of NAMES) {
    const { file, why } = PLACES[name] as Place;
    const came = String(table[name])
      .trim()
      .replace(/^\.?\//, "");
    if (came === file) continue;
    return { id: name, message: why, call: name, came };
  }
  return undefined;
}

function code(files: Readonly<Record<string, string>>): string {
  const rows = NAMES.map((name) => `  ${name}: "${files[name] ?? "?"}",`);
  return ["const files = {", ...rows, "};", `check("${ID}", files);`].join("\n");
}

const RIGHT: Readonly<Record<string, string>> = Object.fromEntries(
  NAMES.map((name) => [name, PLACES[name]?.file ?? ""]),
);

/** Which file to open. */
export const whereToLook: Exercise = {
  id: ID,
  title: "Which file do you open?",
  task: "Six functions that you have met. For each, name the file that you would open first, as a path from the root of its source tree.",
  starter: code({}),
  check,
  hints: [
    'The notebooks name them at their ends, under "In the real kernel", and the doc comments of the library after @kernel and @rmm. The table above has all but one.',
    "Ask who it belongs to: every VM, files of guest memory, /dev/iommu, realms on arm64, PCI. One is no function of the kernel at all.",
    "virt/kvm/..., virt/kvm/..., drivers/iommu/iommufd/..., arch/arm64/kvm/..., drivers/pci/..., and TF-RMM's runtime/rmi/...",
  ],
  wrongAnswers: [
    {
      problem: "kvm_vcpu_pre_fault_memory",
      code: code({ ...RIGHT, kvm_vcpu_pre_fault_memory: "arch/arm64/kvm/mmu.c" }),
    },
    { problem: "kvm_gmem_get_pfn", code: code({ ...RIGHT, kvm_gmem_get_pfn: "virt/kvm/kvm_main.c" }) },
    {
      problem: "iommufd_fops_ioctl",
      code: code({ ...RIGHT, iommufd_fops_ioctl: "drivers/iommu/iommufd/viommu.c" }),
    },
    { problem: "realm_map_protected", code: code({ ...RIGHT, realm_map_protected: "arch/arm64/kvm/mmu.c" }) },
    { problem: "pci_tsm_bind", code: code({ ...RIGHT, pci_tsm_bind: "drivers/iommu/iommufd/viommu.c" }) },
    {
      problem: "smc_data_create_unknown",
      code: code({ ...RIGHT, smc_data_create_unknown: "arch/arm64/kvm/rme.c" }),
    },
  ],
  solution: {
    code: code(RIGHT),
    reasons:
      "Five files of the kernel and one of the firmware. The patch touches only one of the six, iommufd's main.c; its loop, in arch/arm64/kvm/mmu.c, stands between all the others. The dispute was about whether the arrow from iommufd to KVM should be there at all.",
  },
};
