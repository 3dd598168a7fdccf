import type { LoginSession, ShellRequest } from "../model.ts";

/** What sshd, or login for telnet, puts into the environment of a session. */
export function loginEnvironment(request: ShellRequest, session: LoginSession): Map<string, string> {
  const { account, login, model } = request;
  const { path } = model.release;
  const env = new Map<string, string>();
  for (const [name, value] of Object.entries(login.env))
    if (/^(LANG|LC_\w+)$/.test(name)) env.set(name, value);
  if (!env.has("LANG") && model.release.family === "debian") env.set("LANG", "C.UTF-8");
  env.set("USER", account.name);
  env.set("LOGNAME", account.name);
  env.set("HOME", account.home);
  // Debian's sshd has a superuser path of its own; others get the short one without a login shell.
  env.set("PATH", account.uid === 0 ? path.root : session.tty === undefined ? path.exec : path.user);
  env.set("SHELL", account.shell);
  const term = login.env["TERM"];
  if (session.tty !== undefined) env.set("TERM", term === undefined || term === "" ? "dumb" : term);
  if (model.release.family === "debian") {
    env.set("XDG_SESSION_ID", String(session.session));
    env.set("XDG_RUNTIME_DIR", `/run/user/${account.uid}`);
    env.set("XDG_SESSION_TYPE", "tty");
    env.set("XDG_SESSION_CLASS", "user");
    env.set("DBUS_SESSION_BUS_ADDRESS", `unix:path=/run/user/${account.uid}/bus`);
    if (session.tty !== undefined) env.set("MOTD_SHOWN", "pam");
  }
  if (login.service === "ssh") {
    env.set("SSH_CLIENT", `${login.peer.ip} ${login.peer.port} ${login.local.port}`);
    env.set("SSH_CONNECTION", `${login.peer.ip} ${login.peer.port} ${login.local.ip} ${login.local.port}`);
    if (session.tty !== undefined) env.set("SSH_TTY", `/dev/${session.tty}`);
  } else if (session.tty !== undefined) env.set("MAIL", `/var/mail/${account.name}`);
  return env;
}
