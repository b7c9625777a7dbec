/** Lower letters without marks, so that a filter typed without marks finds. */
export const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[đĐðÐɖƉ]/g, 'd')
    .toLowerCase();

function filter(input: HTMLInputElement, list: HTMLElement): void {
  const words = fold(input.value).split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of list.querySelectorAll<HTMLElement>('[data-filter-text]')) {
    const text = fold(row.dataset.filterText ?? '');
    row.hidden = !words.every((word) => text.includes(word));
    if (!row.hidden) shown += 1;
  }
  const none = list.parentElement?.querySelector<HTMLElement>('[data-filter-none]');
  if (none) none.hidden = shown > 0;
}

/** `data-filter="#list"` on an input keeps the rows that hold its words. */
export function filterLists(): void {
  for (const input of document.querySelectorAll<HTMLInputElement>('[data-filter]')) {
    const list = document.querySelector<HTMLElement>(input.dataset.filter ?? '');
    if (list) input.addEventListener('input', () => filter(input, list));
  }
}
