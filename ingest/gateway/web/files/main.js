// The page's frame: who is signed in, where one is, and which view is shown.
import { ask, get, whenSignInIsNeeded } from './api.js';
import { button, el, put, say } from './dom.js';
import { WORDS } from './words.js';

const main = document.getElementById('main');
const nav = document.getElementById('nav');
const STAY_MS = 600_000;
const NOTE_MS = 8000;
let setup = null;
let shown = null; // {key, leave, go}

const ROUTES = [
  [/^#\/job\/([A-Za-z0-9_-]{1,64})(?:\/([a-z]+))?(?:\/([0-9]{1,7}))?$/, () => Promise.all([import('./job.js'), import('./result.js')]).then(([job]) => job), ([, id, tab, page]) => ({ key: `job ${id}`, id, tab, page: page && Number(page) })],
  [/^#\/operation$/, () => import('./operation.js'), () => ({ key: 'operation' })],
  [/^/, () => import('./intake.js'), () => ({ key: 'intake' })],
];

// What the first view waits for is asked for at once, beside who is signed in.
const first = ROUTES.find(([pattern]) => pattern.test(location.hash));
first[1]();
if (first === ROUTES.at(-1)) import('./job_list.js').then((list) => list.askAhead());

async function route({ moved = false } = {}) {
  if (setup === null) return;
  for (const [pattern, load, read] of ROUTES) {
    const found = location.hash.match(pattern);
    if (!found) continue;
    const where = read(found);
    markPlace();
    if (shown?.key === where.key) {
      shown.go?.(where);
      return;
    }
    leave();
    const coming = { key: where.key };
    shown = coming;
    const module = await load().catch(() => null);
    if (shown !== coming) return; // somewhere else meanwhile
    if (module === null) {
      shown = null;
      put(main, el('p.note', { role: 'alert' }, WORDS.away));
      comeBack();
      return;
    }
    const root = el('div.view');
    put(main, root);
    Object.assign(coming, module.show(root, { setup, where }));
    scrollTo(0, 0);
    if (moved) {
      main.focus({ preventScroll: true });
      say(document.title);
    }
    return;
  }
}

// A browser never asks again for a module that it did not get: the page is loaded anew, once there
// is a gateway to load it from.
const comeBack = () => setTimeout(() => get('/health', { quiet: true }).then(() => location.reload(), comeBack), 2000);

function leave() {
  shown?.leave?.();
  shown = null;
}

function markPlace() {
  for (const link of nav.querySelectorAll('a[data-place]')) {
    const here = link.dataset.place === (location.hash === '#/operation' ? 'operation' : 'documents');
    if (here) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

function drawNav() {
  put(
    nav,
    el('a', { href: '#/', 'data-place': 'documents' }, WORDS.documents),
    el('a', { href: '#/operation', 'data-place': 'operation' }, WORDS.fleet),
    el('a', { href: '/docs' }, WORDS.api),
    setup.keys && el('span.who', { title: WORDS.signedInAs(setup.name) }, setup.name),
    setup.keys && button(WORDS.signOut, signOut, { kind: 'quiet' }),
  );
}

async function signOut() {
  try {
    await ask('/web/session', { method: 'DELETE', quiet: true });
  } catch {
    // The cookie is still there: nobody is to believe that it is gone.
    const note = el('p.note', { role: 'alert' }, WORDS.stillSignedIn);
    main.querySelector(':scope > .note')?.remove();
    main.prepend(note);
    setTimeout(() => note.remove(), NOTE_MS);
    return;
  }
  askForKey();
}

function askForKey() {
  setup = null;
  leave();
  dispatchEvent(new Event('signedout'));
  put(nav);
  const key = el('input', { type: 'password', id: 'key', name: 'key', autocomplete: 'current-password', required: true, spellcheck: 'false' });
  const wrong = el('p.wrong', { role: 'alert' });
  const form = el(
    'form.panel.sign-in',
    {
      onsubmit: async (event) => {
        event.preventDefault();
        put(wrong);
        try {
          await ask('/web/session', { method: 'POST', body: { key: key.value.trim() }, quiet: true });
          key.value = '';
          await start();
        } catch (refused) {
          wrong.textContent = refused.message;
          key.select();
        }
      },
    },
    el('h1', {}, WORDS.signInTitle),
    el('p.muted', {}, WORDS.signInWhy),
    el('label', { for: 'key' }, WORDS.key),
    key,
    wrong,
    button(WORDS.signIn, undefined, { kind: 'main', type: 'submit' }),
  );
  put(main, form);
  key.focus();
}

async function start() {
  try {
    setup = await get('/web/setup', { quiet: true });
  } catch (refused) {
    if (refused.status === 401) return askForKey();
    put(main, el('p.note', { role: 'alert' }, refused.message || WORDS.away));
    setTimeout(start, 2000);
    return;
  }
  drawNav();
  await route();
}

// Who uses the page stays signed in; who only leaves it open does not.
let used = false;
for (const name of ['pointerdown', 'keydown', 'wheel']) addEventListener(name, () => { used = true; }, { passive: true });
setInterval(() => {
  if (!used || !setup?.keys) return;
  used = false;
  ask('/web/session', { method: 'PUT', quiet: true }).catch(() => {});
}, STAY_MS);

document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault(); // the address tells the view
  main.focus();
});
addEventListener('hashchange', () => route({ moved: true }));
// What is dropped beside the place for it must not replace the page.
for (const name of ['dragover', 'drop']) addEventListener(name, (event) => event.preventDefault());
whenSignInIsNeeded(() => setup && askForKey());
start();
