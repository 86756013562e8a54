// SPDX-License-Identifier: MIT
import { EFAULT, ENOENT, ENOMEM, EOPNOTSUPP } from "../../base/errno.ts";
import {
  iommufd_ctx,
  type iommufd_object,
  type iommufd_object_type,
  objectTypeName,
} from "../iommufd/object-table.ts";
import { argumentOf, type Decoder, type FailedCall, type Reason, shown, valueText } from "./reason.ts";

/** Reasons that many commands of /dev/iommu share. */

/** The context of the open /dev/iommu. */
export function contextOf({ file }: FailedCall): iommufd_ctx | undefined {
  return file?.private_data instanceof iommufd_ctx ? file.private_data : undefined;
}

/** The object with an id, of whatever type, or nothing. */
export function objectOf(call: FailedCall, id: number): iommufd_object | undefined {
  return contextOf(call)?.objects.load(id);
}

/** That a look-up by id finds nothing usable. */
export function lookup(field: string, type: iommufd_object_type, idOf: (call: FailedCall) => number): Reason {
  const name = objectTypeName(type);
  return {
    id: field,
    errno: ENOENT,
    text: `there is no ${name} with this id`,
    source: "iommufd_get_object, drivers/iommu/iommufd/main.c",
    evidence: (call) => {
      const id = idOf(call);
      const object = objectOf(call, id);
      if (object === undefined) return `${field} is ${id}; no object has this id`;
      if (object.type !== type) return `${field} is ${id}; this is a ${objectTypeName(object.type)}`;
      return shown(object.users === 0 || object.wait_cnt === 0, `${field} is ${id}; it is being destroyed`);
    },
  };
}

/** The last thing that a command can fail with. */
export const respond: Reason = {
  id: "respond",
  errno: EFAULT,
  text: "the answer cannot be written back; what the command did stays done",
  source: "iommufd_ucmd_respond, drivers/iommu/iommufd/iommufd_private.h",
};

/** No memory for the object that a command makes. */
export const objectMemory: Reason = {
  id: "memory",
  errno: ENOMEM,
  text: "no memory for the object",
  source: "_iommufd_object_alloc, drivers/iommu/iommufd/main.c",
};

/**
 * A condition on the fields of the structure that can be judged by them alone.
 *
 * @param fields those that are shown
 */
export function onFields<T>(
  layout: Decoder<T>,
  reason: Omit<Reason, "evidence">,
  holds: (values: T) => boolean,
  ...fields: readonly (keyof T & string)[]
): Reason {
  return {
    ...reason,
    evidence: (call) => {
      const values = argumentOf(call, layout);
      return shown(holds(values), fields.map((name) => `${name} is ${valueText(values[name])}`).join(", "));
    },
  };
}

/** That a word of the structure which means nothing yet is not 0. */
export function reserved<T extends { readonly __reserved: number }>(
  layout: Decoder<T>,
  source: string,
): Reason {
  const text = "a word that means nothing yet is not 0";
  return onFields(
    layout,
    { id: "reserved", errno: EOPNOTSUPP, text, source },
    ({ __reserved }) => __reserved !== 0,
    "__reserved",
  );
}
