// SPDX-License-Identifier: MIT
import { EBUSY, EFAULT, EINVAL } from "../../../base/errno.ts";
import type { Task } from "../../../base/task.ts";
import { rmi_realm_params } from "../../../rmm/realm-params.ts";
import type { task_struct } from "../../fs/file.ts";
import { type Kvm, kvm_is_realm } from "../kvm.ts";
import {
  KVM_CAP_ARM_RME,
  KVM_CAP_ARM_RME_ACTIVATE_REALM,
  KVM_CAP_ARM_RME_CFG_HASH_ALGO,
  KVM_CAP_ARM_RME_CFG_RPV,
  KVM_CAP_ARM_RME_CONFIG_REALM,
  KVM_CAP_ARM_RME_CREATE_REALM,
  KVM_CAP_ARM_RME_INIT_RIPAS_REALM,
  KVM_CAP_ARM_RME_MEASUREMENT_ALGO_SHA512,
  KVM_CAP_ARM_RME_POPULATE_REALM,
  kvm_cap_arm_rme_config_item,
  kvm_cap_arm_rme_init_ripas_args,
  kvm_cap_arm_rme_populate_realm_args,
  type kvm_enable_cap,
} from "../uapi.ts";
import { kvm_activate_realm, kvm_create_realm } from "./realm-create.ts";
import { kvm_init_ipa_range_realm, kvm_populate_realm } from "./realm-populate.ts";

/**
 * KVM_ENABLE_CAP on a VM: the only capability here is the realm, whose set-up calls are its "actions".
 *
 * Returns 0; -EINVAL for another capability, flags, an unknown action or a VM that is no realm; -EFAULT when the
 * action's argument cannot be read; else what the action returns.
 *
 * @kernel arch/arm64/kvm/arm.c, arch/arm64/kvm/rme.c kvm_realm_enable_cap
 */
export function* kvm_vm_ioctl_enable_cap(
  kvm: Kvm,
  cap: ReturnType<typeof kvm_enable_cap.decode>,
  current: task_struct,
): Task<number> {
  if (cap.cap !== KVM_CAP_ARM_RME || cap.flags !== 0 || !kvm_is_realm(kvm)) return -EINVAL;
  yield* kvm.lock.lock();
  const result = yield* kvm_realm_enable_cap(kvm, cap.args[0] ?? 0n, cap.args[1] ?? 0n, current);
  kvm.lock.unlock();
  return result;
}

function* kvm_realm_enable_cap(
  kvm: Kvm,
  action: bigint,
  pointer: bigint,
  current: task_struct,
): Task<number> {
  const read = (length: number): Uint8Array | undefined => current.mm.copy_from_user(Number(pointer), length);
  switch (action) {
    case BigInt(KVM_CAP_ARM_RME_CONFIG_REALM):
      return kvm_rme_config_realm(kvm, read);
    case BigInt(KVM_CAP_ARM_RME_CREATE_REALM):
      return kvm_create_realm(kvm);
    case BigInt(KVM_CAP_ARM_RME_INIT_RIPAS_REALM): {
      const bytes = read(kvm_cap_arm_rme_init_ripas_args.byteLength);
      if (bytes === undefined) return -EFAULT;
      return yield* kvm_init_ipa_range_realm(kvm, kvm_cap_arm_rme_init_ripas_args.decode(bytes));
    }
    case BigInt(KVM_CAP_ARM_RME_POPULATE_REALM): {
      const bytes = read(kvm_cap_arm_rme_populate_realm_args.byteLength);
      if (bytes === undefined) return -EFAULT;
      return yield* kvm_populate_realm(kvm, kvm_cap_arm_rme_populate_realm_args.decode(bytes));
    }
    case BigInt(KVM_CAP_ARM_RME_ACTIVATE_REALM):
      return kvm_activate_realm(kvm);
    default:
      return -EINVAL;
  }
}

/** Notes a parameter for the realm to be made: the personalisation value or the hash algorithm. */
function kvm_rme_config_realm(kvm: Kvm, read: (length: number) => Uint8Array | undefined): number {
  const { realm } = kvm.arch;
  if (realm.state !== "NONE") return -EBUSY;
  const bytes = read(kvm_cap_arm_rme_config_item.byteLength);
  if (bytes === undefined) return -EFAULT;
  const item = kvm_cap_arm_rme_config_item.decode(bytes);
  const params = kvm.kernel.machine.memory.bytes(realm.params);
  if (item.cfg === KVM_CAP_ARM_RME_CFG_RPV) {
    params.set(item.rpv, rmi_realm_params.fields.find((field) => field.name === "rpv")?.offset);
    return 0;
  }
  if (item.cfg !== KVM_CAP_ARM_RME_CFG_HASH_ALGO) return -EINVAL;
  const algorithm = new DataView(bytes.buffer).getUint32(4, true);
  if (algorithm > KVM_CAP_ARM_RME_MEASUREMENT_ALGO_SHA512) return -EINVAL;
  rmi_realm_params.set(params, "hash_algo", algorithm);
  return 0;
}
