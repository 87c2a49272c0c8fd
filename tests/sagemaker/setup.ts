import { findMoto } from "./moto.ts";

/** Moto is installed once, before the files of tests that need it, which run beside each other. */
export default function setup(): void {
  if (process.env.ESTEIRA_TEST_AWS === "1") return;
  const found = findMoto();
  process.env.ESTEIRA_MOTO = "program" in found ? found.program : "";
}
