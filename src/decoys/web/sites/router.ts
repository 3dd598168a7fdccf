import {
  escapeHtml,
  html,
  redirect,
  type Site,
  type SiteAnswer,
  type SiteFacts,
  type SiteRequest,
} from "./contract.ts";
import { createTickets } from "./tickets.ts";

const MODELS = ["WR-840", "AC1200G", "DSL-N301", "HG-532e", "RT-N600"] as const;

const frame = (title: string, content: string): string => `<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<meta http-equiv="Pragma" content="no-cache">
<title>${escapeHtml(title)}</title>
</head>
<body bgcolor="#f0f4f8">
${content}
</body>
</html>
`;

/** A home gateway's pages: log-in, status, and the ping page whose field reaches a shell. */
export function router({ dice, persona }: SiteFacts): Site {
  const tickets = createTickets();
  const model = dice("site/router").pick(MODELS);

  const loginPage = (failed: boolean): SiteAnswer =>
    html(
      "login",
      frame(
        `${model} Wireless Router`,
        `<h2>${model} Wireless Router</h2>\n${failed ? "<p><font color=red>Wrong user name or password.</font></p>\n" : ""}<form method="POST" action="/login.cgi">\nUser name: <input name="username"><br>\nPassword: <input type="password" name="password"><br>\n<input type="submit" value="Login">\n</form>`,
      ),
      failed ? { outcome: "failure" } : {},
    );

  const signIn = ({ form, parameters, login }: SiteRequest): SiteAnswer => {
    const user = form.fields.get("username") ?? parameters.get("username") ?? "";
    const password =
      form.fields.get("password") ??
      form.fields.get("psd") ??
      parameters.get("psd") ??
      parameters.get("password") ??
      "";
    if (user !== "" && login(user, password))
      return redirect("login", "/status.htm", {
        outcome: "success",
        headers: [
          ["Location", "/status.htm"],
          ["Set-Cookie", `SESSIONID=${tickets.issue()}; path=/`],
        ],
      });
    return loginPage(true);
  };

  const status = (): SiteAnswer =>
    html(
      "status",
      frame(
        `${model} Status`,
        `<h3>Device</h3>\n<table><tr><td>Model</td><td>${model}</td></tr><tr><td>LAN MAC</td><td>${persona.hardware.mac.toUpperCase()}</td></tr><tr><td>LAN IP</td><td>${persona.network.address}</td></tr></table>\n<p><a href="/ping.htm">Diagnostics</a></p>`,
      ),
    );

  /** The firmware's own way: the field is put into a command line. */
  const ping = async ({ form, parameters, run }: SiteRequest): Promise<SiteAnswer> => {
    const target = ["ip", "host", "ping_addr", "ipaddr", "addr", "target_addr"]
      .map((name) => form.fields.get(name) ?? parameters.get(name))
      .find((value) => value !== undefined);
    const output = target === undefined ? "" : await run(`ping -c 1 ${target}`);
    return html(
      "ping",
      frame(
        "Ping",
        `<form method="POST" action="/ping.cgi">Address: <input name="ip"><input type="submit" value="Ping"></form>\n<pre>${escapeHtml(output)}</pre>`,
      ),
    );
  };

  return {
    name: "router",
    reply(request) {
      const inside = tickets.isGood(request.cookies.get("SESSIONID"));
      switch (request.path) {
        case "/":
        case "/index.htm":
        case "/login.htm":
          return inside ? redirect("front", "/status.htm") : loginPage(false);
        case "/login.cgi":
        case "/goform/login":
        case "/boaform/admin/formLogin":
          return signIn(request);
        case "/status.htm":
          return inside ? status() : redirect("status", "/login.htm");
        case "/ping.htm":
        case "/ping.cgi":
        case "/goform/ping":
        case "/cgi-bin/ping.cgi":
        case "/boaform/admin/formPing":
          return ping(request);
        default:
          return undefined;
      }
    },
  };
}
