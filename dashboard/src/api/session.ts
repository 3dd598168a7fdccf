import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { api, dataOf, get, setCsrfToken, whenSignedOut } from "./client.ts";
import type { CurrentSession } from "./model.ts";
import { ApiProblem } from "./problem.ts";
import { keys } from "./query-keys.ts";

const TABS = "decnet.session";

/** Who is signed in; null when nobody is. */
export const currentSession = () =>
  queryOptions({
    queryKey: keys.session,
    queryFn: async ({ signal }): Promise<CurrentSession | null> => {
      try {
        const session = await get("/api/v1/auth/session", { signal });
        setCsrfToken(session.csrf_token);
        return session;
      } catch (error) {
        if (error instanceof ApiProblem && error.problem.status === 401) return null;
        throw error;
      }
    },
    staleTime: 60_000,
    refetchOnWindowFocus: true,
  });

export function useSession(): CurrentSession | null {
  return useQuery(currentSession()).data ?? null;
}

export function useIsAdmin(): boolean {
  return useSession()?.user.role === "admin";
}

export async function signIn(queries: QueryClient, username: string, password: string): Promise<void> {
  const before = queries.getQueryData<CurrentSession | null>(keys.session);
  await dataOf(api.POST("/api/v1/auth/login", { body: { username, password, grant: "cookie" } }));
  const now = await queries.fetchQuery({ ...currentSession(), staleTime: 0 });
  tell("signed-in");
  // Another person than before: nothing of the former one's may stay in memory.
  if (before && now && before.user.uuid !== now.user.uuid) location.reload();
  else await queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
}

export async function changePassword(
  queries: QueryClient,
  passwords: { readonly old: string; readonly next: string },
): Promise<void> {
  await dataOf(
    api.POST("/api/v1/auth/change-password", {
      body: { old_password: passwords.old, new_password: passwords.next },
    }),
  );
  await queries.fetchQuery({ ...currentSession(), staleTime: 0 });
  await queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
}

/** Ends the session on the server, then leaves the page in every tab: a reload clears all memory. */
export async function signOut(): Promise<void> {
  await dataOf(api.POST("/api/v1/auth/logout"));
  tell("signed-out");
  location.replace("/login");
}

function tell(what: "signed-in" | "signed-out"): void {
  const channel = new BroadcastChannel(TABS);
  channel.postMessage(what);
  channel.close();
}

/** Follows sign-in and sign-out of the other tabs, and the server's word that the session is over. */
export function followSession(queries: QueryClient): () => void {
  whenSignedOut(() => {
    setCsrfToken(null);
    queries.setQueryData<CurrentSession | null>(keys.session, null);
  });
  const channel = new BroadcastChannel(TABS);
  channel.onmessage = (event: MessageEvent<unknown>) => {
    if (event.data === "signed-out") location.replace("/login");
    else void queries.invalidateQueries({ queryKey: keys.session });
  };
  return () => channel.close();
}
