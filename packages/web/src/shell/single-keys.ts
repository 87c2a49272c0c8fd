import { readStored, writeStored } from "./storage.ts";

const KEY = "esteira.single-keys";
/** Whether letters alone are shortcuts: who uses speech or a switch may need them off (WCAG 2.1.4). */
export const singleKeysOn = (): boolean => readStored(KEY) !== "off";
export const setSingleKeys = (isOn: boolean): void => writeStored(KEY, isOn ? "on" : "off");
