import { afterAll, beforeAll, expect, it } from "vitest";
import { KNOWN_SID, openTestApi, type TestApi } from "../testing/open-api.ts";

let api: TestApi;
let token: string;
let release: () => void = () => {};
let aborted: Promise<void>;

beforeAll(async () => {
  const gone = Promise.withResolvers<void>();
  aborted = gone.promise;
  api = await openTestApi({
    recordings: {
      read: () => Promise.resolve(null),
      cast: (_place, { follow, signal }) =>
        Promise.resolve(
          (async function* () {
            yield "first\n";
            if (!follow) return;
            await new Promise<void>((resolve) => {
              release = resolve;
            });
            yield "second\n";
            await new Promise<void>((resolve) => {
              signal.addEventListener("abort", () => resolve(), { once: true });
            });
            gone.resolve();
          })(),
        ),
    },
  });
  await api.addUser("admin", "admin");
  token = await api.token("admin");
});
afterAll(() => api[Symbol.asyncDispose]());

it("gives names that are no names no chance to become a path", async () => {
  const names = [".x", "../../etc", "WEB", "a/b", "-x", "a".repeat(81), "web%00"];
  for (const name of names) {
    const response = await api.get(`/transcripts/${encodeURIComponent(name)}/${KNOWN_SID}`, token);
    expect([name, response.status]).toEqual([name, 400]);
  }
  for (const sid of ["x", `${KNOWN_SID}0`, "../".repeat(12)]) {
    const response = await api.get(`/transcripts/web-01/${encodeURIComponent(sid)}/cast`, token);
    expect([sid, response.status]).toEqual([sid, 400]);
  }
});

it("sends each line of a followed recording when it comes, and stops reading when the watcher leaves", async () => {
  const watcher = new AbortController();
  const response = await fetch(`${api.url}/api/v1/transcripts/web-01/${KNOWN_SID}/cast?follow=true`, {
    headers: { authorization: `Bearer ${token}` },
    signal: watcher.signal,
  });
  const reader = response.body?.getReader();
  const next = async (): Promise<string> => Buffer.from((await reader?.read())?.value ?? []).toString();
  expect(await next()).toBe("first\n");
  release();
  expect(await next()).toBe("second\n");
  watcher.abort();
  expect(await aborted).toBeUndefined();
});

it("writes who watched a recording into the audit log", async () => {
  await (await api.get(`/transcripts/web-01/${KNOWN_SID}/cast`, token)).text();
  const row = api.db
    .prepare("SELECT actor, object FROM audit WHERE action = 'getCast' ORDER BY seq DESC")
    .get();
  expect(row).toEqual({ actor: "admin", object: `web-01/${KNOWN_SID}` });
});
