import {
  escapeHtml,
  html,
  redirect,
  type Site,
  type SiteAnswer,
  type SiteFacts,
  type SiteRequest,
} from "./contract.ts";

const SUBJECTS = [
  "Spring range",
  "New opening hours",
  "Visit us at the fair",
  "A word from the workshop",
  "How we deliver",
  "Meet the team",
] as const;
const SENTENCES = [
  "We have been busy over the last weeks and can now show the result.",
  "Orders that reach us before noon leave the house the same day.",
  "Our colleagues answer questions by telephone from Monday to Friday.",
  "Thank you to everybody who came by and gave us such kind words.",
  "The next date is fixed; details will follow on this page.",
] as const;
const VERSIONS = ["6.4.3", "6.5.2", "6.5.5", "6.6.1"] as const;

interface Post {
  readonly id: number;
  readonly title: string;
  readonly text: string;
}

/** A company blog: front page, posts, the log-in everybody tries, and XML-RPC. */
export function wordpress({ organisation, dice, persona }: SiteFacts): Site {
  const seeded = dice("site/wordpress");
  const version = seeded.pick(VERSIONS);
  const author = persona.people[0]?.user ?? "editor";
  const posts: readonly Post[] = Array.from({ length: seeded.integer(2, 5) }, (_, index) => ({
    id: 11 + index * seeded.integer(2, 9),
    title: seeded.pick(SUBJECTS),
    text: `${seeded.pick(SENTENCES)} ${seeded.pick(SENTENCES)}`,
  }));

  const frame = (title: string, content: string): string => `<!DOCTYPE html>
<html lang="en-US">
<head>
<meta charset="UTF-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>${escapeHtml(title)}</title>
<meta name="generator" content="WordPress ${version}" />
<link rel="https://api.w.org/" href="/wp-json/" />
<link rel="stylesheet" id="wp-block-library-css" href="/wp-includes/css/dist/block-library/style.min.css?ver=${version}" media="all" />
</head>
<body class="home blog wp-embed-responsive">
<div class="wp-site-blocks">
<header class="wp-block-template-part"><p class="wp-block-site-title"><a href="/" rel="home">${escapeHtml(organisation)}</a></p></header>
<main class="wp-block-group">
${content}
</main>
</div>
</body>
</html>
`;

  const entry = ({ id, title, text }: Post): string =>
    `<article class="wp-block-post post-${id} type-post status-publish"><h2 class="wp-block-post-title"><a href="/?p=${id}">${title}</a></h2><div class="entry-content"><p>${text}</p></div></article>`;

  const front = ({ parameters }: SiteRequest): SiteAnswer => {
    const asked = parameters.get("p");
    const found = posts.find(({ id }) => String(id) === asked);
    if (asked !== undefined && found !== undefined)
      return html("post", frame(`${found.title} – ${organisation}`, entry(found)));
    if (parameters.has("author")) return redirect("author", `/author/${author}/`, { status: 301 });
    return html("front", frame(organisation, posts.map(entry).join("\n")), {
      headers: [["Link", '</wp-json/>; rel="https://api.w.org/"']],
    });
  };

  const loginPage = (user: string, error: string): string => `<!DOCTYPE html>
<html lang="en-US">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
<title>Log In &lsaquo; ${escapeHtml(organisation)} &#8212; WordPress</title>
<meta name='robots' content='max-image-preview:large, noindex, noarchive' />
</head>
<body class="login no-js login-action-login wp-core-ui locale-en-us">
<div id="login">
<h1><a href="https://wordpress.org/">Powered by WordPress</a></h1>
${error === "" ? "" : `<div id="login_error" class="notice notice-error"><p>${error}</p></div>\n`}<form name="loginform" id="loginform" action="/wp-login.php" method="post">
<p><label for="user_login">Username or Email Address</label><input type="text" name="log" id="user_login" class="input" value="${escapeHtml(user)}" size="20" /></p>
<div class="user-pass-wrap"><label for="user_pass">Password</label><input type="password" name="pwd" id="user_pass" class="input password-input" value="" size="20" /></div>
<p class="submit"><input type="submit" name="wp-submit" id="wp-submit" class="button button-primary button-large" value="Log In" /></p>
</form>
<p id="nav"><a href="/wp-login.php?action=lostpassword">Lost your password?</a></p>
</div>
</body>
</html>
`;
  const testCookie: readonly [string, string] = [
    "Set-Cookie",
    "wordpress_test_cookie=WP%20Cookie%20check; path=/",
  ];
  const noCache: readonly (readonly [string, string])[] = [
    ["Expires", "Wed, 11 Jan 1984 05:00:00 GMT"],
    ["Cache-Control", "no-cache, must-revalidate, max-age=0, no-store, private"],
  ];

  const signIn = ({ exchange, form, login }: SiteRequest): SiteAnswer => {
    const headers = [...noCache, testCookie, ["X-Frame-Options", "SAMEORIGIN"] as const];
    if (exchange.head.method !== "POST") return html("login", loginPage("", ""), { headers });
    const user = form.fields.get("log") ?? "";
    const password = form.fields.get("pwd") ?? "";
    if (user === "")
      return html("login", loginPage("", "<strong>Error:</strong> The username field is empty."), {
        headers,
      });
    if (login(user, password))
      return redirect("login", "/wp-admin/", {
        headers: [...headers, ["Location", "/wp-admin/"]],
        outcome: "success",
      });
    const known = user === author || user === "admin";
    const error = known
      ? `<strong>Error:</strong> The password you entered for the username <strong>${escapeHtml(user)}</strong> is incorrect. <a href="/wp-login.php?action=lostpassword">Lost your password?</a>`
      : `<strong>Error:</strong> The username <strong>${escapeHtml(user)}</strong> is not registered on this site. If you are unsure of your username, try your email address instead.`;
    return html("login", loginPage(user, error), { headers, outcome: "failure" });
  };

  const xmlrpc = ({ exchange }: SiteRequest): SiteAnswer =>
    exchange.head.method === "POST"
      ? {
          status: 200,
          type: "text/xml; charset=UTF-8",
          route: "xmlrpc",
          body: Buffer.from(
            '<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse>\n  <fault>\n    <value>\n      <struct>\n        <member>\n          <name>faultCode</name>\n          <value><int>403</int></value>\n        </member>\n        <member>\n          <name>faultString</name>\n          <value><string>Incorrect username or password.</string></value>\n        </member>\n      </struct>\n    </value>\n  </fault>\n</methodResponse>\n',
          ),
        }
      : {
          status: 405,
          type: "text/plain;charset=UTF-8",
          route: "xmlrpc",
          headers: [["Allow", "POST"]],
          body: Buffer.from("XML-RPC server accepts POST requests only."),
        };

  return {
    name: "wordpress",
    reply(request) {
      switch (request.path) {
        case "/":
        case "/index.php":
          return front(request);
        case "/wp-login.php":
          return signIn(request);
        case "/wp-admin":
        case "/wp-admin/":
          return redirect("admin", `/wp-login.php?redirect_to=%2Fwp-admin%2F&reauth=1`, {
            headers: [...noCache, ["Location", "/wp-login.php?redirect_to=%2Fwp-admin%2F&reauth=1"]],
          });
        case "/xmlrpc.php":
          return xmlrpc(request);
        case `/author/${author}/`:
          return html("author", frame(`${author} – ${organisation}`, posts.map(entry).join("\n")));
        case "/readme.html":
          return html(
            "readme",
            `<!DOCTYPE html>\n<html lang="en"><head><meta charset="UTF-8" /><title>WordPress &rsaquo; ReadMe</title></head><body><h1 id="logo"><a href="https://wordpress.org/">WordPress</a></h1><p>Semantic Personal Publishing Platform</p></body></html>\n`,
          );
        case "/wp-json/wp/v2/users":
          return {
            status: 200,
            type: "application/json; charset=UTF-8",
            route: "users",
            body: Buffer.from(JSON.stringify([{ id: 1, name: author, slug: author }])),
          };
        default:
          return undefined;
      }
    },
  };
}
