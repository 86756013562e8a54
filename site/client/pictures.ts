// SPDX-License-Identifier: MIT
import { whenNear, whenUsable } from "./dom.ts";

/**
 * Pictures stand in `<noscript>`, for a browser draws what is within two windows' reach before the page can be used. Here
 * each gets a box of its size; its file comes when the reader is near or prints, and not before the page is there.
 */
export function placePictures(): void {
  const pictures = [...document.querySelectorAll(".nb-svg > noscript")].flatMap((kept) => {
    const template = document.createElement("template");
    template.innerHTML = kept.textContent ?? "";
    const image = template.content.querySelector("img");
    if (image === null) return [];
    const file = image.src;
    image.removeAttribute("src");
    image.style.aspectRatio = `${image.getAttribute("width")} / ${image.getAttribute("height")}`;
    kept.replaceWith(image);
    const load = (): void => {
      image.src = file;
    };
    return [{ image, load }];
  });
  whenUsable(() => {
    for (const { image, load } of pictures) whenNear(image, load);
  });
  addEventListener("beforeprint", () => {
    for (const { image, load } of pictures) {
      image.loading = "eager";
      load();
    }
  });
}
