// SPDX-License-Identifier: MIT
// One of the processes that npm run bench measures the ioctl in; needs --expose-gc.
import { measureMapHere } from "./kernel.mjs";

console.log(JSON.stringify(measureMapHere()));
