// PDF.js as this house uses it: the legacy build, ranges only, nothing evaluated, own words.
import * as pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs';
import { EventBus, PDFFindController, PDFLinkService, PDFViewer } from './pdf_viewer';
import './pdf.css';
import { word } from '../words';

const RANGE = 65_536;
const SMALL_DEVICE_PIXELS = 2_500_000;
const EXTERNAL_LINKS_IN_NEW_WINDOW = 2;
const SHOWN_NOT_FILLED_IN = 1;

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

export type Found = { current: number; total: number };

/** One opened paper: where it is, how large, what was found. Knows no buttons. */
export class PaperView {
  readonly events = new EventBus();
  private readonly links = new PDFLinkService({
    eventBus: this.events,
    externalLinkTarget: EXTERNAL_LINKS_IN_NEW_WINDOW,
    externalLinkRel: 'noopener noreferrer nofollow',
  });
  private readonly finder = new PDFFindController({
    eventBus: this.events,
    linkService: this.links,
  });
  private readonly viewer: PDFViewer;
  private task: pdfjs.PDFDocumentLoadingTask | null = null;

  constructor(
    private readonly container: HTMLDivElement,
    worker: string,
  ) {
    pdfjs.GlobalWorkerOptions.workerSrc = worker;
    const memory = (navigator as { deviceMemory?: number }).deviceMemory ?? 4;
    this.viewer = new PDFViewer({
      container,
      eventBus: this.events,
      linkService: this.links,
      findController: this.finder,
      l10n: words as never,
      annotationMode: SHOWN_NOT_FILLED_IN,
      annotationEditorMode: -1,
      ...(memory <= 4 ? { maxCanvasPixels: SMALL_DEVICE_PIXELS } : {}),
    });
    this.links.setViewer(this.viewer);
    this.events.on('pagesinit', () => this.namePages());
  }

  /** A paper by its address, asked for in ranges; or one whose bytes are here already. */
  async open(paper: string | Uint8Array): Promise<void> {
    await this.close();
    this.task = pdfjs.getDocument({
      url: typeof paper === 'string' ? paper : undefined,
      data: typeof paper === 'string' ? undefined : paper,
      rangeChunkSize: RANGE,
      disableAutoFetch: true,
      disableStream: true,
      enableXfa: false,
      isEvalSupported: false,
      cMapUrl: '/static/pdfjs/cmaps/',
      cMapPacked: true,
      standardFontDataUrl: '/static/pdfjs/standard_fonts/',
      wasmUrl: '/static/pdfjs/wasm/',
      iccUrl: '/static/pdfjs/iccs/',
    } as Parameters<typeof pdfjs.getDocument>[0]);
    const opened = await this.task.promise;
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

  private namePages(): void {
    for (const page of this.container.querySelectorAll<HTMLElement>('.page')) {
      const number = page.dataset.pageNumber ?? '';
      page.setAttribute('aria-label', word({ vi: `Trang ${number}`, en: `Page ${number}` }));
    }
  }
}
