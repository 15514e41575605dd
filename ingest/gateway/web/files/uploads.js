// Files on their way to the gateway: two at a time, each with its progress, tried again under the
// same idempotency key when the connection breaks, so that it becomes one job.
import { OURS, refusalOf } from './api.js';
import { wrongWith } from './checks.js';
import { button, el, put, say, visible } from './dom.js';
import { size, WORDS } from './words.js';

const AT_ONCE = 2;
const MOST_TRIES = 6;
const NAME_CHARS = 255;

export class Uploads {
  // `accepted(jobId, file)` is called for each that the gateway has taken.
  constructor({ setup, accepted = () => {} }) {
    this.setup = setup;
    this.accepted = accepted;
    this.every = new Set();
    this.waiting = [];
    this.active = 0;
    this.list = el('ul.uploads', { 'aria-label': WORDS.onTheWay });
    this.list.hidden = true;
  }

  get busy() {
    return this.active > 0 || this.waiting.length > 0;
  }

  // `key`: of an earlier try with the same file, which may have come through after all.
  add(file, options, key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`) {
    const upload = new Upload(file, options, this, key);
    this.every.add(upload);
    this.list.append(upload.row);
    this.list.hidden = false;
    this.waiting.push(upload);
    this.next();
  }

  next() {
    while (this.active < AT_ONCE && this.waiting.length) {
      const upload = this.waiting.shift();
      this.active += 1;
      upload.run().finally(() => {
        this.active -= 1;
        this.next();
      });
    }
  }

  // Nothing more is sent of what somebody wanted who has signed out.
  stop() {
    for (const upload of this.every) upload.stop();
  }

  remove(upload) {
    this.every.delete(upload);
    this.waiting = this.waiting.filter((each) => each !== upload);
    upload.row.remove();
    this.list.hidden = this.list.children.length === 0;
  }
}

class Upload {
  constructor(file, options, all, key) {
    Object.assign(this, { file, options, all, key, stopped: false });
    this.told = el('span.told', {}, WORDS.waits);
    this.bar = el('progress', { max: '1', value: '0', 'aria-label': visible(file.name) });
    this.actions = el('span.actions');
    this.row = el(
      'li.upload', {},
      el('span.file', {}, el('strong', {}, visible(file.name)), ' ', el('span.muted', {}, size(file.size))),
      this.told, this.bar, this.actions,
    );
    this.offerStop();
  }

  offerStop() {
    put(this.actions, this.button(WORDS.stopUpload, () => this.stop(), 'quiet'));
  }

  button(text, onclick, kind) {
    return button(text, onclick, { kind, 'aria-label': WORDS.actionOn(text, visible(this.file.name)) });
  }

  stop() {
    this.stopped = true;
    this.request?.abort();
    this.all.remove(this);
  }

  async run() {
    this.tell(WORDS.checking);
    const wrong = await wrongWith(this.file, this.all.setup);
    if (wrong) return this.refuse(wrong, { final: true });
    for (let tries = 1; !this.stopped; tries += 1) {
      const { status, body } = await this.send();
      if (this.stopped) return;
      if (status === 202) {
        this.all.remove(this);
        say(WORDS.handedIn(visible(this.file.name)));
        this.all.accepted(JSON.parse(body).job_id, this.file);
        return;
      }
      // The gateway, or its broker, is away or full for the moment.
      const later = status === 0 || status === 503 || status === 429;
      if (!later || tries >= MOST_TRIES) {
        const refused = status ? refusalOf(status, body).message : WORDS.away;
        return this.refuse(refused, { final: status >= 400 && status < 429 && status !== 401 });
      }
      this.tell(status ? refusalOf(status, body).message : WORDS.reconnecting);
      await new Promise((go) => setTimeout(go, Math.min(1000 * 2 ** (tries - 1), 8000)));
    }
  }

  send() {
    const form = new FormData();
    for (const [name, value] of Object.entries(this.options)) form.append(name, value);
    form.append('filename', shortened(this.file.name));
    form.append('file', this.file, 'document');
    const request = new XMLHttpRequest();
    this.request = request;
    request.open('POST', '/jobs');
    for (const [name, value] of Object.entries(OURS)) request.setRequestHeader(name, value);
    request.setRequestHeader('Idempotency-Key', this.key);
    request.upload.onprogress = ({ loaded, total }) => {
      this.bar.value = total ? loaded / total : 0;
      this.tell(loaded < total ? WORDS.uploading(Math.floor((100 * loaded) / total)) : WORDS.storing);
    };
    return new Promise((end) => {
      request.onloadend = () => end({ status: request.status, body: request.responseText });
      request.send(form);
    });
  }

  tell(text) {
    this.told.textContent = text;
  }

  refuse(why, { final }) {
    this.row.classList.add('refused');
    this.bar.remove();
    this.tell(why);
    say(`${visible(this.file.name)}: ${why}`, { urgently: true });
    put(
      this.actions,
      !final && this.button(WORDS.tryAgain, () => {
        this.all.remove(this);
        this.all.add(this.file, this.options, this.key);
      }),
      this.button(WORDS.dismiss, () => this.all.remove(this), 'quiet'),
    );
  }
}

// With its ending, by which people know it.
function shortened(name) {
  const letters = Array.from(name || 'document');
  if (letters.length <= NAME_CHARS) return letters.join('');
  const ending = (name.match(/\.[A-Za-z0-9]{1,8}$/) ?? [''])[0];
  return letters.slice(0, NAME_CHARS - ending.length).join('') + ending;
}
