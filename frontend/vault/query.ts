// What a query asks of a page that is here: pure. By the same rule as the server's search
// (ecabinet/search_terms.py), whose words it shares: documents by their number in any spelling, what
// is written short and what is written out alike, other words as they stand.
import rule from '../../ecabinet/search_words.json';
import { fold } from '../documents/filter';

export type Place = { at: number; end: number };

type Word = { typed: string; plain: string };
type Role = 'number' | 'year' | 'kind' | 'issuer';
type Reference = Partial<Record<Role, string>>;
/** Where it stands in a text without marks; and the same with its marks, if it was typed with any. */
type Piece = { pattern: RegExp; marked: string };
type Special = { length: number; pattern: string };

const KINDS: Record<string, string> = rule.kinds;
const SHORT: Record<string, string> = rule.abbreviations;
const LONG = new Map(Object.entries(SHORT).map(([short, long]) => [long, short]));
const LONGEST = Math.max(...[...LONG.keys()].map((long) => long.split(' ').length));
const byLength = (one: string, other: string): number => other.length - one.length;
/** Written in one: nđ39, NĐCP. */
const IN_ONE = new RegExp(
  `^(${Object.values(KINDS).sort(byLength).join('|')})(${rule.number}|${rule.issuers.join('|')})$`,
);
const BETWEEN = '[^\\p{L}\\p{N}]+';
const [FROM, TO] = ['(?<![\\p{L}\\p{N}])', '(?![\\p{L}\\p{N}])'];
const MARK = /^\p{M}$/u;
const is = (pattern: string, word: string): boolean => new RegExp(`^(?:${pattern})$`).test(word);

/** As many letters as before, lower and without marks: a place in one is a place in the other. */
const plainOf = (text: string): string =>
  Array.from(text, (letter) => (fold(letter) + letter).slice(0, letter.length)).join('');

const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? [];

const asked = (query: string): Word[] =>
  wordsOf(query.normalize('NFC')).map((typed) => ({
    typed: typed.toLowerCase(),
    plain: fold(typed),
  }));

/** Finds the first piece of a query on a page that holds all of them. */
export function finder(query: string): ((text: string) => Place | null) | null {
  const pieces = piecesOf(asked(query));
  if (!pieces.length) return null;
  return (text) => {
    const [plain, lower] = [plainOf(text), text.toLowerCase()];
    const places = pieces.map((piece) => placeOf(piece, plain, lower));
    return places.includes(null) ? null : (places[0] ?? null);
  };
}

/** Finds every place on a page that is read, as the server's search does: marks or none, đ too. A
 *  query stands there as a whole; where it nowhere does, each of its pieces, if all are there. */
export function everywhere(query: string): ((text: string) => Place[]) | null {
  const pieces = piecesOf(asked(query)).map(({ pattern }) => pattern);
  if (!pieces.length) return null;
  const whole = pieces.map(({ source }) => source).join(BETWEEN);
  const patterns = [[new RegExp(whole, 'gu')], pieces];
  return (text) => {
    const { plain, at } = lettersOf(text);
    for (const each of patterns) {
      const found = each.map((pattern) => [...plain.matchAll(pattern)]);
      if (!found.every((matches) => matches.length)) continue;
      return found
        .flat()
        .map(({ index, 0: words }) => ({ at: at(index), end: at(index + words.length) }))
        .sort((a, b) => a.at - b.at);
    }
    return [];
  };
}

/** The letters of a text whose marks may stand apart, lower and without any; and where each is. */
function lettersOf(text: string): { plain: string; at(letter: number): number } {
  const places: number[] = [];
  let plain = '';
  for (let place = 0; place < text.length; place += 1) {
    const letter = text.charAt(place);
    if (letter > '\u02ff' && MARK.test(letter)) continue;
    plain += letter < '\u0080' ? letter.toLowerCase() : plainOf(letter);
    places.push(place);
  }
  return { plain, at: (letter) => places[letter] ?? text.length };
}

function placeOf(piece: Piece, plain: string, lower: string): Place | null {
  for (const { index, 0: found } of plain.matchAll(piece.pattern)) {
    const place = { at: index, end: index + found.length };
    const said = wordsOf(lower.slice(place.at, place.end)).join(' ');
    // Words typed with marks are meant with them; without marks they find either.
    if (!piece.marked || said === piece.marked) return place;
  }
  return null;
}

