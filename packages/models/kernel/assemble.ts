import wabt from "wabt";

/** The bytes of the WebAssembly module of a text; the same text gives the same bytes. */
export async function assemble(text: string): Promise<Uint8Array> {
  const module = (await wabt()).parseWat("kernel.wat", text);
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
