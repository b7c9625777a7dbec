// Which item of an agenda a file probably belongs to, by its name: pure. Only a proposal, which its
// sender sees and corrects.
import { fold } from '../documents/filter';

export type Target = { id: string; number: number; title: string };
export type By = 'number' | 'words' | 'nothing';
export type Match = { id: string; by: By; title: string };

/** What papers of any matter are called: says nothing of which it is. */
const KINDS =
  /\b(to trinh|tom tat|bao cao|tham dinh|tham tra|du thao|du an|nghi quyet|nghi dinh|quyet dinh|phu luc|ttr|bc|ve|cua|va|cac|nhung|viec|so|ban|final|scan)\b/g;
/** "05-TTr-BXD": the number of a document, not of an item. */
const SYMBOL = /^\d+[-_/](ttr|bc|qd|nq|nd|tb|cv|kh|vpcp|vb)[-_/][a-z]/;
const SAID = /^(?:nd|noi dung|muc|item)[\s._-]*0*(\d{1,2})(?![\s._/-]*\d)[\s._)–-]*/;
const LISTED = /^0*(\d{1,2})(?:\.\d{1,2})?[.)](?!\d)[\s._)–-]*/;
const LEADING = /^0*(\d{1,2})\s*[\s_–-](?![\s_–-]*\d)[\s._)–-]*/;
/** By how much the words of one item must say more than those of any other. */
const CLEAR = 1;
const FEWEST_PAIRS = 2;

/** The item of this file; none where neither a number nor the words tell. */
export function match(fileName: string, targets: Target[]): Match {
  const name = fileName.replace(/\.[a-z]+$/i, '').normalize('NFC');
  // Letter by letter the same length, so that a place in one is a place in the other.
  const plain = [...name]
    .map((letter) => fold(letter) || letter)
    .join('')
    .replace(/_/g, ' ');
  const sure = SYMBOL.test(fold(name)) ? null : (SAID.exec(plain) ?? LISTED.exec(plain));
  const weak = SYMBOL.test(fold(name)) ? null : LEADING.exec(plain);
  const numbered = (found: RegExpExecArray | null): Match | null => {
    const target = targets.find((each) => each.number === Number(found?.[1]));
    const rest = name.slice(found?.[0].length ?? 0);
    return found && target ? { id: target.id, by: 'number', title: rest || name } : null;
  };
  const worded = byWords(plain, targets);
  return (
    numbered(sure) ??
    (worded ? { id: worded, by: 'words', title: numbered(weak)?.title ?? name } : null) ??
    numbered(weak) ?? { id: '', by: 'nothing', title: name }
  );
}

/** By pairs of syllables, run together: a name may be written without spaces. What several items
 *  have in common weighs less. */
function byWords(plain: string, targets: Target[]): string | null {
  const name = plain.replace(/[^a-z0-9]+/g, '');
  const pairs = targets.map((each) => pairsOf(each.title));
  const weight = (pair: string) =>
    Math.log(1 + targets.length / pairs.filter((each) => each.has(pair)).length);
  const scores = targets.map(({ id }, place) => {
    const found = [...(pairs[place] ?? [])].filter((pair) => name.includes(pair));
    const sum = found.reduce((all, pair) => all + weight(pair), 0);
    return { id, sum: found.length < FEWEST_PAIRS ? 0 : sum };
  });
  const [best, next] = scores.sort((a, b) => b.sum - a.sum);
  return best && best.sum - (next?.sum ?? 0) >= CLEAR ? best.id : null;
}

function pairsOf(title: string): Set<string> {
  const words = fold(title)
    .replace(/[^a-z0-9]+/g, ' ')
    .replace(KINDS, ' ')
    .trim()
    .split(/\s+/);
  return new Set(words.slice(1).map((word, place) => `${words[place]}${word}`));
}
