// SPDX-License-Identifier: MIT
import { type Struct, struct } from "../../base/layout.ts";

/** Constants of the system calls themselves. @kernel include/uapi/asm-generic/{fcntl,mman-common}.h */
export const PROT_NONE = 0x0;
export const PROT_READ = 0x1;
export const PROT_WRITE = 0x2;
export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;

/** @kernel include/uapi/linux/falloc.h */
export const FALLOC_FL_KEEP_SIZE = 0x01;
export const FALLOC_FL_PUNCH_HOLE = 0x02;
export const FALLOC_FL_COLLAPSE_RANGE = 0x08;
export const FALLOC_FL_ZERO_RANGE = 0x10;
export const FALLOC_FL_INSERT_RANGE = 0x20;
export const FALLOC_FL_UNSHARE_RANGE = 0x40;

/** File type bits of st_mode. @kernel include/uapi/linux/stat.h */
export const S_IFREG = 0o100000;
export const S_IFCHR = 0o020000;

const statFields = {
  st_dev: ["u64", 0],
  st_ino: ["u64", 8],
  st_mode: ["u32", 16],
  st_nlink: ["u32", 20],
  st_size: ["s64", 48],
  st_blksize: ["s32", 56],
} as const;
/** What `fstat` fills in, as far as the model knows it. @kernel include/uapi/asm-generic/stat.h */
export const stat: Struct<typeof statFields> = struct(
  "stat",
  statFields,
  128,
  "include/uapi/asm-generic/stat.h",
);
