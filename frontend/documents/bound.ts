// How many drawn pages stay: PDF.js keeps ten of any size, which a tablet cannot hold.

/** Beside what is seen, the page ahead and some behind. */
export const MOST_PAGES = 4;
/** Of one page's bitmap: where the device says that its memory is small, or says nothing. */
const SMALL_PAGE_PIXELS = 2_500_000;
const PAGE_PIXELS = 5_000_000;
const SMALL_MEMORY_GB = 4;

/** The most pixels of one page's bitmap, by the memory that a browser tells of. */
export const pagePixels = (gigabytes?: number): number =>
  (gigabytes ?? 0) > SMALL_MEMORY_GB ? PAGE_PIXELS : SMALL_PAGE_PIXELS;

/** A page that PDF.js has drawn, or is drawing. */
export type Drawn = { page: number; pixels: number; isSeen: boolean };

/** The pages to let go: the farthest from what is on the screen, until few are left and their pixels
 *  together are within four pages' worth. What is seen stays. PDF.js draws the page ahead by itself,
 *  again and again if it were taken away: it is the last to go. */
export function surplus(drawn: Drawn[], current: number, mostOfPage: number): number[] {
  const seen = drawn.filter((each) => each.isSeen).map((each) => each.page);
  const far = ({ page }: Drawn) =>
    Math.min(...(seen.length ? seen : [current]).map((each) => Math.abs(page - each)));
  const nearest = [...drawn].sort((a, b) => far(a) - far(b) || b.page - a.page);
  const most = Math.max(MOST_PAGES, seen.length + 1);
  let pixels = 0;
  return nearest
    .filter((each, place) => {
      pixels += each.pixels;
      return !each.isSeen && (place >= most || pixels > MOST_PAGES * mostOfPage);
    })
    .map((each) => each.page);
}
