// SPDX-License-Identifier: MIT
import { asciiBytes } from "../../base/ascii.ts";
import { EINVAL } from "../../base/errno.ts";
import type { Task } from "../../base/task.ts";
import type { File, file_operations } from "../fs/file.ts";
import { S_IFREG } from "../fs/uapi.ts";
import type { Kernel } from "../kernel.ts";
import type { pci_tsm } from "../pci/pci-dev.ts";

/**
 * The attribute `tsm/connect` of a device: writing 1 connects it to the TSM, 0 disconnects it, and reading tells
 * which it is.
 *
 * @kernel drivers/pci/tsm.c connect_store, connect_show
 */

/** What the attribute calls. */
export interface ConnectActions {
  readonly connect: (tsm: pci_tsm) => Task<number>;
  readonly disconnect: (tsm: pci_tsm) => Task<number>;
}

/** An open attribute: what was already read does not come again. */
interface OpenAttribute {
  readonly tsm: pci_tsm;
  readonly actions: ConnectActions;
  done: boolean;
}

const kernfs_file_fops: file_operations = {
  name: "kernfs_file_fops",
  read: connect_show,
  write: (file, _current, from) => connect_store(file, from),
  stat: () => ({ st_mode: S_IFREG | 0o644, st_size: 4096, st_blksize: 4096 }),
};

/** Makes the attribute appear in sysfs. */
export function installConnectAttribute(kernel: Kernel, tsm: pci_tsm, actions: ConnectActions): void {
  const open = (): OpenAttribute => ({ tsm, actions, done: false });
  kernel.nodes.set(`/sys/bus/pci/devices/${tsm.pdev.name}/tsm/connect`, { f_op: kernfs_file_fops, open });
}

function connect_show(file: File, into: Uint8Array): number {
  const attribute = file.private_data as OpenAttribute;
  if (attribute.done) return 0;
  attribute.done = true;
  const text = asciiBytes(attribute.tsm.state === "PCI_TSM_CONNECT" ? "1\n" : "0\n");
  into.set(text.subarray(0, into.length));
  return Math.min(text.length, into.length);
}

function* connect_store(file: File, from: Uint8Array): Task<number> {
  const wanted = kstrtobool(from);
  if (wanted === undefined) return -EINVAL;
  const { tsm, actions } = file.private_data as OpenAttribute;
  let rc = yield* tsm.pci_tsm_rwsem.readLockInterruptible();
  if (rc !== 0) return rc;
  rc = yield* wanted ? actions.connect(tsm) : actions.disconnect(tsm);
  tsm.pci_tsm_rwsem.readUnlock();
  return rc === 0 ? from.length : rc;
}

/**
 * Reads yes or no by the first letter, or the second after an "o". `undefined` for anything else.
 *
 * @kernel lib/kstrtox.c
 */
export function kstrtobool(text: Uint8Array): boolean | undefined {
  const [first = "", second = ""] = String.fromCharCode(...text.subarray(0, 2)).toLowerCase();
  if ("yt1".includes(first) && first !== "") return true;
  if ("nf0".includes(first) && first !== "") return false;
  if (first === "o" && second === "n") return true;
  if (first === "o" && second === "f") return false;
  return undefined;
}
