import fc from "fast-check";

/** Any UTF-16 text, unpaired surrogates and control characters included. */
export const anyText = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.nat({ max: 0x7f }), fc.nat({ max: 0xffff })), { maxLength })
    .map((units) => String.fromCharCode(...units));
