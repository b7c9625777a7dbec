// What is marked `data-fresh` is read anew, in place.

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** Whether a field says something else than the page that came: typed, chosen or picked. */
function isChanged(field: Field): boolean {
  if (field instanceof HTMLSelectElement) {
    const options = [...field.options];
    const chosen = options.filter((each) => each.defaultSelected);
    // A list that names none shows its first.
    const came = chosen.length || field.multiple ? chosen : options.slice(0, 1);
    return options.some((each) => each.selected !== came.includes(each));
  }
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (field.type === 'file') return field.value !== '';
  return field.checked !== field.defaultChecked || field.value !== field.defaultValue;
}

/** A form that somebody has opened, to fill it in: in a dialog, or unfolded where the page that came
 *  had it folded. */
function isOpened(element: Element, fresh: Element): boolean {
  if (element.querySelector('dialog[open]')) return true;
  // Those that come open are none that anybody has opened.
  const open = (where: Element) => where.querySelectorAll('details[open]:has(form)').length;
  return open(element) > open(fresh);
}

/** Whether somebody is at work in there: then it is left as it is. */
function isInHand(element: Element, fresh: Element): boolean {
  return (
    element.contains(document.activeElement) ||
    isOpened(element, fresh) ||
    [...element.querySelectorAll<Field>('input, textarea, select')].some(isChanged)
  );
}

export async function refresh(): Promise<void> {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const old of document.querySelectorAll('[data-fresh], .nav, .tabs')) {
    const name = old.id ? `#${old.id}` : `.${old.classList[0]}`;
    const fresh = page.querySelector(name);
    if (fresh && !isInHand(old, fresh)) old.replaceWith(document.importNode(fresh, true));
  }
}
