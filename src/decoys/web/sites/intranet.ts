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

const TITLES = [
  "Service Desk",
  "Staff Portal",
  "Operations",
  "Team Space",
  "Document Centre",
  "Asset Register",
] as const;
const TEASERS = [
  "Planned maintenance of the file store on Saturday morning, 06:00 to 09:00.",
  "Please move project folders from the old share before the end of the month.",
  "New starters: accounts are created by the service desk on request of your manager.",
  "The printer on the second floor has a new address; reinstall it from the print page.",
  "Travel expenses are handed in by the fifth of the following month.",
  "The canteen is closed on the day after the public holiday.",
] as const;

const page = (title: string, organisation: string, content: string): string => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} – ${escapeHtml(organisation)}</title>
<link rel="stylesheet" href="/static/site.css">
</head>
<body>
<header><strong>${escapeHtml(organisation)}</strong> <span>${escapeHtml(title)}</span></header>
<main>
${content}
</main>
<footer>Internal use only.</footer>
</body>
</html>
`;

const CSS =
  "body{font:15px/1.5 sans-serif;margin:0;color:#222;background:#f4f5f7}header{background:#29435c;color:#fff;padding:12px 24px}main{max-width:760px;margin:24px auto;background:#fff;padding:24px;border:1px solid #dde1e6}label{display:block;margin:8px 0}.error{color:#a40000}footer{text-align:center;color:#888;font-size:12px}\n";

/** A small company page with a log-in: generated names and notices, no two alike. */
export function intranet({ organisation, dice, persona }: SiteFacts): Site {
  const tickets = createTickets();
  const seeded = dice("site/intranet");
  const title = seeded.pick(TITLES);
  const notices = TEASERS.filter(() => seeded.next() < 0.6);
  const changed = (persona.bootedAt - 86_400 * seeded.integer(1, 90)) * 1000;

  const loginForm = (error: string): string => `<h1>Sign in</h1>
${error === "" ? "" : `<p class="error">${error}</p>\n`}<form method="post" action="/login">
<label>User name <input name="username" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button>Sign in</button>
</form>`;

  const front = (): SiteAnswer =>
    html(
      "front",
      page(
        title,
        organisation,
        `<h1>${title}</h1>\n<ul>\n${notices.map((notice) => `<li>${notice}</li>`).join("\n")}\n</ul>\n<p><a href="/login">Sign in</a> to see documents and requests.</p>`,
      ),
    );

  const signIn = ({ exchange, form, login }: SiteRequest): SiteAnswer => {
    if (exchange.head.method !== "POST") return html("login", page("Sign in", organisation, loginForm("")));
    const user = form.fields.get("username") ?? form.fields.get("user") ?? "";
    const password = form.fields.get("password") ?? "";
    if (user !== "" && login(user, password))
      return redirect("login", "/documents/", {
        outcome: "success",
        headers: [
          ["Location", "/documents/"],
          ["Set-Cookie", `sid=${tickets.issue()}; Path=/; HttpOnly`],
        ],
      });
    return html(
      "login",
      page("Sign in", organisation, loginForm("The user name or the password is wrong.")),
      { outcome: "failure" },
    );
  };

  return {
    name: "intranet",
    reply(request) {
      switch (request.path) {
        case "/":
        case "/index.html":
          return front();
        case "/login":
        case "/login/":
          return signIn(request);
        case "/documents":
        case "/documents/":
          return tickets.isGood(request.cookies.get("sid"))
            ? html(
                "documents",
                page(
                  "Documents",
                  organisation,
                  "<h1>Documents</h1>\n<p>Nothing has been shared with you yet.</p>",
                ),
              )
            : redirect("documents", "/login");
        case "/static/site.css":
          return {
            status: 200,
            type: "text/css",
            body: Buffer.from(CSS),
            file: { mtime: changed },
            route: "static",
          };
        default:
          return undefined;
      }
    },
  };
}
