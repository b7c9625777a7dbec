// PDF.js as this house uses it: the legacy build, ranges only, nothing evaluated, own words.
import type * as pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs';
import { everywhere } from '../vault/query';
import { word } from '../words';
import { type Drawn, pagePixels, surplus } from './bound';
import { opening, useWorker } from './opening';
import './pdf.css';
import { EventBus, PDFFindController, PDFLinkService, PDFViewer } from './pdf_viewer';
import type { Ranges } from './ranges';

const EXTERNAL_LINKS_IN_NEW_WINDOW = 2;
const SHOWN_NOT_FILLED_IN = 1;
const POINTS_AN_INCH = 72;
/** Dots an inch on paper, and along the longer side of a large sheet. */
const PRINTED = 150;
const LONGEST_PRINTED = 2500;

/** PDF.js asks for its words here; the few that are seen are set by us. */
const words = {
  getLanguage: () => document.documentElement.lang,
  getDirection: () => 'ltr',
  get: async (_ids: unknown, _args: unknown, fallback?: string) => fallback ?? '',
  translate: async () => {},
  translateOnce: async () => {},
  pause: () => {},
  resume: () => {},
  destroy: async () => {},
};

/** Finds as the search of the house does: PDF.js knows marks, but not that đ is d. */
class Finder extends PDFFindController {
  override match(query: string | string[], content: string, page: number) {
    const find = everywhere(String(query));
    // Of signs alone there is no word.
    if (!find) return super.match(query, content, page);
    return find(content).map(({ at, end }) => ({ index: at, length: end - at }));
  }
}

type Target = string | unknown[] | null;

/** A line of the paper's own table of contents. */
export type Entry = { title: string; target: Target; within: Entry[] };

/** One opened paper: where it is, how large, what was found. Knows no buttons. */
export class PaperView {
  readonly events = new EventBus();
  private readonly links = new PDFLinkService({
    eventBus: this.events,
    externalLinkTarget: EXTERNAL_LINKS_IN_NEW_WINDOW,
    externalLinkRel: 'noopener noreferrer nofollow',
  });
  private readonly finder = new Finder({
    eventBus: this.events,
    linkService: this.links,
  });
  private readonly viewer: PDFViewer;
  private readonly mostOfPage = pagePixels((navigator as { deviceMemory?: number }).deviceMemory);
  private readonly drawn = new Set<number>();
  private task: pdfjs.PDFDocumentLoadingTask | null = null;
  private paper: pdfjs.PDFDocumentProxy | null = null;

  constructor(
    private readonly container: HTMLDivElement,
    worker: string,
  ) {
    useWorker(worker);
    this.viewer = new PDFViewer({
      container,
      eventBus: this.events,
      linkService: this.links,
      findController: this.finder,
      l10n: words as never,
      annotationMode: SHOWN_NOT_FILLED_IN,
      annotationEditorMode: -1,
      maxCanvasPixels: this.mostOfPage,
    });
    this.links.setViewer(this.viewer);
    this.events.on('pagesinit', () => this.namePages());
    this.events.on('pagerender', ({ pageNumber }: { pageNumber: number }) => {
      this.drawn.add(pageNumber);
    });
    this.events.on('pagerendered', () => this.release());
    this.events.on('updateviewarea', () => this.release());
    this.events.on('textlayerrendered', ({ source }: { source: { div: HTMLElement } }) =>
      sayIfWordless(source.div),
    );
  }

  async open(paper: Ranges | Uint8Array): Promise<void> {
    await this.close();
    this.task = opening(paper);
    const opened = await this.task.promise;
    this.paper = opened;
    const ready = new Promise<void>((resolve) =>
      this.events.on('pagesinit', () => resolve(), { once: true }),
    );
    this.viewer.setDocument(opened);
    this.links.setDocument(opened, null);
    await ready;
  }

  async close(): Promise<void> {
    const task = this.task;
    this.task = null;
    this.paper = null;
    this.drawn.clear();
    if (!task) return;
    this.viewer.setDocument(null as never);
    this.links.setDocument(null);
    await task.destroy();
  }

  /** Whether there is any room: PDF.js can neither fit nor scroll what is not laid out. */
  get isShown(): boolean {
    return this.container.offsetParent !== null;
  }

  get page(): number {
    return this.viewer.currentPageNumber;
  }

  set page(number: number) {
    const last = Math.max(1, this.viewer.pagesCount);
    this.viewer.currentPageNumber = Math.min(Math.max(1, number), last);
  }

  get pages(): number {
    return this.viewer.pagesCount;
  }

  get scale(): string {
    return this.viewer.currentScaleValue;
  }

  set scale(value: string) {
    this.viewer.currentScaleValue = value;
  }

  get percent(): number {
    return Math.round(this.viewer.currentScale * 100);
  }

  /** By how many degrees the pages are turned, clockwise. */
  get turn(): number {
    return this.viewer.pagesRotation;
  }

