import { fireEvent, render, screen } from "@testing-library/react";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Untrusted } from "./untrusted.tsx";
import { cutAt, defang, piecesOf, plainMarks } from "./untrusted-marks.ts";

describe("marks", () => {
  test("control characters become their pictures", () => {
    expect(plainMarks("a\u001b[31m\u0007\u007f")).toBe("a␛[31m␇␡");
  });

  test("bidi overrides, zero-width characters and odd blanks become code points", () => {
    expect(plainMarks("a\u202eb\u200bc\u00a0d\u2066e")).toBe("a⟪U+202E⟫b⟪U+200B⟫c⟪U+00A0⟫d⟪U+2066⟫e");
  });

  test("line breaks and tabs are marks on one line and text in a block", () => {
    expect(piecesOf("a\n\tb", true)).toEqual([
      { text: "a" },
      { mark: "␊", name: "U+000A", short: "LF" },
      { mark: "␉", name: "U+0009", short: "TAB" },
      { text: "b" },
    ]);
    expect(piecesOf("a\n\tb")).toEqual([{ text: "a\n\tb" }]);
  });

  test("half a surrogate pair is marked, a whole one is text", () => {
    expect(plainMarks("\ud800x😀")).toBe("⟪U+D800⟫x😀");
  });

  test("no acting character of any text reaches the page", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        const shown = plainMarks(text, 500);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  test("the pieces stand for every character, in order", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 100 }), (text) => {
        const back = piecesOf(text, true)
          .map((piece) =>
            "text" in piece ? piece.text : String.fromCodePoint(Number.parseInt(piece.name.slice(2), 16)),
          )
          .join("");
        expect(back).toBe(text);
      }),
    );
  });

  test("a cut never leaves half a character", () => {
    expect(cutAt("ab😀", 3)).toBe("ab");
    expect(cutAt("ab😀", 4)).toBe("ab😀");
  });

  test("a defanged address is no link in any mail or chat", () => {
    expect(defang("http://ex.ample/a.sh ftp://10.0.0.1")).toBe(
      "hxxp://ex[.]ample/a[.]sh fxp://10[.]0[.]0[.]1",
    );
  });
});

describe("<Untrusted>", () => {
  test("markup stays text", () => {
    const { container } = render(<Untrusted text="<img src=x onerror=alert(1)>" />);
    expect(container.querySelector("img")).toBeNull();
    expect(container.textContent).toBe("<img src=x onerror=alert(1)>");
  });

  test("its direction cannot leak into the page", () => {
    const { container } = render(<Untrusted text={"\u202eabc"} />);
    const element = container.querySelector("bdi");
    expect(element?.getAttribute("dir")).toBe("ltr");
    expect(element?.textContent).toBe("⟪U+202E⟫abc");
  });

  test("long text is cut until a person asks for all of it", () => {
    const { container } = render(<Untrusted text={"x".repeat(500)} />);
    expect(container.textContent).toContain(`${"x".repeat(160)}show all 500 characters`);
    fireEvent.click(screen.getByRole("button"));
    expect(container.textContent).toBe("x".repeat(500));
  });

  test("a megabyte never comes into the page at once", () => {
    const { container } = render(<Untrusted text={"x".repeat(1_000_000)} block />);
    fireEvent.click(screen.getByRole("button"));
    expect(container.textContent?.length).toBeLessThan(70_000);
    expect(container.textContent).toContain("more characters are in the raw line");
  });

  test("inside a control there is an ellipsis and no button", () => {
    const { container } = render(<Untrusted text={"x".repeat(500)} fixed limit={10} />);
    expect(screen.queryByRole("button")).toBeNull();
    expect(container.textContent?.trim()).toBe(`${"x".repeat(10)}…`);
  });
});
