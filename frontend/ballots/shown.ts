/** The very bytes that will be signed, drawn as pages: nothing is fetched a second time. */
import { opening, useWorker } from '../documents/opening';

const SHARPEST = 2;

/** What cannot be shown is not signed. */
export class NotDrawn extends Error {}

/** The paper's pages, as wide as their place, once all of them are drawn. */
export async function draw(
  pdf: Uint8Array,
  place: HTMLElement,
  worker: string,
): Promise<HTMLCanvasElement[]> {
  try {
    return await drawPages(pdf, place, worker);
  } catch (cause) {
    throw new NotDrawn('not drawn', { cause });
  }
}

async function drawPages(
  pdf: Uint8Array,
  place: HTMLElement,
  worker: string,
): Promise<HTMLCanvasElement[]> {
  useWorker(worker);
  // PDF.js takes the bytes away, so it gets a copy of its own.
  const task = opening(pdf.slice());
  const paper = await task.promise;
  const pages: HTMLCanvasElement[] = [];
  for (let number = 1; number <= paper.numPages; number += 1) {
    const page = await paper.getPage(number);
    const width = place.clientWidth || 640;
    const sharp = Math.min(devicePixelRatio || 1, SHARPEST);
    const scale = (width / page.getViewport({ scale: 1 }).width) * sharp;
    const viewport = page.getViewport({ scale });
    const canvas = document.createElement('canvas');
    canvas.width = Math.floor(viewport.width);
    canvas.height = Math.floor(viewport.height);
    canvas.setAttribute('role', 'img');
    await page.render({ canvas, viewport }).promise;
    pages.push(canvas);
  }
  await task.destroy();
  return pages;
}
