import { useQueryClient } from "@tanstack/react-query";
import { Circle, CircleCheck } from "lucide-react";
import { type FormEvent, useState } from "react";
import { ApiProblem } from "../../api/problem.ts";
import { changePassword, useSession } from "../../api/session.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Field } from "../../parts/field.tsx";
import { words } from "./words.ts";

const LEAST_BYTES = 12;
const MOST_BYTES = 256;

export interface Rule {
  readonly text: string;
  readonly isMet: boolean;
}

interface Typed {
  readonly username: string;
  readonly old: string;
  readonly next: string;
  readonly repeat: string;
}

/** What can be told before asking; whether the password is a common one, only the server knows. */
export function passwordRules({ username, old, next, repeat }: Typed): readonly Rule[] {
  const size = new TextEncoder().encode(next).length;
  return [
    { text: words.ruleLength, isMet: size >= LEAST_BYTES },
    ...(size > MOST_BYTES ? [{ text: words.ruleMost, isMet: false }] : []),
    { text: words.ruleName, isMet: next !== "" && next.toLowerCase() !== username.toLowerCase() },
    { text: words.ruleNew, isMet: next !== "" && next !== old },
    { text: words.ruleSame, isMet: next !== "" && next === repeat },
  ];
}

interface FormProps {
  readonly username: string;
  readonly onDone?: () => void;
}

export function ChangePasswordForm({ username, onDone }: FormProps) {
  const queries = useQueryClient();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [repeat, setRepeat] = useState("");
  const [isShown, setShown] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const rules = passwordRules({ username, old, next, repeat });
  const canSave = old !== "" && rules.every((rule) => rule.isMet);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!canSave || isBusy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await changePassword(queries, { old, next });
      onDone?.();
    } catch (error) {
      if (error instanceof ApiProblem) setProblem(error);
      else throw error;
    } finally {
      setBusy(false);
    }
  };

  const fieldError = (name: string) =>
    problem?.problem.errors?.find(({ pointer }) => pointer.endsWith(name))?.message;
  const type = isShown ? "text" : "password";
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <input type="hidden" name="username" autoComplete="username" value={username} readOnly />
      <Field
        label={words.old}
        type={type}
        autoComplete="current-password"
        required
        autoFocus
        value={old}
        error={
          problem?.problem.code === "bad_credentials" ? problem.problem.title : fieldError("/old_password")
        }
        onChange={(event) => setOld(event.currentTarget.value)}
      />
      <Field
        label={words.next}
        type={type}
        autoComplete="new-password"
        required
        value={next}
        error={fieldError("/new_password")}
        onChange={(event) => setNext(event.currentTarget.value)}
      />
      <Field
        label={words.repeat}
        type={type}
        autoComplete="new-password"
        required
        value={repeat}
        onChange={(event) => setRepeat(event.currentTarget.value)}
      />
      <ul className="rules">
        {rules.map((rule) => (
          <li key={rule.text} className={rule.isMet ? "is-met" : undefined}>
            {rule.isMet ? (
              <CircleCheck size={14} aria-hidden="true" />
            ) : (
              <Circle size={14} aria-hidden="true" />
            )}
            {rule.text}
            <span className="sr-only">{rule.isMet ? words.met : words.notMet}</span>
          </li>
        ))}
      </ul>
      <p className="login-alert" role="alert">
        {problem && problem.problem.code !== "bad_credentials"
          ? (problem.problem.detail ?? problem.problem.title)
          : ""}
      </p>
      <div className="spread">
        <Button kind="quiet" isPressed={isShown} onClick={() => setShown(!isShown)}>
          {isShown ? words.hide : words.show}
        </Button>
        <Button kind="primary" submits disabled={!canSave || isBusy}>
          {isBusy ? words.saving : words.save}
        </Button>
      </div>
    </form>
  );
}

export function ChangePasswordDialog({ onClose }: { readonly onClose: () => void }) {
  const username = useSession()?.user.username ?? "";
  const [isDone, setDone] = useState(false);
  return (
    <Dialog title={words.changeTitle} onClose={onClose}>
      <div className="dialog-content">
        {isDone ? (
          <p role="status">{words.saved}</p>
        ) : (
          <ChangePasswordForm username={username} onDone={() => setDone(true)} />
        )}
      </div>
    </Dialog>
  );
}
