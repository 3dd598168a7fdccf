import type { LoginSession, ShellRequest } from "../model.ts";

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** What a login shows before the first prompt: message of the day and last login, in the service's order. */
export function greeting(request: ShellRequest, session: LoginSession): string {
  const { model, world, account, login, gids } = request;
  const files = world.filesOf({ uid: account.uid, gid: account.gid, groups: gids });
  if (files.access(`${account.home}/.hushlogin`, "exists")) return "";
  const uname = model.release.uname;
  const dynamic =
    model.release.family === "debian"
      ? `${uname.sysname} ${world.hostname()} ${uname.release} ${uname.version} ${uname.machine}\n`
      : "";
  const motd = files.access("/etc/motd", "read")
    ? Buffer.from(files.readAt("/etc/motd", 0, 65_536)).toString("utf8")
    : "";
  const last = lastLogin(request, session);
  if (model.release.family === "busybox") return motd;
  return login.service === "ssh" ? `${dynamic}${motd}${last}` : `${dynamic}${motd}${last}`;
}

function lastLogin(request: ShellRequest, session: LoginSession): string {
  const { previous } = session;
  if (previous === undefined) return "";
  const { model, login } = request;
  const zone = model.zone(previous.login);
  const at = new Date((previous.login + zone.offset) * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  const day = `${days[at.getUTCDay()]} ${months[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)}`;
  const from = previous.from === "" ? "" : ` from ${previous.from}`;
  if (login.service === "ssh") return `Last login: ${day} ${clock} ${at.getUTCFullYear()}${from}\n`;
  return `Last login: ${day} ${clock} ${zone.name} ${at.getUTCFullYear()}${from} on ${previous.tty}\n`;
}
