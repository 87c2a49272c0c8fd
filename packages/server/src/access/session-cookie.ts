/** The cookie that holds a browser's session: for this host alone, out of reach of scripts, not sent from other sites. */
export interface SessionCookie {
  readonly name: string;
  set(secret: string, maxAgeSeconds: number): string;
  clear(): string;
}

/** Browsers take a `__Host-` name only with Secure, so it is left out where there is no TLS. */
export function sessionCookie(secure: boolean): SessionCookie {
  const name = secure ? "__Host-esteira-session" : "esteira-session";
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  return {
    name,
    set: (secret, maxAge) => `${name}=${secret}; Max-Age=${maxAge}; ${attributes}`,
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
  };
}
