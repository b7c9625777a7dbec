// Words of a page: from what is selected to what can be found again.
import { lines, type Quote, type Rect } from './note';

const AROUND = 32;
const LONGEST = 2_000;
const MOST_RECTS = 200;
/** Two letters of one word. */
const IN_WORD = /^[\p{L}\p{N}\p{M}]{2}$/u;

const plain = (text: string): string => text.normalize('NFC').replace(/\s+/g, ' ');

/** The text of a page's layer with its lines apart, and where each of its nodes begins. */
export function textOf(layer: Element): { text: string; begins: Map<Node, number> } {
  const begins = new Map<Node, number>();
  const walker = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  let text = '';
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      begins.set(node, text.length);
      text += node.nodeValue ?? '';
    } else if (node.nodeName === 'BR') text += '\n';
  }
  return { text, begins };
}

/** A hand rarely begins and ends where a word does: what it touched of one is meant as a whole.
 *  `isApart` says where letters stand side by side in the text and not on the page. */
export function wholeWords(
  text: string,
  start: number,
  end: number,
  isApart: (place: number) => boolean,
): [number, number] {
  const isInside = (place: number) =>
    IN_WORD.test(text.slice(place - 1, place + 1)) && !isApart(place);
  while (start > 0 && isInside(start)) start -= 1;
  while (end < text.length && isInside(end)) end += 1;
  return [start, end];
}

/** Whether two pieces of text that meet at this place are apart on the page. */
function isGap(begins: Map<Node, number>, place: number): boolean {
  const boxes = new Map<number, DOMRect>();
  for (const [node, begin] of begins) {
    const box = node.parentElement?.getBoundingClientRect();
    const length = node.nodeValue?.length ?? 0;
    if (!box || !length) continue;
    if (begin + length === place) boxes.set(0, box);
    if (begin === place) boxes.set(1, box);
  }
  const [before, after] = [boxes.get(0), boxes.get(1)];
  if (!before || !after) return false;
  const most = before.height / 4;
  return (
    Math.abs(after.left - before.right) > most || Math.abs(after.bottom - before.bottom) > most
  );
}

/** What is selected on one page, in the page's own measure; null where no words are. */
export function quoteOf(
  range: Range,
  layer: Element,
  measure: (rect: DOMRect) => Rect,
): Quote | null {
  const inside = clipped(range, layer);
  const { text, begins } = textOf(layer);
  const from = offset(begins, inside.startContainer, inside.startOffset);
  const to = offset(begins, inside.endContainer, inside.endOffset);
  if (from === null || to === null) return null;
  const [start, end] = wholeWords(text, from, to, (place) => isGap(begins, place));
  for (const [node, begin] of begins) {
    const length = node.nodeValue?.length ?? 0;
    if (begin <= start) inside.setStart(node, Math.min(start - begin, length));
    if (begin < end) inside.setEnd(node, Math.min(end - begin, length));
  }
  const quote = plain(text.slice(start, end)).trim().slice(0, LONGEST);
  const rects = [...inside.getClientRects()]
    .filter((each) => each.width > 1 && each.height > 1)
    .map(measure);
  if (!quote || !rects.length) return null;
  return {
    quote,
    prefix: plain(text.slice(0, start)).slice(-AROUND),
    suffix: plain(text.slice(end)).slice(0, AROUND),
    rects: lines(rects).slice(0, MOST_RECTS),
  };
}

/** The part of a range that lies on one page, from text to text. */
function clipped(range: Range, layer: Element): Range {
  const nodes = [...textOf(layer).begins.keys()].filter((each) => range.intersectsNode(each));
  const inside = document.createRange();
  const [first, last] = [nodes[0], nodes.at(-1)];
  if (!first || !last) return inside;
  const from = range.startContainer === first ? range.startOffset : 0;
  const to = range.endContainer === last ? range.endOffset : (last.nodeValue?.length ?? 0);
  inside.setStart(first, from);
  inside.setEnd(last, to);
  return inside;
}

function offset(begins: Map<Node, number>, node: Node, within: number): number | null {
  const begin = begins.get(node);
  return begin === undefined ? null : begin + within;
}

/** Where words stand on a page, however they are spaced; `nth` says which, where they stand twice. */
export function find(words: string, layer: Element, nth = 0): Range | null {
  const { begins } = textOf(layer);
  const sought = fold(words);
  let folded = '';
  const places: [Node, number][] = [];
  for (const node of begins.keys()) {
    const value = node.nodeValue ?? '';
    for (let i = 0; i < value.length; i += 1) {
      const letter = fold(value.charAt(i));
      folded += letter;
      for (let n = 0; n < letter.length; n += 1) places.push([node, i]);
    }
  }
  let at = sought ? folded.indexOf(sought) : -1;
  for (let left = nth; left && at >= 0; left -= 1) {
    const next = folded.indexOf(sought, at + 1);
    if (next < 0) break;
    at = next;
  }
  const [first, last] = [places[at], places[at + sought.length - 1]];
  if (!first || !last) return null;
  const range = document.createRange();
  range.setStart(...first);
  range.setEnd(last[0], last[1] + 1);
  return range;
}

const fold = (text: string): string =>
  text.normalize('NFC').replace(/\s+/g, '').toLocaleLowerCase('vi');
