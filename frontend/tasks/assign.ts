// entry
// Who fills in "another" has chosen it: the tap on its button is spared.
document.addEventListener('input', (event) => {
  const field = event.target as HTMLInputElement;
  const name = field.dataset.other;
  const other = field.form?.querySelector<HTMLInputElement>(`[name="${name}"][value="other"]`);
  if (name && other && field.value) other.checked = true;
});
