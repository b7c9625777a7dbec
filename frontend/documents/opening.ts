// Opening a paper with PDF.js: ranges only, nothing evaluated, nothing from elsewhere.
import * as pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs';
import { RANGE, Ranges } from './ranges';

/** A paper asked for in ranges, or one whose bytes are here already. */
export const opening = (paper: Ranges | Uint8Array): pdfjs.PDFDocumentLoadingTask =>
  pdfjs.getDocument({
    range: paper instanceof Ranges ? paper : undefined,
    data: paper instanceof Ranges ? undefined : paper,
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

export const useWorker = (address: string): void => {
  pdfjs.GlobalWorkerOptions.workerSrc = address;
};
