// Words of a page: from what is selected to what can be found again.
import { lines, type Quote, type Rect } from './note';

const AROUND = 32;
const LONGEST = 2_000;
const MOST_RECTS = 200;

const plain = (text: string): string => text.normalize('NFC').replace(/\s+/g, ' ');

/** The text of a page's layer with its lines apart, and where each of its nodes begins. */
function textOf(layer: Element): { text: string; begins: Map<Node, number> } {
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

/** What is selected on one page, in the page's own measure; null where no words are. */
export function quoteOf(
  range: Range,
  layer: Element,
  measure: (rect: DOMRect) => Rect,
): Quote | null {
  const inside = clipped(range, layer);
  const { text, begins } = textOf(layer);
  const start = offset(begins, inside.startContainer, inside.startOffset);
  const end = offset(begins, inside.endContainer, inside.endOffset);
  if (start === null || end === null) return null;
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
