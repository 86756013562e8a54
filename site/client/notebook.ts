// SPDX-License-Identifier: MIT
import { NotebookPage } from "./notebook-page.ts";

const article = document.querySelector<HTMLElement>(".notebook[data-notebook]");
if (article) new NotebookPage(article);