function piecesOf(words: Word[]): Piece[] {
  const pieces: Piece[] = [];
  const plain = words.map((each) => each.plain);
  let run: Word[] = [];
  const flush = () => {
    if (!run.length) return;
    const [typed, bare] = [run.map((each) => each.typed), run.map((each) => each.plain)];
    const marked = typed.join(' ') === bare.join(' ') ? '' : typed.join(' ');
    pieces.push({ pattern: new RegExp(`${FROM}${bare.join(BETWEEN)}${TO}`, 'gu'), marked });
    run = [];
  };
  for (let at = 0; at < words.length; ) {
    const special = referenceAt(plain, at) ?? shorthandAt(plain, at);
    if (!special) {
      run.push(words[at] as Word);
      at += 1;
      continue;
    }
    flush();
    const pattern = new RegExp(`${FROM}(?:${special.pattern})${TO}`, 'gu');
    pieces.push({ pattern, marked: '' });
    at += special.length;
  }
  flush();
  return pieces;
}

function shorthandAt(words: string[], at: number): Special | null {
  const long = SHORT[words[at] ?? ''];
  if (long) return { length: 1, pattern: either(words[at] ?? '', long) };
  for (let length = LONGEST; length > 1; length -= 1) {
    const form = words.slice(at, at + length).join(' ');
    const short = LONG.get(form);
    if (short) return { length, pattern: either(short, form) };
  }
  return null;
}

const either = (short: string, long: string): string => `${short}|${long.split(' ').join(BETWEEN)}`;

/** The longest run of words that names a document by its number, in whatever order. */
function referenceAt(words: string[], at: number): Special | null {
  const found: Reference = {};
  let length = 0;
  let best: Special | null = null;
  for (let word = words[at]; word !== undefined; word = words[at + length]) {
    const next = words[at + length + 1] ?? '';
    if (Object.keys(found).length && rule.between.includes(word) && /^\d+$/.test(next)) {
      length += 1;
      continue;
    }
    const two = `${word} ${next}`;
    const said = rolesOf(word, two, found);
    if (said.some(([role]) => !role || role in found)) break;
    for (const [role, value] of said) if (role) found[role] = value;
    length += two in KINDS ? 2 : 1;
    if (found.number && (found.year || found.kind)) {
      const typed = words.slice(at, at + length).join(BETWEEN);
      best = { length, pattern: `${written(found)}|${typed}` };
    }
  }
  return best;
}

/** The same of a word that may be two in one. */
function rolesOf(word: string, two: string, found: Reference): [Role | null, string][] {
  const inOne = two in KINDS ? null : IN_ONE.exec(word);
  return (inOne?.slice(1) ?? [word]).map((each) => roleOf(each, two, found));
}

/** What a word of a query can say of a document: its kind, issuer, year or number. */
function roleOf(word: string, two: string, found: Reference): [Role | null, string] {
  const kind = KINDS[two];
  if (kind) return ['kind', kind];
  if (Object.values(KINDS).includes(word) || is(rule.kind, word)) return ['kind', word];
  if (rule.issuers.includes(word) || (found.kind && is(rule.ministry, word))) {
    return ['issuer', word];
  }
  if (is(rule.year, word) && (found.number || !found.year)) return ['year', word];
  return is(rule.number, word) ? ['number', word] : [null, ''];
}

/** How such a number is written; what is not known of it may be anything. */
function written({ number, year, kind, issuer }: Reference): string {
  const slash = '\\s*/\\s*';
  const years = year ? `${year}${slash}` : `(?:${rule.year}${slash})?`;
  const issuers = issuer ? `\\s*-\\s*${issuer}` : '(?:\\s*-\\s*[a-z]{2,12})?';
  const ours = `${number}${slash}${years}${kind ?? '[a-z]{1,5}\\d{0,2}'}${issuers}`;
  // 18-NQ/TW: as the Party numbers its own.
  const of = `\\s*-\\s*${kind ?? '[a-z]{2,5}'}${slash}${issuer ?? '[a-z]{2,5}'}`;
  return year ? ours : `${ours}|${number}${of}`;
}
