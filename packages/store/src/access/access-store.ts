import type { AccessStore } from "@esteira/core/access-store";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { grantStore } from "./grants.ts";
import { ownerStore } from "./owners.ts";
import { roleStore } from "./roles.ts";
import { sessionStore } from "./sessions.ts";
import { tokenStore } from "./tokens.ts";
import { userStore } from "./users.ts";

/** Users, roles, tokens and sessions beside MLflow's tables, in the same database and the same transactions. */
export const accessStore = (session: Session, context: StoreContext): AccessStore => ({
  ...userStore(session, context),
  ...roleStore(session),
  ...grantStore(session),
  ...tokenStore(session, context),
  ...sessionStore(session, context),
  ...ownerStore(session),
});
