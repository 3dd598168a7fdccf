import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formCredential, headerCredential } from "./credentials.ts";
import { parseForm, parseUrlencoded } from "./forms.ts";
import type { RequestHead } from "./request.ts";

const head = (authorization: string): RequestHead => ({
  method: "GET",
  target: "/",
  version: "1.1",
  headers: [["Authorization", authorization]],
  bareLf: false,
});
const b64 = (text: string | Uint8Array) => Buffer.from(text).toString("base64");

describe("Authorization", () => {
  test("Basic keeps every byte of the password, colons and all", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[^:]{0,20}$/), fc.uint8Array({ maxLength: 60 }), (user, secret) => {
        const sent = Buffer.concat([Buffer.from(`${user}:`), secret]);
        expect(headerCredential(head(`Basic ${sent.toString("base64")}`))?.secret_b64).toBe(b64(secret));
      }),
    );
  });

  test("Bearer has no account; unknown schemes are left alone; a digest without its nonce is no credential", () => {
    expect(headerCredential(head("Bearer abc"))).toEqual({
      secret_b64: b64("abc"),
      secret_printable: "abc",
      secret_kind: "http_bearer",
      auth_scheme: "Bearer",
    });
    expect(headerCredential(head("Negotiate abc"))).toBeUndefined();
    expect(headerCredential(head('Digest username="a", response="b"'))).toBeUndefined();
  });

  test("Digest carries everything the response depends on", () => {
    const sent =
      'Digest username="ann", realm="r", nonce="n", uri="/x", qop=auth, nc=00000001, cnonce="c", response="00ff"';
    expect(headerCredential(head(sent))).toEqual({
      principal: "ann",
      username: "ann",
      secret_b64: b64("00ff"),
      secret_printable: "00ff",
      secret_kind: "http_digest_md5",
      realm: "r",
      nonce: "n",
      uri: "/x",
      qop: "auth",
      nc: "00000001",
      cnonce: "c",
      auth_scheme: "Digest",
    });
  });

  test("any value gives a credential or nothing", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(headerCredential(head(`Basic ${value}`))?.auth_scheme ?? "Basic").toBe("Basic");
        expect(headerCredential(head(`Digest ${value}`))?.auth_scheme ?? "Digest").toBe("Digest");
      }),
    );
  });
});

describe("forms", () => {
  test("the first listed name wins, whatever its case and the order sent", () => {
    const fields = parseUrlencoded("PWD=p2&Password=p1&Login=l&USER=u");
    expect(formCredential(fields)).toMatchObject({ principal: "u", secret_b64: b64("p1") });
  });

  test("no secret, no credential", () => {
    expect(formCredential(parseUrlencoded("user=a"))).toBeUndefined();
  });

  test("multipart gives fields and files, bytes untouched", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        fc.pre(!Buffer.from(bytes).includes("--bound"));
        const body = Buffer.concat([
          Buffer.from('--bound\r\nContent-Disposition: form-data; name="user"\r\n\r\nann\r\n--bound\r\n'),
          Buffer.from(
            'Content-Disposition: form-data; name="f"; filename="x.php"\r\nContent-Type: text/plain\r\n\r\n',
          ),
          bytes,
          Buffer.from("\r\n--bound--\r\n"),
        ]);
        const form = parseForm("multipart/form-data; boundary=bound", body);
        expect([...form.fields]).toEqual([["user", "ann"]]);
        expect(form.files.map(({ name, bytes: kept }) => [name, b64(kept)])).toEqual([["x.php", b64(bytes)]]);
      }),
    );
  });

  test("JSON members count, and names like __proto__ are only names", () => {
    const form = parseForm(
      "application/json",
      Buffer.from('{"__proto__":"x","username":"a","password":"b","n":{}}'),
    );
    expect(formCredential(form.fields)).toMatchObject({ principal: "a", secret_b64: b64("b") });
  });

  test("any body of any type is read without an error", () => {
    const types = fc.constantFrom(
      "application/json",
      "multipart/form-data; boundary=a",
      "application/x-www-form-urlencoded",
      "x",
    );
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 300 }), (type, bytes) => {
        expect(parseForm(type, Buffer.from(bytes)).files.length).toBeLessThanOrEqual(200);
      }),
    );
  });
});
