/** Stage → the stages that it may import. */
export const allowed: Readonly<Record<string, readonly string[]>>;
declare const config: { readonly forbidden: readonly { readonly name: string }[] };
export default config;
