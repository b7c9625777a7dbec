// Where a hand over a page is in its words.
import { textOf } from './quote';

/** A place in a page's words. */
export type Caret = [Node, number];

/** The words at a place of the screen, or else the nearest; none that are further above or below
 *  than so many heights of their line. */
export function caretAt(x: number, y: number, layers: Element[], within: number): Caret | null {
  return under(x, y) ?? nearest(x, y, layers, within);
}

function under(x: number, y: number): Caret | null {
  const [node, offset] = foundAt(x, y);
  const words = node?.nodeType === Node.TEXT_NODE ? node.parentElement : null;
  if (!node || !words?.closest('.textLayer') || isAslant(words)) return null;
  // For a place between its lines a browser gives whatever comes next in the page.
  const { left, right, top, bottom } = words.getBoundingClientRect();
  return x >= left && x <= right && y >= top && y <= bottom ? [node, offset] : null;
}

function foundAt(x: number, y: number): [Node | null, number] {
  if ('caretPositionFromPoint' in document) {
    const found = document.caretPositionFromPoint(x, y);
    return [found?.offsetNode ?? null, found?.offset ?? 0];
  }
  const found = (document as Document).caretRangeFromPoint(x, y);
  return [found?.startContainer ?? null, found?.startOffset ?? 0];
}

function nearest(x: number, y: number, layers: Element[], within: number): Caret | null {
  let found: Caret | null = null;
  let [least, across] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const node of layers.flatMap((each) => [...textOf(each).begins.keys()])) {
    const words = node.parentElement;
    if (!words || !node.nodeValue?.trim() || isAslant(words)) continue;
    const line = words.getBoundingClientRect();
    const down = Math.max(line.top - y, y - line.bottom, 0);
    const aside = Math.max(line.left - x, x - line.right, 0);
    if (down > within * line.height || down > least || (down === least && aside >= across))
      continue;
    [least, across] = [down, aside];
    found = [node, x < (line.left + line.right) / 2 ? 0 : node.nodeValue.length];
  }
  return found;
}

/** The reader's own name across the page lies over its words, and is none of them. */
const isAslant = ({ style }: HTMLElement): boolean =>
  Math.round(Number.parseFloat(style.getPropertyValue('--rotate') || '0')) % 90 !== 0;
