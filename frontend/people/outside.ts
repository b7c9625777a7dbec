// entry
// Who comes back from the provider has nothing left to do; the button stays for a try that failed.
document.querySelector<HTMLFormElement>('[data-sent-by-itself]')?.requestSubmit();
