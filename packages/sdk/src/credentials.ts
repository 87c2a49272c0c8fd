/**
 * Who calls. Asked before each request, so that a token that ends may be renewed; `refused` is called when the server
 * answered 401, and says whether asking again may help.
 */
export interface Credentials {
  headers(): Promise<Readonly<Record<string, string>>>;
  refused?(): boolean;
}

const fixed = (authorization: string): Credentials => ({ headers: async () => ({ authorization }) });

export const bearer = (token: string): Credentials => fixed(`Bearer ${token}`);

/** MLflow's basic-auth; the text is UTF-8. */
export const basic = (user: string, password: string): Credentials =>
  fixed(`Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)))}`);
