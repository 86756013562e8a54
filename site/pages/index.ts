// SPDX-License-Identifier: MIT
import type { Page } from "../build/page.ts";
import type { Repository } from "../build/repository.ts";
import { apiPages } from "./api.ts";
import { courseMapPage } from "./course-map.ts";
import { homePage } from "./home.ts";
import { patchMapPage } from "./patch-map.ts";
import { posterPage } from "./poster.ts";
import { racesPage } from "./races.ts";

/** The pages that are written for the site alone. Those of notebooks and documents come after them by themselves. */
export async function ownPages(repository: Repository): Promise<Page[]> {
  return [
    await homePage(repository),
    courseMapPage(repository),
    racesPage,
    patchMapPage(repository),
    posterPage(),
    ...apiPages(repository),
  ];
}
