// entry
/** Who fills in "another" has chosen it: the tap on its button is spared. */
function chooseOther(field: HTMLInputElement | HTMLSelectElement): void {
  const name = field.dataset.other;
  const other = field.form?.querySelector<HTMLInputElement>(`[name="${name}"][value="other"]`);
  if (other && field.value) other.checked = true;
}

for (const field of document.querySelectorAll<HTMLInputElement>('[data-other]')) {
  field.addEventListener('input', () => chooseOther(field));
}
