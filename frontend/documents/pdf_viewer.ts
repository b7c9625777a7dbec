// The viewer's part of PDF.js takes the library from a global that the library itself sets.
import 'pdfjs-dist/legacy/build/pdf.mjs';

export {
  EventBus,
  PDFFindController,
  PDFLinkService,
  PDFViewer,
} from 'pdfjs-dist/legacy/web/pdf_viewer.mjs';
