import type { Confusion } from "../evaluation/threshold.ts";
import { formats } from "./format.ts";
import { type PictureText, picture } from "./frame.ts";
import { element, label } from "./svg.ts";
import { paint } from "./theme.ts";

/** The four counts at the threshold. The shade is the share of the row, so both classes can be read. */
export function confusionPicture(
  text: Partial<PictureText> & { readonly confusion: Confusion; readonly threshold: number },
): string {
  const { count, percent, number } = formats(text.locale);
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = text.confusion;
  const rows = [
    { name: "Fraud", cells: [truePositives, falseNegatives], good: 0 },
    { name: "Honest", cells: [falsePositives, trueNegatives], good: 1 },
  ];
  return picture(
    {
      title: "Decisions at the threshold",
      subtitle: `A transfer is alerted at a score of ${number(text.threshold)} or more`,
      width: 620,
      height: 340,
      ...text,
    },
    [],
    (box) => {
      const left = box.left + 64;
      const top = box.top + 22;
      const width = (box.right - left) / 2;
      const height = (box.bottom - top) / 2;
      let markup = "";
      ["Alerted", "Let through"].forEach((name, column) => {
        markup += label(left + width * (column + 0.5), top - 14, name, { anchor: "middle", color: "ink", size: 13 });
      });
      rows.forEach((row, i) => {
        const total = row.cells[0]! + row.cells[1]!;
        markup += label(left - 12, top + height * (i + 0.5), row.name, { anchor: "end", color: "ink", size: 13 });
        row.cells.forEach((cell, column) => {
          const share = total === 0 ? 0 : cell / total;
          const x = left + width * column;
          const y = top + height * i;
          markup += element("rect", {
            x: x + 2,
            y: y + 2,
            width: width - 4,
            height: height - 4,
            rx: 4,
            fill: paint(column === row.good ? "one" : "two"),
            "fill-opacity": 0.08 + 0.32 * share,
          });
          markup += label(x + width / 2, y + height / 2 - 10, count(cell), {
            anchor: "middle",
            color: "ink",
            size: 22,
            weight: 600,
          });
          const of = row.name === "Fraud" ? "of the frauds" : "of the honest";
          markup += label(x + width / 2, y + height / 2 + 14, `${percent(Number(share.toPrecision(3)))} ${of}`, {
            anchor: "middle",
            size: 12,
          });
        });
      });
      return markup;
    },
  );
}
