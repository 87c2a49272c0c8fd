import { invalid } from "@esteira/core/errors";
import { checkPermission } from "@esteira/core/permissions";
import type { AccessStart } from "@esteira/server/start";
import { type Terminal, text, type Values } from "./command.ts";
import { oidcSettings } from "./oidc-options.ts";

/** Access control as the command line asks for it: by the name of MLflow's app, and MLflow's variables for the first admin. */
export async function accessStart(values: Values, env: Terminal["env"]): Promise<AccessStart | undefined> {
  const app = text(values, "appName");
  const oidc = await oidcSettings(values, env);
  if (app === undefined && oidc !== undefined) {
    throw invalid(
      "Sign-in with an identity provider is a part of access control: turn it on with --app-name basic-auth.",
    );
  }
  if (app === undefined) return undefined;
  if (app !== "basic-auth") throw invalid(`--app-name is '${app}': this server has basic-auth, and no other app.`);
  const permission = text(values, "defaultPermission");
  const publicUrl = text(values, "publicUrl");
  const allowPrivate =
    values.allowPrivateIssuers === true || /^(true|1|yes|on)$/i.test(env.ESTEIRA_ALLOW_PRIVATE_ISSUERS ?? "");
  return {
    issuers: { allowPrivate },
    admin: { username: env.MLFLOW_AUTH_ADMIN_USERNAME || "admin", password: env.MLFLOW_AUTH_ADMIN_PASSWORD },
    ...(permission === undefined ? {} : { defaultPermission: checkPermission(permission) }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(oidc === undefined ? {} : { oidc }),
  };
}
