import type { Generated } from "kysely";

/** Tables of Esteira's own: who may do what. Times are milliseconds since the epoch, yes and no are 1 and 0. */
export interface AccessTables {
  esteira_users: {
    id: Generated<number>;
    username: string;
    password_hash: string | null;
    is_admin: number;
    external_issuer: string | null;
    external_subject: string | null;
    created_at: number;
  };
  esteira_roles: { id: Generated<number>; name: string; workspace: string; description: string | null };
  esteira_role_permissions: {
    id: Generated<number>;
    role_id: number;
    resource_type: string;
    resource_pattern: string;
    permission: string;
  };
  esteira_user_roles: { id: Generated<number>; user_id: number; role_id: number };
  esteira_tokens: {
    id: string;
    user_id: number;
    name: string;
    hash: string;
    /** Separated by blanks. */
    scopes: string;
    created_at: number;
    expires_at: number;
    last_used_at: number | null;
    revoked_at: number | null;
  };
  esteira_token_resources: { token_id: string; resource_type: string; resource_id: string };
  esteira_sessions: {
    hash: string;
    user_id: number;
    created_at: number;
    last_seen_at: number;
    expires_at: number;
  };
  esteira_session_id_tokens: { session_hash: string; id_token: string };
  esteira_sign_in_flows: { hash: string; data: string; expires_at: number };
  esteira_setup_tokens: { hash: string; expires_at: number };
  esteira_sign_in_failures: { key: string; failures: number; ends_at: number };
  esteira_secrets: { name: string; value: string };
}
