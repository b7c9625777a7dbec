/** One rule for whatever a script does when pressed: while it is under way, a second press starts
 * nothing. */
export async function once(
  pressed: Element | null | undefined,
  work: () => Promise<void> | undefined,
): Promise<void> {
  if (pressed?.getAttribute('aria-busy') === 'true') return;
  pressed?.setAttribute('aria-busy', 'true');
  try {
    await work();
  } finally {
    pressed?.removeAttribute('aria-busy');
  }
}

/** For work that ends with another page: what was pressed stays locked until that page is here. */
export const untilNextPage = new Promise<never>(() => {});

/** A page that comes back as it was left waits for nothing any more. */
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const each of document.querySelectorAll('[aria-busy]')) each.removeAttribute('aria-busy');
});
