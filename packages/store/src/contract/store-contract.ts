import type { Store, StoreOptions } from "../open.ts";
import { newFernetKey } from "../webhooks/fernet.ts";
import { describeAccessStore } from "./access-contract.ts";
import { describeRegistryStore } from "./registry-contract.ts";
import { describeTrackingStore } from "./tracking-contract.ts";
import { describeWebhookStore } from "./webhook-contract.ts";

/** What a store promises over every database. `open` gives a new, empty one whose artifact root is `mlflow-artifacts:/`. */
export function describeStore(
  name: string,
  open: (options: Pick<StoreOptions, "clock" | "webhookKey">) => Promise<Store>,
): void {
  describeTrackingStore(name, () => open({}));
  describeRegistryStore(name, () => open({}));
  describeAccessStore(name, () => open({}));
  const time = { now: 1_700_000_000_000 };
  describeWebhookStore(name, () => open({ clock: () => time.now++, webhookKey: newFernetKey() }), time);
}
