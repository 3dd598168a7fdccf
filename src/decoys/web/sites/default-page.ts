import { apacheDefaultPage } from "./apache-page.ts";
import type { Site, SiteFacts } from "./contract.ts";

/** The page that a fresh package of each product puts into its document root. */
const pages: Readonly<Record<string, string>> = {
  nginx: `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
`,
  apache: apacheDefaultPage,
};

export function defaultPage({ server, persona }: SiteFacts): Site {
  const body = Buffer.from(pages[server] ?? pages["nginx"] ?? "");
  const mtime = (persona.installedAt + 5_400) * 1000 + 318.417;
  return {
    name: `${server}_default`,
    reply: ({ path }) =>
      path === "/" || path === "/index.html"
        ? { status: 200, type: "text/html", body, file: { mtime }, route: "front" }
        : undefined,
  };
}
