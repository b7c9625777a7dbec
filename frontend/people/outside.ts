// entry
// Who comes back from the provider has nothing left to do; the button stays for a try that got no answer.
document.querySelector<HTMLFormElement>('[data-sent-by-itself]')?.requestSubmit();
