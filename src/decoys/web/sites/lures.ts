import type { Site, SiteFacts } from "./contract.ts";

/** Files that are left lying around on purpose, with secrets made for this decky alone. */
export function lures({ dice, persona, organisation }: SiteFacts): Site {
  const seeded = dice("site/lures");
  const word = (bytes: number): string => seeded.bytes(bytes).toString("base64url");
  const database = organisation
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .slice(0, 16);
  const changed = (persona.bootedAt - 86_400 * seeded.integer(3, 200)) * 1000 + 127.033;
  const env = `APP_NAME="${organisation}"
APP_ENV=production
APP_KEY=base64:${seeded.bytes(32).toString("base64")}
APP_DEBUG=false

DB_CONNECTION=mysql
DB_HOST=127.0.0.1
DB_PORT=3306
DB_DATABASE=${database}
DB_USERNAME=${database.slice(0, 10)}_app
DB_PASSWORD=${word(12)}

MAIL_MAILER=smtp
MAIL_HOST=mail.${persona.domain || "lan"}
MAIL_PORT=587
MAIL_USERNAME=noreply@${persona.domain || "lan"}
MAIL_PASSWORD=${word(9)}
`;
  const gitConfig = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = false
	logallrefupdates = true
[remote "origin"]
	url = git@git.${persona.domain || "lan"}:web/${database}.git
	fetch = +refs/heads/*:refs/remotes/origin/*
[branch "main"]
	remote = origin
	merge = refs/heads/main
`;
  const files: ReadonlyMap<string, { readonly type: string; readonly text: string }> = new Map([
    ["/.env", { type: "application/octet-stream", text: env }],
    ["/.git/config", { type: "application/octet-stream", text: gitConfig }],
    ["/.git/HEAD", { type: "application/octet-stream", text: "ref: refs/heads/main\n" }],
    ["/robots.txt", { type: "text/plain", text: "User-agent: *\nDisallow: /backup/\nDisallow: /admin/\n" }],
  ]);
  return {
    name: "lures",
    reply({ path }) {
      const file = files.get(path);
      return (
        file && {
          status: 200,
          type: file.type,
          body: Buffer.from(file.text),
          file: { mtime: changed },
          route: "lure",
        }
      );
    },
  };
}
