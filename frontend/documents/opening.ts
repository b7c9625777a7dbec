// Opening a paper with PDF.js: ranges only, nothing evaluated, nothing from elsewhere.
import * as pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs';

const RANGE = 65_536;

/** A paper by its address, asked for in ranges; or one whose bytes are here already. */
export const opening = (paper: string | Uint8Array): pdfjs.PDFDocumentLoadingTask =>
  pdfjs.getDocument({
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

export const useWorker = (address: string): void => {
  pdfjs.GlobalWorkerOptions.workerSrc = address;
};
