// SPDX-License-Identifier: MIT
import { EBUSY, EFAULT, EINVAL, EOPNOTSUPP } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import { iommufd_get_ioas, type iommufd_ioas } from "./ioas.ts";
import type { iommufd_ctx } from "./object-table.ts";
import { iommufd_put_object } from "./objects.ts";
import {
  IOMMU_OPTION_HUGE_PAGES,
  IOMMU_OPTION_OP_GET,
  IOMMU_OPTION_OP_SET,
  IOMMU_OPTION_RLIMIT_MODE,
} from "./uapi.ts";
import { iommu_option } from "./uapi-structs.ts";
import type { iommufd_ucmd } from "./ucmd.ts";

/** Bytes before `val64`, the only field that goes back to user space. */
const VAL64_OFFSET = 16;

/** What a command asks an option to do: a new value, or none to read it. */
type Operation = { readonly set: bigint } | { readonly get: true };

/** The value of an option that was read, 0 for one that was set, or a negative errno. */
type Outcome = { readonly val64: bigint } | number;

/** IOMMU_OPTION. Unknown options and operations are -EOPNOTSUPP. @kernel drivers/iommu/iommufd/main.c */
export function* iommufd_option(ucmd: iommufd_ucmd): Task<number> {
  const cmd = iommu_option.decode(ucmd.cmd);
  if (cmd.__reserved !== 0) return -EOPNOTSUPP;
  let outcome: Outcome;
  switch (cmd.option_id) {
    case IOMMU_OPTION_RLIMIT_MODE:
      if (cmd.object_id !== 0) return -EOPNOTSUPP;
      outcome = apply(cmd, (operation) => iommufd_option_rlimit_mode(ucmd.ictx, operation));
      break;
    case IOMMU_OPTION_HUGE_PAGES: {
      const ioas = yield* iommufd_get_ioas(ucmd, cmd.object_id);
      if (typeof ioas === "number") return ioas;
      outcome = apply(cmd, (operation) => iommufd_ioas_option(ioas, operation));
      iommufd_put_object(ioas);
      break;
    }
    default:
      return -EOPNOTSUPP;
  }
  if (typeof outcome === "number" && outcome !== 0) return outcome;
  if (typeof outcome !== "number") iommu_option.set(ucmd.cmd, "val64", outcome.val64);
  return ucmd.ubuffer.write(VAL64_OFFSET, ucmd.cmd.subarray(VAL64_OFFSET)) ? 0 : -EFAULT;
}

function apply(
  cmd: { readonly op: number; readonly val64: bigint },
  run: (operation: Operation) => Outcome,
): Outcome {
  if (cmd.op === IOMMU_OPTION_OP_GET) return run({ get: true });
  if (cmd.op === IOMMU_OPTION_OP_SET) return run({ set: cmd.val64 });
  return -EOPNOTSUPP;
}

/** Only an empty context can change its accounting: -EBUSY once it has objects. */
function iommufd_option_rlimit_mode(ictx: iommufd_ctx, operation: Operation): Outcome {
  if ("get" in operation) return { val64: ictx.account_mode === "IOPT_PAGES_ACCOUNT_MM" ? 1n : 0n };
  if (ictx.objects.size > 0) return -EBUSY;
  if (operation.set !== 0n && operation.set !== 1n) return -EINVAL;
  ictx.account_mode = operation.set === 0n ? "IOPT_PAGES_ACCOUNT_USER" : "IOPT_PAGES_ACCOUNT_MM";
  return 0;
}

/** @kernel drivers/iommu/iommufd/ioas.c */
function iommufd_ioas_option(ioas: iommufd_ioas, operation: Operation): Outcome {
  if ("get" in operation) return { val64: ioas.iopt.disable_large_pages ? 0n : 1n };
  if (operation.set === 0n) return ioas.iopt.iopt_disable_large_pages();
  if (operation.set !== 1n) return -EINVAL;
  ioas.iopt.iopt_enable_large_pages();
  return 0;
}
