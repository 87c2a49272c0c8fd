import wabt from "wabt";
import { walkKernelText } from "./walk-kernel-text.ts";

/** The bytes of the kernel's WebAssembly module; the same text gives the same bytes. */
export async function assembleWalkKernel(): Promise<Uint8Array> {
  const module = (await wabt()).parseWat("walk-kernel.wat", walkKernelText());
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
