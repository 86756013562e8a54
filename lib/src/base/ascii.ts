// SPDX-License-Identifier: MIT

/** The bytes of a text of ASCII characters, as user space writes them to a file. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
