import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";
import { passwordRules } from "./change-password.tsx";
import { LoginPage } from "./login-page.tsx";

function answer(status: number, body: object): void {
  vi.stubGlobal("fetch", async () =>
    Response.json(body, { status, headers: { "content-type": "application/problem+json" } }),
  );
}

async function signInWith(password: string): Promise<void> {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <LoginPage />
    </QueryClientProvider>,
  );
  fireEvent.change(screen.getByLabelText("User name"), { target: { value: "admin" } });
  fireEvent.change(screen.getByLabelText("Password"), { target: { value: password } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
  await waitFor(() => expect(screen.getByRole("alert").textContent).not.toBe(""));
}

describe("sign-in", () => {
  afterEach(() => void vi.unstubAllGlobals());

  test("a refusal says nothing about which part was wrong and clears the password", async () => {
    answer(401, { title: "User name or password is wrong", code: "bad_credentials", status: 401 });
    await signInWith("wrong");
    expect(screen.getByRole("alert").textContent).toBe("User name or password is wrong.");
    expect((screen.getByLabelText("Password") as HTMLInputElement).value).toBe("");
  });

  test("after too many tries it says how long to wait and does not send", async () => {
    answer(429, { title: "Too many requests", code: "rate", status: 429, retry_after: 7 });
    await signInWith("wrong");
    expect(screen.getByRole("alert").textContent).toContain("7 s");
    expect((screen.getByRole("button", { name: "Sign in" }) as HTMLButtonElement).disabled).toBe(true);
  });
});

describe("rules of a new password", () => {
  const met = (typed: Parameters<typeof passwordRules>[0]) =>
    passwordRules(typed).every(({ isMet }) => isMet);
  const good = {
    username: "admin",
    old: "first-password",
    next: "second-password",
    repeat: "second-password",
  };

  test("length counts bytes, not characters", () => {
    expect(met(good)).toBe(true);
    expect(met({ ...good, next: "ääääää", repeat: "ääääää" })).toBe(true);
    expect(met({ ...good, next: "short", repeat: "short" })).toBe(false);
    expect(met({ ...good, next: "x".repeat(257), repeat: "x".repeat(257) })).toBe(false);
  });

  test("neither the old one nor the user name nor two different ones", () => {
    expect(met({ ...good, old: good.next })).toBe(false);
    expect(met({ ...good, username: "Second-Password" })).toBe(false);
    expect(met({ ...good, repeat: "second-passwort" })).toBe(false);
  });
});
