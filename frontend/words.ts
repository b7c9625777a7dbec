/** A sentence in the page's language. */
export const word = (words: { vi: string; en: string }): string =>
  document.documentElement.lang === 'en' ? words.en : words.vi;

/** Two figures, so that a countdown keeps its width. */
export const pad = (value: number): string => String(value).padStart(2, '0');

const meta = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';

export const csrfToken = (): string => meta('csrf-token');

let serverNow = Date.parse(meta('server-now') || new Date().toISOString());
let steady = performance.now();
let wall = Date.now();

/** The server's time, as it has just said it. */
export function setNow(iso: string): void {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return;
  serverNow = at;
  steady = performance.now();
  wall = Date.now();
}

/** The server's time in milliseconds; this device's clock may be anything.
 *  The steady clock stands still while a tablet sleeps, so the longer of the two counts. */
export const now = (): number =>
  serverNow + Math.max(performance.now() - steady, Date.now() - wall);
