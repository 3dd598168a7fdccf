import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, it } from "vitest";
import { hasPhrase, matchPhrase, words } from "./event-text.ts";

const text = fc.string({
  unit: fc.constantFrom("a", "B", "é", "ß", "1", " ", "_", ".", ":", "/", "-", '"', "*", "中", "\n", "€"),
  maxLength: 12,
});

it("finds by reading exactly what the index finds", () => {
  using db = new DatabaseSync(":memory:");
  db.exec("CREATE VIRTUAL TABLE t USING fts5 (body, tokenize = 'unicode61', prefix = '2 3')");
  const find = db.prepare("SELECT count(*) AS n FROM t WHERE t MATCH ?");
  fc.assert(
    fc.property(text, text, fc.boolean(), (body, phrase, prefix) => {
      fc.pre(words(phrase).length > 0);
      db.exec("DELETE FROM t");
      db.prepare("INSERT INTO t (body) VALUES (?)").run(body);
      const found = Number(find.get(matchPhrase(phrase, prefix))?.["n"]) === 1;
      expect([body, phrase, hasPhrase(words(body), words(phrase), prefix)]).toEqual([body, phrase, found]);
    }),
    { numRuns: 500 },
  );
});
