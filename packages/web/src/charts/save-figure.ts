import { AROUND } from "./palette.ts";
import type { SaveKind } from "./panel-tools.tsx";
import { fileNameOf, pngOf, saveFile, saveText } from "./save-file.ts";

/** A drawing of the page as a document by itself, on the page's surface. */
function documentOf(drawing: SVGSVGElement, dark: boolean): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("font-family", "system-ui, sans-serif");
  const surface = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  surface.setAttribute("width", "100%");
  surface.setAttribute("height", "100%");
  surface.setAttribute("fill", dark ? AROUND.dark.surface : AROUND.light.surface);
  copy.prepend(surface);
  for (const own of copy.querySelectorAll("[data-control]")) own.remove();
  return new XMLSerializer().serializeToString(copy);
}

/** Saves a drawing as a picture, or what it shows as a table. */
export function saveFigure(
  kind: SaveKind,
  name: string,
  drawing: SVGSVGElement | null,
  dark: boolean,
  csv: () => string,
): void {
  if (kind === "csv") {
    saveText(fileNameOf(name, "csv"), "text/csv", csv());
    return;
  }
  if (drawing === null) return;
  const svg = documentOf(drawing, dark);
  if (kind === "svg") saveText(fileNameOf(name, "svg"), "image/svg+xml", svg);
  else void pngOf(svg).then((png) => saveFile(fileNameOf(name, "png"), png));
}
