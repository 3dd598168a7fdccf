export const words = {
  unreachable: "The server cannot be reached",
  unreachableDetail: "No answer came. The page keeps what it has and tries again by itself.",
} as const;
