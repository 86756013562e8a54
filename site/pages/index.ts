// SPDX-License-Identifier: MIT
import type { Page } from "../build/page.ts";
import { home } from "./home.ts";

/** The pages that are written for the site alone. Those of notebooks and documents come after them by themselves. */
export const ownPages: readonly Page[] = [home];
