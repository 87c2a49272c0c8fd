import { systemClock } from "@esteira/core/clock";
import { openStore, type Store } from "@esteira/store/open";
import { type Accounts, accounts } from "./access/accounts.ts";
import { passwords } from "./access/passwords.ts";
import { createServiceToken } from "./access/service-tokens.ts";

/** What an operator does with users and tokens, on the database itself. */
export interface Administration {
  readonly store: Store;
  readonly accounts: Accounts;
  createToken(input: Parameters<typeof createServiceToken>[2]): ReturnType<typeof createServiceToken>;
  close(): Promise<void>;
}

export async function openAdministration(uri: string): Promise<Administration> {
  const store = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
  return {
    store,
    accounts: accounts(store, passwords(), () => {}),
    createToken: (input) => createServiceToken(store, systemClock, input),
    close: () => store.close(),
  };
}
