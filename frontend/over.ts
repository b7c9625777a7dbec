// Says on an open page what has become of a question.

/** Show the words for what it is now; whether this page has any. */
export function over(state: string): boolean {
  const strip = document.querySelector<HTMLElement>('[data-became]');
  const words = strip?.querySelector<HTMLElement>(`[data-when="${state}"]`);
  if (!strip || !words) return false;
  for (const each of strip.querySelectorAll<HTMLElement>('[data-when]'))
    each.hidden = each !== words;
  strip.hidden = false;
  return true;
}
