// What can be done with a document: cancelled while it goes on; read again, or deleted, once it has
// ended. What cannot be undone asks first.
import { ask, jobPath, pagesPath } from './api.js';
import { button, el, put, visible } from './dom.js';
import { languageChoices, WORDS } from './words.js';

const OPEN = new Set(['queued', 'running', 'cancelling']);

export class Actions {
  // `done(what)`: 'cancelled' or 'deleted'; `refused(why)`.
  constructor({ job, setup, done, refused, kind = 'plain' }) {
    Object.assign(this, { job, setup, done, refused, kind });
    this.root = el('div.actions');
    this.draw();
  }

  draw() {
    const { job } = this;
    if (job.state === 'cancelling') put(this.root);
    else if (OPEN.has(job.state)) put(this.root, this.button(WORDS.cancel, () => this.sure(WORDS.sureCancel, jobPath(job.job_id), 'cancelled')));
    else {
      put(
        this.root,
        this.button(WORDS.again, () => this.askHow()),
        this.button(WORDS.remove, () => this.sure(WORDS.sureRemove, `${jobPath(job.job_id)}?purge=true`, 'deleted')),
      );
    }
  }

  button(text, onclick, kind = this.kind) {
    return button(text, onclick, { kind, 'aria-label': WORDS.actionOn(text, visible(this.job.filename)) });
  }

  get asking() {
    return this.root.querySelector('.question') !== null;
  }

  sure(question, path, what) {
    this.ask(question, [], async () => {
      await ask(path, { method: 'DELETE' });
      this.done(what);
    });
  }

  // Another go at the whole document, with another language or more care: a document of its own.
  askHow() {
    const choice = (label, values) => el('select', { 'aria-label': label }, values.map(([value, text]) => el('option', { value }, text)));
    const language = choice(WORDS.language, [['', WORDS.languageAsBefore], ...languageChoices(this.setup.languages)]);
    const quality = choice(WORDS.quality, this.setup.qualities.map((each) => [each, WORDS.qualities[each] ?? each]));
    const mode = choice(WORDS.mode, [['', WORDS.modeAsBefore], ...this.setup.modes.map((each) => [each, WORDS.modes[each] ?? each])]);
    quality.value = 'best';
    this.ask(WORDS.howAgain, [language, quality, mode], async () => {
      const wanted = new URLSearchParams({ quality: quality.value });
      for (const [name, { value }] of Object.entries({ language, mode })) if (value) wanted.set(name, value);
      const answer = await ask(`${pagesPath(this.job.job_id)}/again?${wanted}`, { method: 'POST' });
      location.hash = `#/job/${(await answer.json()).job_id}`;
    });
  }

  ask(question, fields, work) {
    const id = `question-${this.job.job_id}`;
    const go = async () => {
      yes.disabled = true;
      try {
        await work();
      } catch (refused) {
        this.refused(refused.message);
        this.draw();
      }
    };
    const yes = fields.length ? this.button(WORDS.again, go, 'main') : button(WORDS.yes, go, { kind: 'danger' });
    // Who hears the page is on the first of them at once, and would not know what is asked.
    (fields[0] ?? yes).setAttribute('aria-describedby', id);
    put(this.root, el('span.question', { id }, question), fields, yes, button(WORDS.no, () => {
      this.draw();
      this.root.querySelector('button')?.focus();
    }));
    (fields[0] ?? yes).focus();
  }
}
