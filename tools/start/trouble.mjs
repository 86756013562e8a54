// SPDX-License-Identifier: MIT
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What stops a start that is nobody's mistake, each as one sentence with the way out. */

const MEGABYTE = 1024 * 1024;
/** What a start writes at most: the built library, the copies, and what JupyterLab keeps. */
const ROOM_TO_START = 32 * MEGABYTE;
/** What the Python environment takes, with what pip needs meanwhile. */
export const ROOM_FOR_ENVIRONMENT = 600 * MEGABYTE;

const FULL = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/;
const FORBIDDEN = /\b(?:EACCES|EPERM|EROFS):|Permission denied|Read-only file system/;
const NO_NETWORK =
  /Failed to establish a new connection|Temporary failure in name resolution|getaddrinfo failed|nodename nor servname|Read timed out|ProxyError|Network is unreachable/;

/**
 * The sentence for what some step said when it failed; nothing when it is none of the known troubles.
 *
 * @param {string} said  an error's message with its code, or what a command printed
 * @param {string} root  the course's folder
 * @returns {string | undefined}
 */
export function troubleIn(said, root) {
  if (FULL.test(said)) {
    return "The disk is full: free some space and run the command again; it goes on where it stopped, and what you wrote is as you left it.";
  }
  if (FORBIDDEN.test(said)) {
    return `The course cannot write to its folder ${root}: get write permission for it, or copy it to a folder of your own and start there; nothing of yours was changed.`;
  }
  if (NO_NETWORK.test(said)) {
    return "JupyterLab could not be downloaded, because the network does not answer: connect, or give pip your proxy in HTTPS_PROXY, and run the command again.";
  }
  return undefined;
}

/**
 * Whether the course's folder can be written to and has room, found out by trying.
 *
 * @param {string} root
 * @param {number} [room]  bytes
 * @returns {string | undefined}  what is in the way
 */
export function folderProblem(root, room = ROOM_TO_START) {
  const probe = path.join(root, `.can-be-written-${process.pid}`);
  try {
    writeFileSync(probe, "");
    rmSync(probe);
    const { bavail, bsize } = statfsSync(root);
    return bavail * bsize >= room ? undefined : noRoom(bavail * bsize, room);
  } catch (error) {
    return sentenceFor(error, root);
  }
}

/**
 * What to tell a person of an error: its sentence if it is a known trouble, otherwise its message.
 *
 * @param {unknown} error
 * @param {string} root
 * @returns {string}
 */
export function sentenceFor(error, root) {
  const { message } = /** @type {Error} */ (error);
  return troubleIn(message, root) ?? message;
}

/**
 * @param {number} free  bytes
 * @param {number} room  bytes
 */
function noRoom(free, room) {
  const megabytes = (/** @type {number} */ bytes) => Math.floor(bytes / MEGABYTE);
  return `The disk has ${megabytes(free)} MB left and ${megabytes(room)} MB are needed: free some space and run the command again; what you wrote is as you left it.`;
}
