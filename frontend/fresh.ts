// What is marked `data-fresh` is read anew, in place.

/** Whether somebody is at work in there: then it is left as it is. */
function isInHand(element: Element): boolean {
  const fields = element.querySelectorAll<HTMLTextAreaElement>('textarea, input[type="file"]');
  return (
    element.contains(document.activeElement) ||
    element.querySelector('dialog[open]') !== null ||
    [...fields].some((field) => field.value !== '')
  );
}

export async function refresh(): Promise<void> {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const old of document.querySelectorAll('[data-fresh], .nav, .tabs')) {
    const name = old.id ? `#${old.id}` : `.${old.classList[0]}`;
    const fresh = page.querySelector(name);
    if (fresh && !isInHand(old)) old.replaceWith(document.importNode(fresh, true));
  }
}
