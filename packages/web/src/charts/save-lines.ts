import { csvText } from "./csv-text.ts";
import type { LineView } from "./line-view.ts";
import { AROUND } from "./palette.ts";
import type { SaveKind } from "./panel-tools.tsx";
import { lineSvg } from "./picture.ts";
import { fileNameOf, pngOf, saveFile, saveText } from "./save-file.ts";
import type { Line, LogScales } from "./series.ts";
import type { AxisFormat } from "./use-axis-format.ts";

interface SavedLines {
  readonly metric: string;
  readonly lines: readonly Line[];
  readonly view: LineView;
  readonly log: LogScales;
  readonly dark: boolean;
  readonly format: AxisFormat;
}

const SIZE = { width: 960, height: 480 };

/** Saves what a chart shows: the picture as it is in view, or the points that are drawn in it. */
export function saveLines(kind: SaveKind, { metric, lines, view, log, dark, format }: SavedLines): void {
  if (kind === "csv") {
    const [low, high] = view.x;
    const rows = lines.flatMap((line) =>
      line.x.flatMap((x, at) => (x < low || x > high ? [] : [[line.id, line.label, x, line.y[at]]])),
    );
    saveText(fileNameOf(metric, "csv"), "text/csv", csvText(["id", "name", format.name, metric], rows));
    return;
  }
  const svg = lineSvg({
    ...SIZE,
    title: metric,
    xTitle: format.name,
    x: view.x,
    y: view.y,
    logX: log.x,
    logY: log.y,
    lines,
    colors: dark ? AROUND.dark : AROUND.light,
    formatX: format.tick,
    formatY: format.value,
  });
  if (kind === "svg") saveText(fileNameOf(metric, "svg"), "image/svg+xml", svg);
  else void pngOf(svg).then((png) => saveFile(fileNameOf(metric, "png"), png));
}
