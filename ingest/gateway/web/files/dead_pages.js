// Pages that were given up: by document, each with its image, its reason, and another go.
import { ask, get, pagesPath } from './api.js';
import { button, el, put, say, visible } from './dom.js';
import { moment, WORDS } from './words.js';

const AT_FIRST = 6;

export class DeadPages {
  constructor() {
    this.root = el('div');
    this.known = new Map(); // job id -> its element
  }

  draw(jobs) {
    if (!jobs.length) {
      this.known.clear();
      put(this.root, el('p.muted', {}, WORDS.noDead));
      return;
    }
    const shown = new Map();
    for (const job of jobs) {
      const before = this.known.get(job.job_id);
      // What is opened stays as it is, unless it has changed.
      shown.set(job.job_id, before?.pages === String(job.pages) ? before : { pages: String(job.pages), root: documentOf(job, before?.root.open) });
    }
    const roots = [...shown.values()].map((each) => each.root);
    if (roots.length !== this.list?.children.length || roots.some((root, at) => this.list.children[at] !== root)) {
      this.list = el('div.dead-documents', {}, roots);
      put(this.root, el('p.muted.dead-hint', {}, WORDS.deadHint), this.list);
    }
    this.known = shown;
  }
}

function documentOf(job, opened = false) {
  const pages = el('ul.dead-pages');
  const root = el(
    'details.panel.dead', { open: opened },
    el('summary', {}, el('strong', {}, visible(job.filename)), el('span.state.failed', {}, WORDS.pageCount(job.pages.length))),
    el('div.dead-tools', {}, again(WORDS.readAgain(job.pages.length), job), el('a', { href: `#/job/${job.job_id}/check/${job.pages[0]}`, 'aria-label': WORDS.actionOn(WORDS.openDocument, visible(job.filename)) }, WORDS.openDocument)),
    pages,
  );
  const fill = () => {
    if (!root.open || pages.childElementCount) return;
    more(job, pages, 0, AT_FIRST);
  };
  root.addEventListener('toggle', fill);
  fill();
  return root;
}

function more(job, list, from, to) {
  list.append(...job.pages.slice(from, to).map((page) => pageOf(job, page)));
  if (job.pages.length <= to) return;
  const rest = el('li', {}, button(WORDS.morePages(job.pages.length - to), () => {
    rest.remove();
    more(job, list, to, 2 * to);
  }));
  list.append(rest);
}

function pageOf(job, page) {
  const path = `${pagesPath(job.job_id)}/dead/${page}`;
  const reason = el('p.reason', {}, WORDS.loading);
  const about = el('p.muted');
  const place = el('div.dead-image');
  get(path).then((told) => {
    put(reason, visible(told.reason, 600));
    put(about, WORDS.diedAt(told.attempts, told.worker && visible(told.worker), moment(told.died_at)));
    if (told.has_image) put(place, el('a', { href: `${path}/image`, target: '_blank', rel: 'noopener' }, el('img', { src: `${path}/image`, alt: WORDS.deadImage(page), loading: 'lazy' })));
  }).catch((refused) => put(reason, refused.message));
  return el('li.dead-page', {}, place, el('div', {}, el('strong', {}, `${WORDS.page} ${page}`), reason, about, again(WORDS.readOneAgain, job, page)));
}

function again(text, job, page) {
  const path = `${pagesPath(job.job_id)}/replay${page ? `?page=${page}` : ''}`;
  const wrong = el('p.wrong', { role: 'alert' });
  const name = visible(job.filename);
  const of = page ? `${WORDS.page} ${page}, ${name}` : name;
  const made = button(text, async () => {
    made.disabled = true;
    put(wrong);
    try {
      await ask(path, { method: 'POST' });
      put(made, WORDS.inQueueAgain);
      made.setAttribute('aria-label', WORDS.actionIn(WORDS.inQueueAgain, of));
      say(WORDS.inQueueAgain);
    } catch (refused) {
      put(wrong, refused.message);
      made.disabled = false;
    }
  }, { 'aria-label': WORDS.actionIn(text, of) });
  return [made, wrong];
}
