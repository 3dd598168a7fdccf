import { useQueryClient } from "@tanstack/react-query";
import { Radar } from "lucide-react";
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { ApiProblem } from "../../api/problem.ts";
import { signIn, signOut } from "../../api/session.ts";
import { Button } from "../../parts/button.tsx";
import { Field } from "../../parts/field.tsx";
import { ChangePasswordForm } from "./change-password.tsx";
import "./login.css";
import { words } from "./words.ts";

/** Seconds until the next try is let through, counted down; 0 when it is. */
function useWait(): readonly [number, (seconds: number) => void] {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return [left, setLeft];
}

/** `isOver`: laid over the page that a person was reading when the session ended. */
export function LoginPage({ isOver = false }: { readonly isOver?: boolean }) {
  const queries = useQueryClient();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [message, setMessage] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [wait, setWait] = useWait();
  const alert = useRef<HTMLParagraphElement>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || wait > 0) return;
    setBusy(true);
    setMessage("");
    try {
      await signIn(queries, username, password);
    } catch (error) {
      setPassword("");
      const problem = error instanceof ApiProblem ? error.problem : undefined;
      if (problem?.status === 429) setWait(Math.ceil(problem.retry_after ?? 1));
      // One sentence for every refusal: which part was wrong is nobody's business.
      else
        setMessage(
          problem?.status === 401 || problem?.status === 422
            ? words.refused
            : (problem?.title ?? String(error)),
        );
      alert.current?.focus();
    } finally {
      setBusy(false);
    }
  };

  return (
    <Card title={words.title} lead={isOver ? words.again : words.lead} isOver={isOver}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <Field
          label={words.username}
          name="username"
          autoComplete="username"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={64}
          required
          autoFocus
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
        <Field
          label={words.password}
          name="password"
          type="password"
          autoComplete="current-password"
          maxLength={256}
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <p ref={alert} className="login-alert" role="alert" tabIndex={-1}>
          {wait > 0 ? words.wait(wait) : message}
        </p>
        <Button kind="primary" submits disabled={isBusy || wait > 0} className="login-submit">
          {isBusy ? words.submitting : words.submit}
        </Button>
      </form>
      {isOver ? null : <p className="muted small">{words.firstStart}</p>}
    </Card>
  );
}

/** Nothing else is open to a person whose password somebody else has seen. */
export function ForcedPasswordPage({ username }: { readonly username: string }) {
  return (
    <Card title={words.forcedTitle} lead={words.forcedLead(username)}>
      <ChangePasswordForm username={username} />
      <Button kind="quiet" onClick={() => void signOut()}>
        {words.signOut}
      </Button>
    </Card>
  );
}

interface CardProps {
  readonly title: string;
  readonly lead: string;
  readonly isOver?: boolean;
  readonly children: ReactNode;
}

function Card({ title, lead, isOver = false, children }: CardProps) {
  const id = useId();
  const card = (
    <section className="login-card" aria-labelledby={id}>
      <header className="login-head">
        <span className="login-brand">
          <Radar size={20} aria-hidden="true" />
          DECNET
        </span>
        <h1 id={id}>{title}</h1>
        <p className="muted">{lead}</p>
      </header>
      {children}
    </section>
  );
  return isOver ? (
    <div className="login login-over" role="dialog" aria-modal="true" aria-labelledby={id}>
      {card}
    </div>
  ) : (
    <main className="login">{card}</main>
  );
}
