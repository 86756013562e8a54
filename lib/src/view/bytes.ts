// SPDX-License-Identifier: MIT
import type { FieldLayout } from "../base/layout.ts";
import { Picture } from "./display.ts";
import { FILL } from "./palette.ts";
import { BODY_TOP, box, card, hatch, label, line, MARGIN, MUTED, textWidth } from "./svg.ts";

/** What is needed to know of a structure to draw it; every encoder has it. */
export interface StructLayout {
  readonly structName: string;
  /** `sizeof` in bytes. */
  readonly byteLength: number;
  readonly origin: string;
  readonly fields: readonly FieldLayout[];
}

/** A stretch of bytes that belong together: a field, padding, or bytes past the end of the structure. */
interface Piece {
  readonly name: string;
  readonly type: string;
  readonly offset: number;
  readonly bytes: number;
  readonly padding: boolean;
}

/** Most bytes that are drawn; longer structures are drawn up to here. */
const MOST = 64;
const PER_ROW = 16;
const BYTE = 44;
const HEIGHT = 58;

function piecesOf(layout: StructLayout, length: number): Piece[] {
  const pieces: Piece[] = [];
  let reached = 0;
  const gap = (until: number): void => {
    if (until > reached) {
      pieces.push({ name: "padding", type: "", offset: reached, bytes: until - reached, padding: true });
    }
  };
  for (const { name, type, offset, bytes } of layout.fields) {
    gap(offset);
    pieces.push({ name, type, offset, bytes, padding: false });
    reached = offset + bytes;
  }
  gap(layout.byteLength);
  reached = layout.byteLength;
  if (length > reached) {
    pieces.push({ name: "past the end", type: "", offset: reached, bytes: length - reached, padding: true });
  }
  return pieces;
}

function byteText(value: number | undefined): string {
  return value === undefined ? "--" : value.toString(16).padStart(2, "0");
}

/** The value of an integer field as a person writes it; little endian. */
function valueText({ type, offset, bytes }: Piece, from: Uint8Array): string {
  if (!/^[us](8|16|32|64)$/.test(type) || bytes > 8 || offset + bytes > from.length) return "";
  let value = 0n;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256n + BigInt(from[offset + i] as number);
  return `0x${value.toString(16)}`;
}

/** What to draw besides the layout. */
export interface BytesOptions {
  /** Fewest bytes that the kernel takes; a line marks the place. */
  readonly minSize?: number;
}

/**
 * A structure byte by byte: offsets, fields, the bytes in hexadecimal, and the padding that the compiler adds. Bytes
 * that are not there are shown as `--`. Structures of more than 64 bytes are drawn up to byte 64.
 *
 * @param layout the structure, for example `iommu_vdevice_tsm_map`
 * @param bytes the bytes as they go to the kernel
 * @example
 * ```ts
 * showBytes(iommu_vdevice_tsm_map, iommu_vdevice_tsm_map({ vdevice_id: 3 }), { minSize: 28 });
 * ```
 */
export function showBytes(layout: StructLayout, bytes: Uint8Array, options: BytesOptions = {}): Picture {
  const pieces = piecesOf(layout, bytes.length);
  const { minSize } = options;
  const title = `struct ${layout.structName}, ${layout.byteLength} bytes${
    bytes.length === layout.byteLength ? "" : ` (${bytes.length} given)`
  }`;
  const facts = pieces.map((piece) => {
    const content = Array.from({ length: Math.min(piece.bytes, 16) }, (_, i) =>
      byteText(bytes[piece.offset + i]),
    ).join(" ");
    const value = valueText(piece, bytes);
    const range = `${piece.offset}`.padStart(3);
    const more = piece.bytes > 16 ? " ..." : "";
    return (
      `${range}  ${piece.name} ${piece.type}`.trimEnd().padEnd(30) +
      `${content}${more}${value === "" ? "" : `  = ${value}`}`
    );
  });
  const least = minSize === undefined ? [] : [`the kernel takes ${minSize} bytes or more`];
  const text = [title, `offset, field, bytes (${layout.origin})`, ...facts, ...least].join("\n");

  const drawn = Math.min(Math.max(layout.byteLength, bytes.length), MOST);
  const left = MARGIN + 34;
  const top = BODY_TOP + 4;
  const parts: string[] = [];
  for (let row = 0; row * PER_ROW < drawn; row++) {
    const y = top + row * (HEIGHT + 22);
    parts.push(label(MARGIN, y + 38, `+${row * PER_ROW}`, { size: 11, fill: MUTED }));
    for (let i = row * PER_ROW; i < Math.min(drawn, (row + 1) * PER_ROW); i++) {
      const x = left + (i % PER_ROW) * BYTE;
      if (i % 4 === 0) parts.push(label(x + 2, y + 10, String(i), { size: 10, fill: MUTED }));
    }
  }
  for (const piece of pieces) drawPiece(parts, piece, bytes, left, top, drawn);
  if (minSize !== undefined && minSize <= drawn) {
    const row = Math.floor((minSize - 1) / PER_ROW);
    const x = left + (((minSize - 1) % PER_ROW) + 1) * BYTE;
    const y = top + row * (HEIGHT + 22);
    parts.push(line(x, y + 4, x, y + 14 + HEIGHT - 8, { "stroke-width": 3 }));
    parts.push(label(x - 8, y + 10, `min size ${minSize}`, { size: 10, bold: true, anchor: "end" }));
  }
  const rows = Math.ceil(drawn / PER_ROW);
  const height = top + rows * (HEIGHT + 22) + 4;
  const width = Math.max(left + PER_ROW * BYTE + MARGIN, textWidth(title, 15, false) + 2 * MARGIN);
  return new Picture(card(title, text, width, height, parts.join("")), text);
}

function drawPiece(
  parts: string[],
  piece: Piece,
  bytes: Uint8Array,
  left: number,
  top: number,
  drawn: number,
): void {
  const end = Math.min(piece.offset + piece.bytes, drawn);
  for (let from = piece.offset; from < end; ) {
    const row = Math.floor(from / PER_ROW);
    const until = Math.min(end, (row + 1) * PER_ROW);
    const x = left + (from % PER_ROW) * BYTE;
    const y = top + row * (HEIGHT + 22) + 14;
    const width = (until - from) * BYTE;
    parts.push(box(x, y, width, HEIGHT - 14, { fill: piece.padding ? FILL.none : FILL.slot }));
    if (piece.padding) parts.push(hatch(x, y + 20, width, HEIGHT - 34));
    const full = `${piece.name}${piece.type === "" ? "" : ` ${piece.type}`}`;
    const shown = textWidth(full, 11) + 6 <= width ? full : piece.name;
    parts.push(label(x + 5, y + 14, shown, { size: 11, bold: true }));
    for (let i = from; i < until; i++) {
      const center = left + (i % PER_ROW) * BYTE + BYTE / 2;
      parts.push(label(center, y + 36, byteText(bytes[i]), { anchor: "middle" }));
    }
    from = until;
  }
}
