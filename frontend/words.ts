/** A sentence in the page's language. */
export const word = (words: { vi: string; en: string }): string =>
  document.documentElement.lang === 'en' ? words.en : words.vi;

/** "bản 4" and the like never break between word and number. */
export const pad = (value: number): string => String(value).padStart(2, '0');

const meta = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';

export const csrfToken = (): string => meta('csrf-token');

const opened = performance.now();
const serverNow = Date.parse(meta('server-now') || new Date().toISOString());

/** The server's time in milliseconds; this device's clock may be anything. */
export const now = (): number => serverNow + performance.now() - opened;
