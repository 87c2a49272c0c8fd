/** A file's name from any text: what file systems do not take becomes a hyphen. */
export const fileNameOf = (text: string, ending: string): string =>
  `${
    text
      .normalize("NFC")
      .replace(/[^\p{L}\p{N}._-]+/gu, "-")
      .replace(/^[-.]+|-+$/g, "")
      .slice(0, 100) || "chart"
  }.${ending}`;

/** Has the browser save a file. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export const saveText = (name: string, type: string, text: string): void =>
  saveFile(name, new Blob([text], { type: `${type};charset=utf-8` }));

/** Pixels of a PNG for each of the picture: sharp on paper and on dense screens. */
const DENSITY = 2;

/** An SVG document as a PNG. @throws Error when the browser cannot draw it. */
export async function pngOf(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * DENSITY;
  canvas.height = image.naturalHeight * DENSITY;
  const paper = canvas.getContext("2d");
  if (paper === null) throw new Error("This browser gives no canvas to draw the PNG on: save the SVG.");
  paper.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) =>
        blob === null ? reject(new Error("This browser could not write the PNG: save the SVG.")) : resolve(blob),
      "image/png",
    ),
  );
}
