import type { UnitText } from "./unit-text.ts";

/** The named characters of HTML 4, and those of HTML 5 that people and models write: `name=character`, by spaces. */
const NAMED =
  "Aacute=Á aacute=á Acirc=Â acirc=â acute=´ AElig=Æ aelig=æ Agrave=À agrave=à alefsym=ℵ Alpha=Α alpha=α amp=& " +
  "and=∧ ang=∠ apos=' Aring=Å aring=å ast=* asymp=≈ Atilde=Ã atilde=ã Auml=Ä auml=ä bdquo=„ becaus=∵ Beta=Β beta=β " +
  "brvbar=¦ bsol=\u005c bull=• bullet=• cap=∩ Ccedil=Ç ccedil=ç cedil=¸ cent=¢ check=✓ checkmark=✓ Chi=Χ chi=χ " +
  "circ=ˆ clubs=♣ colon=: comma=, commat=@ cong=≅ copy=© copysr=℗ crarr=↵ cross=✗ cup=∪ curren=¤ Dagger=‡ dagger=† " +
  "dArr=⇓ darr=↓ dash=‐ deg=° Delta=Δ delta=δ diams=♦ divide=÷ dollar=\u0024 dtri=▿ Eacute=É eacute=é Ecirc=Ê " +
  "ecirc=ê Egrave=È egrave=è empty=∅ emsp=\u2003 ensp=\u2002 Epsilon=Ε epsilon=ε equals== equiv=≡ Eta=Η eta=η ETH=Ð " +
  "eth=ð Euml=Ë euml=ë euro=€ excl=! exist=∃ female=♀ fnof=ƒ forall=∀ frac12=½ frac13=⅓ frac14=¼ frac23=⅔ frac34=¾ " +
  "frasl=⁄ Gamma=Γ gamma=γ ge=≥ grave=\u0060 gt=> hairsp=\u200a half=½ hArr=⇔ harr=↔ Hat=^ hearts=♥ hellip=… " +
  "hyphen=‐ Iacute=Í iacute=í Icirc=Î icirc=î iexcl=¡ Igrave=Ì igrave=ì image=ℑ infin=∞ int=∫ Iota=Ι iota=ι " +
  "iquest=¿ isin=∈ Iuml=Ï iuml=ï Kappa=Κ kappa=κ Lambda=Λ lambda=λ lang=〈 laquo=« lArr=⇐ larr=← lbrace={ lbrack=[ " +
  "lceil=⌈ lcub={ ldquo=“ le=≤ lfloor=⌊ lowast=∗ lowbar=_ loz=◊ lpar=( lrm=\u200e lsaquo=‹ lsqb=[ lsquo=‘ lt=< " +
  "macr=¯ male=♂ mdash=— micro=µ middot=· minus=− Mu=Μ mu=μ nabla=∇ nbsp=\u00a0 ndash=– ne=≠ NewLine=\u000a ni=∋ " +
  "not=¬ notin=∉ nsub=⊄ Ntilde=Ñ ntilde=ñ Nu=Ν nu=ν num=# numero=№ Oacute=Ó oacute=ó Ocirc=Ô ocirc=ô OElig=Œ " +
  "oelig=œ Ograve=Ò ograve=ò oline=‾ Omega=Ω omega=ω Omicron=Ο omicron=ο oplus=⊕ or=∨ ordf=ª ordm=º Oslash=Ø " +
  "oslash=ø Otilde=Õ otilde=õ otimes=⊗ Ouml=Ö ouml=ö para=¶ part=∂ percnt=% period=. permil=‰ perp=⊥ Phi=Φ phi=φ " +
  "phone=☎ Pi=Π pi=π piv=ϖ plus=+ plusmn=± pound=£ Prime=″ prime=′ prod=∏ prop=∝ Psi=Ψ psi=ψ quest=? quot=\u0022 " +
  "radic=√ rang=〉 raquo=» rArr=⇒ rarr=→ rbrace=} rbrack=] rceil=⌉ rcub=} rdquo=” real=ℜ reg=® rfloor=⌋ Rho=Ρ rho=ρ " +
  "rlm=\u200f rpar=) rsaquo=› rsqb=] rsquo=’ sbquo=‚ Scaron=Š scaron=š sdot=⋅ sect=§ semi=; shy=\u00ad Sigma=Σ " +
  "sigma=σ sigmaf=ς sim=∼ sol=/ spades=♠ square=□ star=☆ starf=★ sub=⊂ sube=⊆ sum=∑ sup=⊃ sup1=¹ sup2=² sup3=³ " +
  "supe=⊇ szlig=ß Tab=\u0009 Tau=Τ tau=τ there4=∴ Theta=Θ theta=θ thetasym=ϑ thinsp=\u2009 THORN=Þ thorn=þ tilde=˜ " +
  "times=× trade=™ Uacute=Ú uacute=ú uArr=⇑ uarr=↑ Ucirc=Û ucirc=û Ugrave=Ù ugrave=ù uml=¨ upsih=ϒ Upsilon=Υ " +
  "upsilon=υ utri=▵ Uuml=Ü uuml=ü verbar=| vert=| weierp=℘ Xi=Ξ xi=ξ Yacute=Ý yacute=ý yen=¥ Yuml=Ÿ yuml=ÿ Zeta=Ζ " +
  "zeta=ζ zwj=\u200d zwnj=\u200c";

const CHARACTERS: ReadonlyMap<string, string> = new Map(
  NAMED.split(" ").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
);

const LONGEST_NAME = 32;
const SEMICOLON = 0x3b;

export interface Entity {
  readonly text: string;
  /** The index behind the semicolon. */
  readonly end: number;
}

function fromCodePoint(code: number): string {
  const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : "\ufffd";
}

/** What a character reference between `&` and `;` stands for: `amp`, `#8364`, `#x20ac`. */
function entityText(name: string): string | undefined {
  const named = CHARACTERS.get(name);
  if (named !== undefined) return named;
  const numeric = /^#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
  if (!numeric) return undefined;
  return fromCodePoint(numeric[1] ? Number.parseInt(numeric[1], 16) : Number.parseInt(numeric[2]!, 10));
}

/** The character reference that starts with the `&` at `start`. */
export function readEntity(source: UnitText, start: number): Entity | undefined {
  let end = start + 1;
  const last = start + LONGEST_NAME;
  while (end < last && source.code(end) !== SEMICOLON && source.code(end) > 0x22) end++;
  if (source.code(end) !== SEMICOLON) return undefined;
  const text = entityText(source.slice(start + 1, end));
  return text === undefined ? undefined : { text, end: end + 1 };
}

const ESCAPES = /\\([!-/:-@[-`{-~])|&([#-%'-:<-[\]-\uffff]{1,31});/g;

/** The text with backslash escapes resolved and character references decoded: what a link destination means. */
export function unescapeText(source: string): string {
  // Most of the "&" in addresses stand between parameters, and no ";" follows them.
  const ampersand = source.indexOf("&");
  if (!source.includes("\\") && (ampersand < 0 || !source.includes(";", ampersand))) return source;
  return source.replace(
    ESCAPES,
    (written: string, escaped: string | undefined, name: string | undefined) =>
      escaped ?? entityText(name ?? "") ?? written,
  );
}