  set turn(degrees: number) {
    const { page } = this;
    this.viewer.pagesRotation = degrees % 360;
    // PDF.js stays as far down as it was, where another page stands now.
    this.page = page;
  }

  zoom(steps: 1 | -1): void {
    if (steps > 0) this.viewer.increaseScale();
    else this.viewer.decreaseScale();
  }

  refit(): void {
    if (!this.isShown) return;
    if (Number.isNaN(Number(this.scale))) this.viewer.currentScaleValue = this.scale;
    this.viewer.update();
  }

  rest(): void {
    this.viewer.cleanup();
  }

  find(query: string, again: boolean, previous = false): void {
    this.events.dispatch('find', {
      source: this,
      type: again ? 'again' : '',
      query,
      caseSensitive: false,
      entireWord: false,
      highlightAll: true,
      findPrevious: previous,
      matchDiacritics: false,
    });
  }

  /** The paper's own table of contents; none where it has none. */
  async outline(): Promise<Entry[]> {
    type Line = { title: string; dest: Target; items: Line[] };
    const entry = ({ title, dest, items }: Line): Entry => ({
      title,
      target: dest,
      within: items.map(entry),
    });
    return ((await this.paper?.getOutline()) ?? []).map((each) => entry(each as Line));
  }

  goTo(target: Target): void {
    if (target) void this.links.goToDestination(target as string);
  }

  /** How high a page is for its width, as it is turned now. */
  async shape(number: number): Promise<number> {
    const page = await this.paper?.getPage(number);
    const viewport = page?.getViewport({ scale: 1, rotation: page.rotate + this.turn });
    return viewport ? viewport.height / viewport.width : Math.SQRT2;
  }

  /** Draw a page small, so many pixels wide. */
  async draw(number: number, canvas: HTMLCanvasElement, width: number): Promise<void> {
    const page = await this.paper?.getPage(number);
    if (!page) return;
    const rotation = page.rotate + this.turn;
    const { width: natural } = page.getViewport({ scale: 1, rotation });
    const viewport = page.getViewport({ scale: width / natural, rotation });
    canvas.width = Math.floor(viewport.width);
    canvas.height = Math.floor(viewport.height);
    await page.render({ canvas, viewport }).promise;
    if (!this.drawn.has(number)) page.cleanup();
  }

  /** A page as a picture for paper, as it was handed in, however the reader has turned it. */
  async print(number: number): Promise<Blob> {
    const page = await this.paper?.getPage(number);
    if (!page) throw new Error('no paper is open');
    const { width, height } = page.getViewport({ scale: 1 });
    const scale = Math.min(PRINTED / POINTS_AN_INCH, LONGEST_PRINTED / Math.max(width, height));
    const viewport = page.getViewport({ scale });
    const canvas = document.createElement('canvas');
    canvas.width = Math.floor(viewport.width);
    canvas.height = Math.floor(viewport.height);
    await page.render({ canvas, viewport, intent: 'print' }).promise;
    const drawn = await new Promise<Blob | null>((told) => canvas.toBlob(told, 'image/jpeg', 0.9));
    // Safari gives the memory back only so.
    canvas.width = 0;
    canvas.height = 0;
    if (!this.drawn.has(number)) page.cleanup();
    if (!drawn) throw new Error('the page could not be drawn');
    return drawn;
  }

  private release(): void {
    const { top, bottom } = this.container.getBoundingClientRect();
    const drawn = [...this.drawn].map((page): Drawn => {
      const { div } = this.viewer.getPageView(page - 1) as { div: HTMLElement };
      const box = div.getBoundingClientRect();
      const canvases = [...div.querySelectorAll('canvas')];
      return {
        page,
        pixels: canvases.reduce((sum, each) => sum + each.width * each.height, 0),
        isSeen: box.bottom > top && box.top < bottom,
      };
    });
    for (const page of surplus(drawn, this.page, this.mostOfPage)) {
      this.drawn.delete(page);
      this.viewer.getPageView(page - 1).destroy();
    }
  }

  private namePages(): void {
    for (const page of this.container.querySelectorAll<HTMLElement>('.page')) {
      const number = page.dataset.pageNumber ?? '';
      page.setAttribute('aria-label', word({ vi: `Trang ${number}`, en: `Page ${number}` }));
    }
  }
}

/** A page without a word is a picture: whoever listens is told so. */
function sayIfWordless(page: HTMLElement): void {
  page.querySelector('.wordless')?.remove();
  if (page.querySelector('.textLayer')?.textContent?.trim()) return;
  const said = document.createElement('p');
  said.className = 'wordless hide';
  said.lang = document.documentElement.lang;
  said.textContent = word({
    vi: 'Trang này là ảnh: máy không đọc được chữ.',
    en: 'This page is a picture: its words cannot be read out.',
  });
  page.append(said);
}
