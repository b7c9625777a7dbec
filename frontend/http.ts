import { csrfToken, word } from './words';

/** What the server said no to, in its own words. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }

  get field(): string {
    return typeof this.body.field === 'string' ? this.body.field : '';
  }

  get reason(): string {
    return typeof this.body.reason === 'string' ? this.body.reason : '';
  }

  get request(): string {
    return typeof this.body.request === 'string' ? this.body.request : '';
  }
}

/** The line, or what stands in front of a server that is just starting again. */
const LINE = [0, 502, 503, 504];
/** After so long a broken line is tried again, if the browser has not said before that it is back. */
const AGAIN_MS = 5000;

export const isLine = (wrong: unknown): boolean =>
  wrong instanceof Refusal && LINE.includes(wrong.status);

/** Until the line may be back, or nobody waits for it any more. */
export const lineMayBeBack = (given: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      window.removeEventListener('online', over);
      given.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, AGAIN_MS);
    window.addEventListener('online', over);
    given.addEventListener('abort', over);
  });

export const offline = (): Refusal =>
  new Refusal(
    0,
    'offline',
    word({
      vi: 'Chưa gửi được: không có kết nối. Nội dung vẫn còn ở đây; hãy thử lại khi có mạng.',
      en: 'Not sent: there is no connection. What you entered is still here; try again once online.',
    }),
  );

/** The line was cut before the answer was whole, or it took too long; unless we gave up. */
function cut(wrong: unknown): never {
  if (wrong instanceof DOMException && wrong.name === 'AbortError') throw wrong;
  throw offline();
}

/** The refusal that an answer holds. */
export async function refusalOf(response: Response): Promise<Refusal> {
  const body = await response.json().catch(() => ({}));
  const said = typeof body.message === 'string' ? body.message : '';
  const fallback = word({
    vi: 'Máy chủ gặp lỗi. Hãy thử lại.',
    en: 'The server failed. Try again.',
  });
  if (body.code === 'administration_shut') document.dispatchEvent(new Event('login:shut'));
  if (body.code === 'locked') document.dispatchEvent(new Event('login:locked'));
  if (body.code === 'not_signed_in') document.dispatchEvent(new Event('login:ended'));
  if (body.code === 'left_office') document.dispatchEvent(new Event('login:left'));
  return new Refusal(response.status, String(body.code ?? 'failed'), said || fallback, body);
}

/** Asked once more where nobody is said to be signed in, and nothing was done: another page may just
 * have stepped up, and the browser holds the login's new secret by now. */
async function asked(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options);
  return response.status === 401 ? fetch(url, options) : response;
}

interface Asking {
  method?: string;
  body?: unknown;
  signal?: AbortSignal;
}

/** Ask the server; JSON both ways. Throws a Refusal, also when there is no line. */
export async function send<Answer>(url: string, options: Asking = {}): Promise<Answer> {
  const response = await answered(url, options);
  return (response.status === 204 ? undefined : await response.json().catch(cut)) as Answer;
}

/** The same, for an answer that is read otherwise. */
export async function answered(url: string, options: Asking = {}): Promise<Response> {
  const method = options.method ?? (options.body === undefined ? 'GET' : 'POST');
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-CSRF-Token'] = csrfToken();
  const plain = options.body instanceof FormData || options.body instanceof URLSearchParams;
  if (options.body !== undefined && !plain) headers['Content-Type'] = 'application/json';
  const response = await asked(url, {
    method,
    headers,
    body: plain ? (options.body as FormData) : JSON.stringify(options.body),
    signal: options.signal,
  }).catch(cut);
  if (!response.ok) throw await refusalOf(response);
  return response;
}

/** Send a form as the browser would, but read the answer here. */
export async function sendForm(
  form: HTMLFormElement,
  button?: HTMLElement | null,
): Promise<string> {
  const data = new FormData(form, button as HTMLButtonElement | null);
  const hasFiles = form.enctype === 'multipart/form-data';
  const body = hasFiles ? data : new URLSearchParams(data as unknown as Record<string, string>);
  // By attribute: a field named "action" would stand in for the property.
  const url = button?.getAttribute('formaction') ?? form.getAttribute('action') ?? location.href;
  const response = await asked(url, {
    method: 'POST',
    headers: { Accept: 'application/json', 'X-CSRF-Token': csrfToken() },
    body,
  }).catch(() => {
    throw offline();
  });
  // Sent on means done: what the next page has to say, it says itself.
  if (response.redirected) return response.url;
  if (!response.ok) throw await refusalOf(response);
  if (!response.headers.get('Content-Type')?.includes('application/json')) return '';
  const answer: { location?: unknown } = await response.json();
  return typeof answer.location === 'string' ? answer.location : '';
}
