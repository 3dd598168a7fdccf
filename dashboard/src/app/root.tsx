import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { currentSession } from "../api/session.ts";
import { startLive } from "../api/stream/live.ts";
import { refreshByStream } from "../api/stream/refresh.ts";
import { ForcedPasswordPage, LoginPage } from "../pages/login/login-page.tsx";
import { Failure } from "../parts/states.tsx";
import { Frame } from "./frame.tsx";

/** Decides what a person may see: sign-in, the forced change of password, or the pages. */
export function Root() {
  const query = useQuery(currentSession());
  const [wasSignedIn, setSignedIn] = useState(false);
  const session = query.data;
  const isReady = session !== null && session !== undefined && !session.must_change_password;
  const { pathname } = useLocation();

  useEffect(() => {
    if (isReady) setSignedIn(true);
  }, [isReady]);

  if (session === undefined) {
    return query.error ? (
      <main className="alone">
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      </main>
    ) : null;
  }
  if (session?.must_change_password) return <ForcedPasswordPage username={session.user.username} />;
  if (session === null && !wasSignedIn) return <LoginPage />;
  if (pathname === "/login") return session === null ? <LoginPage /> : <Navigate to="/" replace />;
  return (
    <>
      {isReady ? <Live /> : null}
      <Frame isLocked={session === null}>
        <Outlet />
      </Frame>
      {session === null ? <LoginPage isOver /> : null}
    </>
  );
}

/** The stream lives as long as somebody is signed in. */
function Live() {
  const queries = useQueryClient();
  useEffect(() => {
    const stack = new DisposeStack();
    stack.use(startLive());
    stack.use(refreshByStream(queries));
    return () => stack[Symbol.dispose]();
  }, [queries]);
  return null;
}

/** `DisposableStack` is not in every browser that this runs in. */
class DisposeStack implements Disposable {
  readonly #items: Disposable[] = [];

  use(item: Disposable): void {
    this.#items.push(item);
  }

  [Symbol.dispose](): void {
    for (const item of this.#items.toReversed()) item[Symbol.dispose]();
  }
}
