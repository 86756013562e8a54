// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** State of a socket in /proc/net/tcp that waits for connections. */
const TCP_LISTEN = "0A";
const LOOPBACK_V4 = /^[0-9A-F]{6}7F$/; // 127.0.0.0/8, the bytes in the order of a little-endian machine
const LOOPBACK_V6 = "00000000000000000000000001000000";

/**
 * The TCP sockets on which a process and all that it has started wait for connections. Linux only.
 *
 * @returns for each, its port and whether only this machine can reach it
 */
export function listenersOf(pid: number): { port: number; isLoopback: boolean }[] {
  const inodes = new Set([pid, ...descendantsOf(pid)].flatMap(socketsOf));
  const lines = ["tcp", "tcp6"].flatMap((name) =>
    readFileSync(`/proc/net/${name}`, "utf8").split("\n").slice(1),
  );
  return lines.flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    if (state !== TCP_LISTEN || !inodes.has(inode)) return [];
    const [address = "", port = ""] = local.split(":");
    return [
      { port: Number.parseInt(port, 16), isLoopback: LOOPBACK_V4.test(address) || address === LOOPBACK_V6 },
    ];
  });
}

function descendantsOf(pid: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ child: Number(name), parent: parentOf(Number(name)) }));
  const below = (one: number): number[] =>
    parents.filter(({ parent }) => parent === one).flatMap(({ child }) => [child, ...below(child)]);
  return below(pid);
}

/** The parent of a process; none when it has just ended. */
function parentOf(pid: number): number | undefined {
  const stat = orNothing(() => readFileSync(`/proc/${pid}/stat`, "utf8")) ?? "";
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

/** The inodes of a process's sockets. */
function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  const names = orNothing(() => readdirSync(folder)) ?? [];
  return names.flatMap((name) => {
    const target = orNothing(() => readlinkSync(`${folder}/${name}`)) ?? "";
    return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [];
  });
}

/** What can be read of a process that may end meanwhile. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
