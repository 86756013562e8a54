// SPDX-License-Identifier: MIT
export const x: number = 1;
