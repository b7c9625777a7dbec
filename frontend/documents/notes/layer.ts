// The pages that are drawn bear what was written on them; what PDF.js takes down, goes with it.
import type { EventBus } from '../pdf_viewer';
import { FARTHEST, type Item, isAtMargin, lines, path, type Rect, UNIT } from './note';
import { find } from './quote';
import type { NoteStore } from './store';

const SVG = 'http://www.w3.org/2000/svg';
const MARKER = 260;

/** What is used of a page in PDF.js. */
type PageView = {
  id: number;
  div: HTMLElement;
  viewport: { width: number; height: number; rotation: number };
  pdfPage?: { rotate: number };
};

const drawn = (name: string, attributes: Record<string, string | number>): SVGElement => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
};

export class NoteLayer {
  private readonly pages = new Map<number, SVGGElement>();
  private readonly views = new Map<number, PageView>();
  private readonly carried = new Map<string, Rect[]>();

  constructor(
    events: EventBus,
    private readonly store: NoteStore,
  ) {
    events.on('pagerender', ({ source }: { source: PageView }) =>
      this.views.set(source.id, source),
    );
    events.on('pagerendered', ({ source }: { source: PageView }) => this.lay(source));
    // Words that were carried over are found in the page's text, once that is there.
    events.on('textlayerrendered', () => this.draw());
    store.addEventListener('change', () => this.draw());
  }

  /** The sheet over a page on which one draws; its own measure is that of notes. A page that is
   *  being drawn anew gets it at once: no stroke waits for that, nor is lost by it. */
  sheet(page: number): SVGGElement | undefined {
    const view = this.views.get(page);
    if (view && !this.pages.get(page)?.isConnected) this.lay(view);
    const sheet = this.pages.get(page);
    return sheet?.isConnected ? sheet : undefined;
  }

  /** A stroke that grows under the hand, until it is kept. */
  stroke(page: number): { grow(points: number[]): void; end(): void } {
    const line = drawn('path', { class: 'notes__ink' });
    this.sheet(page)?.append(line);
    return {
      grow: (points) => line.setAttribute('d', path(points)),
      end: () => line.remove(),
    };
  }

  private lay({ id, div, viewport, pdfPage }: PageView): void {
    const turn = (viewport.rotation - (pdfPage?.rotate ?? 0) + 360) % 360;
    const upright = turn % 180 === 0;
    const [width, height] = upright
      ? [viewport.width, viewport.height]
      : [viewport.height, viewport.width];
    const tall = Math.round((UNIT * height) / width);
    const [across, down] = upright ? [UNIT, tall] : [tall, UNIT];
    const viewBox = `0 0 ${across} ${down}`;
    const shift = { 0: '', 90: `translate(${tall} 0)`, 180: `translate(${UNIT} ${tall})` }[turn];
    const transform = `${shift ?? `translate(0 ${UNIT})`} rotate(${turn})`;
    const before = div.querySelector('.notes');
    const isSame =
      before?.getAttribute('viewBox') === viewBox &&
      before.firstElementChild?.getAttribute('transform') === transform;
    // Drawn in another size only: a stroke that is under way goes on.
    if (isSame) return;
    before?.remove();
    const svg = drawn('svg', {
      class: 'notes',
      viewBox,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    });
    const sheet = drawn('g', { transform }) as SVGGElement;
    svg.append(sheet);
    div.append(svg);
    this.pages.set(id, sheet);
    this.fill(id, sheet);
  }

  private draw(): void {
    for (const [page, sheet] of this.pages) {
      if (sheet.isConnected) this.fill(page, sheet);
      else this.pages.delete(page);
    }
  }

  private fill(page: number, sheet: SVGGElement): void {
    const lent = this.store.others.filter((each) => each.page === page);
    let down = 0;
    const atMargin = (): [number, number] => {
      down += (4 * MARKER) / 3;
      return [MARKER, down];
    };
    const items = [...lent, ...this.store.on(page)];
    sheet.replaceChildren(...items.flatMap((each) => this.shapes(each, sheet, atMargin)));
  }

  private shapes(item: Item, sheet: SVGGElement, atMargin: () => [number, number]): SVGElement[] {
    const { content, from } = item;
    const whose = from ? ' notes__lent' : '';
    if (content.kind === 'ink') {
      return [drawn('path', { class: `notes__ink${whose}`, d: path(content.shape.points) })];
    }
    if (isAtMargin(item)) return [this.marker(item.id, atMargin(), whose)];
    if (content.kind === 'highlight') {
      return this.rects(item, sheet).map(([x, y, width, height]) =>
        drawn('rect', { class: `notes__lit${whose}`, x, y, width, height }),
      );
    }
    if (content.kind !== 'text' || !content.shape.at) return [];
    return [this.marker(item.id, content.shape.at, whose)];
  }

  private rects({ id, content, note }: Item, sheet: SVGGElement): Rect[] {
    const { standing } = note ?? {};
    if (content.kind !== 'highlight') return [];
    if (!standing) return content.shape.rects;
    const key = `${id}/${standing.page}/${standing.nth}/${standing.quote}`;
    const known = this.carried.get(key);
    if (known) return known;
    const layer = sheet.closest('.page')?.querySelector('.textLayer');
    const range = standing.quote && layer ? find(standing.quote, layer, standing.nth) : null;
    if (!range) return [];
    const found = lines([...range.getClientRects()].map((each) => rectOn(sheet, each)));
    this.carried.set(key, found);
    return found;
  }

  private marker(id: string, [x, y]: [number, number], whose: string): SVGElement {
    const marker = drawn('g', { class: `notes__place${whose}`, 'data-note': id });
    const box = { x: x - MARKER / 2, y: y - MARKER / 2, width: MARKER, height: MARKER };
    marker.append(drawn('rect', box));
    for (const down of [-50, 0, 50]) {
      marker.append(drawn('path', { d: `M${x - 70} ${y + down}h140` }));
    }
    return marker;
  }
}

const onPage = (place: number): number => Math.min(Math.max(0, Math.round(place)), FARTHEST);

/** A place of the screen in a sheet's own measure. */
export function pointOn(sheet: SVGGElement, x: number, y: number): [number, number] {
  const at = new DOMPoint(x, y).matrixTransform(sheet.getScreenCTM()?.inverse());
  return [onPage(at.x), onPage(at.y)];
}

/** A rectangle of the screen in a sheet's own measure. */
export function rectOn(sheet: SVGGElement, rect: DOMRect): Rect {
  const [a, b] = pointOn(sheet, rect.left, rect.top);
  const [c, d] = pointOn(sheet, rect.right, rect.bottom);
  return [Math.min(a, c), Math.min(b, d), Math.abs(c - a), Math.abs(d - b)];
}
