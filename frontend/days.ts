/**
 * The keys of a phone that show figures show no stroke: it is set behind a day and a month, and a
 * colon behind an hour, as they are typed.
 */
const WHOLE = { day: /^\d{2}$|^\d{1,2}\/\d{2}$/, hour: /^\d{2}$/ };

export function enhanceDays(): void {
  document.addEventListener('input', (event) => {
    const field = event.target as HTMLInputElement;
    if (!(event as InputEvent).inputType?.startsWith('insert')) return;
    const kind = field.dataset.day !== undefined ? 'day' : 'hour';
    if (field.dataset[kind] === undefined) return;
    const stroke = kind === 'day' ? '/' : ':';
    const typed = field.value.replace(stroke + stroke, stroke);
    field.value = WHOLE[kind].test(typed) ? typed + stroke : typed;
  });
}
