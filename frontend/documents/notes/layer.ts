// The pages that are drawn bear what was written on them; what PDF.js takes down, goes with it.
import type { EventBus } from '../pdf_viewer';
import { type Content, path, type Rect, UNIT } from './note';
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

  constructor(
    events: EventBus,
    private readonly store: NoteStore,
  ) {
    events.on('pagerendered', ({ source }: { source: PageView }) => this.lay(source));
    store.addEventListener('change', () => this.draw());
  }

  /** The sheet over a page on which one draws; its own measure is that of notes. */
  sheet(page: number): SVGGElement | undefined {
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
    div.querySelector('.notes')?.remove();
    const turn = (viewport.rotation - (pdfPage?.rotate ?? 0) + 360) % 360;
    const upright = turn % 180 === 0;
    const [width, height] = upright
      ? [viewport.width, viewport.height]
      : [viewport.height, viewport.width];
    const tall = Math.round((UNIT * height) / width);
    const [across, down] = upright ? [UNIT, tall] : [tall, UNIT];
    const svg = drawn('svg', {
      class: 'notes',
      viewBox: `0 0 ${across} ${down}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    });
    const shift = { 0: '', 90: `translate(${tall} 0)`, 180: `translate(${UNIT} ${tall})` }[turn];
    const sheet = drawn('g', {
      transform: `${shift ?? `translate(0 ${UNIT})`} rotate(${turn})`,
    }) as SVGGElement;
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
    sheet.replaceChildren(
      ...this.store.on(page).flatMap(([id, content]) => this.shapes(id, content)),
    );
  }

  private shapes(id: string, content: Content): SVGElement[] {
    if (content.kind === 'ink') {
      return [drawn('path', { class: 'notes__ink', d: path(content.shape.points) })];
    }
    if (content.kind === 'highlight') {
      return content.shape.rects.map(([x, y, width, height]) =>
        drawn('rect', { class: 'notes__lit', x, y, width, height }),
      );
    }
    if (content.kind === 'text' && content.shape.at) return [this.marker(id, content.shape.at)];
    return [];
  }

  private marker(id: string, [x, y]: [number, number]): SVGElement {
    const marker = drawn('g', { class: 'notes__place', 'data-note': id });
    const box = { x: x - MARKER / 2, y: y - MARKER / 2, width: MARKER, height: MARKER };
    marker.append(drawn('rect', box));
    for (const down of [-50, 0, 50]) {
      marker.append(drawn('path', { d: `M${x - 70} ${y + down}h140` }));
    }
    return marker;
  }
}

/** A place of the screen in a sheet's own measure. */
export function pointOn(sheet: SVGGElement, x: number, y: number): [number, number] {
  const at = new DOMPoint(x, y).matrixTransform(sheet.getScreenCTM()?.inverse());
  return [Math.max(0, Math.round(at.x)), Math.max(0, Math.round(at.y))];
}

/** A rectangle of the screen in a sheet's own measure. */
export function rectOn(sheet: SVGGElement, rect: DOMRect): Rect {
  const [a, b] = pointOn(sheet, rect.left, rect.top);
  const [c, d] = pointOn(sheet, rect.right, rect.bottom);
  return [Math.min(a, c), Math.min(b, d), Math.abs(c - a), Math.abs(d - b)];
}
