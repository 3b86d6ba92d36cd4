/** What a piece of code is, for its colour. */
export type Part = "key" | "string" | "number" | "word" | "plain";

export interface Piece {
  readonly part: Part;
  readonly text: string;
}

const JSON_PIECES =
  /(?<key>"(?:\\.|[^"\\])*"(?=\s*:))|(?<string>"(?:\\.|[^"\\])*")|(?<number>-?\d[\d.eE+-]*)|(?<word>true|false|null)/g;
const SHELL_PIECES =
  /(?<key>(?<=\s)--?[a-zA-Z][\w-]*)|(?<string>'(?:'\\''|[^'])*'|"(?:\\.|[^"\\])*")|(?<word>^(?:curl|export)\b)/gm;

export type Language = "json" | "shell";

/** The code in pieces; together they are the code. */
export function piecesOf(code: string, language: Language): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const found of code.matchAll(language === "json" ? JSON_PIECES : SHELL_PIECES)) {
    if (found.index > end) pieces.push({ part: "plain", text: code.slice(end, found.index) });
    const [part] = Object.entries(found.groups ?? {}).find(([, text]) => text !== undefined) ?? ["plain"];
    pieces.push({ part: part as Part, text: found[0] });
    end = found.index + found[0].length;
  }
  if (end < code.length) pieces.push({ part: "plain", text: code.slice(end) });
  return pieces;
}
