// The gateway, as the page asks it. All requests say whose page sends them: see docs/web.md.

export const OURS = { 'X-Requested-With': 'docr' };

// A refusal, in the gateway's words.
export class Refused extends Error {
  constructor(status, detail, kind = '') {
    super(detail);
    this.status = status;
    this.kind = kind;
  }
}

let signInNeeded = () => {};
export function whenSignInIsNeeded(work) {
  signInNeeded = work;
}

export function refusalOf(status, body) {
  try {
    const told = JSON.parse(body);
    if (typeof told.detail === 'string') return new Refused(status, told.detail, String(told.type ?? ''));
  } catch {
    // Not of ours: a proxy between us, perhaps.
  }
  return new Refused(status, `the gateway answered with status ${status}; try again in a moment`);
}

export async function ask(path, { method = 'GET', body, signal, quiet = false } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      signal,
      credentials: 'same-origin',
      headers: { ...OURS, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (wrong) {
    if (wrong.name === 'AbortError') throw wrong;
    throw new Refused(0, 'the gateway cannot be reached; this page tries again by itself');
  }
  if (answer.ok) return answer;
  const refused = refusalOf(answer.status, await answer.text());
  if (answer.status === 401 && !quiet) signInNeeded();
  throw refused;
}

export async function get(path, options) {
  return (await ask(path, options)).json();
}

export const jobPath = (id) => `/jobs/${encodeURIComponent(id)}`;
export const pagesPath = (id) => `/web/jobs/${encodeURIComponent(id)}`;

// Calls `work` now and then every `seconds` until the returned function is called; not while nobody
// looks at the page. What fails is tried again, more and more seldom.
export function repeat(seconds, work) {
  let stopped = false, timer = 0, failures = 0, busy = false, again = false;
  const round = async () => {
    clearTimeout(timer);
    if (stopped) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    again = false;
    let next = seconds;
    try {
      if (document.visibilityState !== 'hidden') next = (await work()) ?? seconds;
      failures = 0;
    } catch {
      failures = Math.min(failures + 1, 5);
      next = seconds * (1 + failures);
    }
    busy = false;
    if (!stopped) timer = setTimeout(round, again ? 0 : next * 1000);
  };
  const seen = () => document.visibilityState === 'visible' && round();
  document.addEventListener('visibilitychange', seen);
  round();
  const stop = () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', seen);
  };
  stop.now = round;
  return stop;
}
