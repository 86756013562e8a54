// SPDX-License-Identifier: MIT
/**
 * Layouts of structures as data. One description gives the encoder, the decoder, the byte diagrams and the
 * reference page, so they cannot disagree.
 */

/** Type of a field: unsigned and signed little-endian integers, or raw bytes. */
export type FieldType = "u8" | "u16" | "u32" | "u64" | "s32" | "s64" | "bytes";

/** `[type, offset in bytes]`, or `[type, offset, count]` for an array. */
export type FieldSpec = readonly [FieldType, number] | readonly [FieldType, number, number];

type FieldSpecs = Readonly<Record<string, FieldSpec>>;

type Scalar<T> = T extends "u64" | "s64" ? bigint : number;
type Loose<T> = T extends "u64" | "s64" ? bigint | number : number;

/** Values of a decoded structure: `bigint` for 64-bit fields, `number` for smaller ones. */
export type Decoded<F extends FieldSpecs> = {
  -readonly [K in keyof F]: F[K] extends readonly ["bytes", number, number]
    ? Uint8Array
    : F[K] extends readonly [infer T, number, number]
      ? Scalar<T>[]
      : F[K] extends readonly [infer T, number]
        ? Scalar<T>
        : never;
};

/** Values to encode: every field may be left out (zero), and 64-bit fields take a `number` too. */
export type Encodable<F extends FieldSpecs> = {
  readonly [K in keyof F]?: F[K] extends readonly ["bytes", number, number]
    ? Uint8Array
    : F[K] extends readonly [infer T, number, number]
      ? readonly Loose<T>[]
      : F[K] extends readonly [infer T, number]
        ? Loose<T>
        : never;
};

/** One field, as the diagrams and the reference page show it. */
export interface FieldLayout {
  readonly name: string;
  readonly type: FieldType;
  /** Bytes from the start of the structure. */
  readonly offset: number;
  /** Bytes that the field takes. */
  readonly bytes: number;
}

/**
 * A structure. Call it to encode: it returns the bytes. A leading 32-bit `size` or `argsz` field is filled in when it
 * is not given, as user space does with `sizeof`.
 *
 * @example
 * ```ts
 * const bytes = iommu_vdevice_tsm_map({ vdevice_id: 3, start_gpa: 0x8000_0000n, end_gpa: 0x8000_1000n });
 * iommu_vdevice_tsm_map.decode(bytes).vdevice_id; // 3
 * ```
 */
export interface Struct<F extends FieldSpecs> {
  (values?: Encodable<F>): Uint8Array;
  /** Name of the structure in C. */
  readonly structName: string;
  /** `sizeof` in bytes, padding included. */
  readonly byteLength: number;
  /** Where the layout comes from. */
  readonly origin: string;
  readonly fields: readonly FieldLayout[];
  /** Reads the fields; bytes past the end of `bytes` count as zero. */
  decode(bytes: Uint8Array): Decoded<F>;
  /** Writes one field in place. */
  set<K extends keyof F & string>(bytes: Uint8Array, field: K, value: number | bigint): void;
}

const WIDTH: Readonly<Record<FieldType, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  s32: 4,
  s64: 8,
  bytes: 1,
};

/**
 * Describes a structure.
 *
 * @param structName its name in C
 * @param specs its fields by name
 * @param byteLength `sizeof` in bytes, with the padding that the compiler adds
 * @param origin the file it comes from
 */
export function struct<const F extends FieldSpecs>(
  structName: string,
  specs: F,
  byteLength: number,
  origin: string,
): Struct<F> {
  const fields = Object.entries(specs).map(
    ([name, [type, offset, count]]): FieldLayout => ({
      name,
      type,
      offset,
      bytes: WIDTH[type] * (count ?? 1),
    }),
  );
  const named = Object.entries(specs);
  const first = fields[0];
  const sizeField =
    first !== undefined && first.type === "u32" && (first.name === "size" || first.name === "argsz")
      ? first.name
      : undefined;

  function encode(values: Encodable<F> = {}): Uint8Array {
    const bytes = new Uint8Array(byteLength);
    const view = new DataView(bytes.buffer);
    const given: Record<string, unknown> =
      sizeField === undefined ? values : { [sizeField]: byteLength, ...values };
    for (const [name, value] of Object.entries(given)) {
      const spec = specs[name];
      if (spec === undefined) throw new TypeError(`struct ${structName} has no field ${name}`);
      if (value !== undefined) writeField(view, name, spec, value);
    }
    return bytes;
  }

  function decode(source: Uint8Array): Decoded<F> {
    const bytes = new Uint8Array(byteLength);
    bytes.set(source.subarray(0, byteLength));
    const view = new DataView(bytes.buffer);
    const values: Record<string, unknown> = {};
    for (const [name, spec] of named) values[name] = readField(view, spec);
    return values as Decoded<F>;
  }

  function set(bytes: Uint8Array, field: string, value: number | bigint): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    writeField(view, field, specs[field] as FieldSpec, value);
  }

  return Object.assign(encode, { structName, byteLength, origin, fields, decode, set });
}

function writeField(view: DataView, name: string, [type, offset, count]: FieldSpec, value: unknown): void {
  const values =
    type === "bytes" ? Array.from(value as Uint8Array) : count === undefined ? [value] : (value as unknown[]);
  if (values.length > (count ?? 1))
    throw new RangeError(`field ${name} holds ${count ?? 1} elements, not ${values.length}`);
  values.forEach((element, i) => {
    writeScalar(view, type, offset + i * WIDTH[type], element as number | bigint);
  });
}

function writeScalar(view: DataView, type: FieldType, at: number, value: number | bigint): void {
  switch (type) {
    case "u8":
    case "bytes":
      view.setUint8(at, Number(value));
      break;
    case "u16":
      view.setUint16(at, Number(value), true);
      break;
    case "u32":
    case "s32":
      view.setUint32(at, Number(value), true);
      break;
    case "u64":
    case "s64":
      view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
      break;
  }
}

function readField(view: DataView, [type, offset, count]: FieldSpec): unknown {
  if (type === "bytes") return new Uint8Array(view.buffer.slice(offset, offset + (count ?? 1)));
  if (count === undefined) return readScalar(view, type, offset);
  return Array.from({ length: count }, (_, i) => readScalar(view, type, offset + i * WIDTH[type]));
}

function readScalar(view: DataView, type: FieldType, at: number): number | bigint {
  switch (type) {
    case "u8":
    case "bytes":
      return view.getUint8(at);
    case "u16":
      return view.getUint16(at, true);
    case "u32":
      return view.getUint32(at, true);
    case "s32":
      return view.getInt32(at, true);
    case "u64":
      return view.getBigUint64(at, true);
    case "s64":
      return view.getBigInt64(at, true);
  }
}
