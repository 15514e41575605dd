// The first view: hand in, and see what was handed in.
import { button, el, icon, put } from './dom.js';
import { JobList } from './job_list.js';
import { Uploads } from './uploads.js';
import { languageChoices, languageName, WORDS } from './words.js';

const KEPT = 'docr options';
const PAGES = /^\s*[1-9][0-9]{0,5}(-([1-9][0-9]{0,5})?)?(\s*,\s*[1-9][0-9]{0,5}(-([1-9][0-9]{0,5})?)?){0,20}\s*$/;

// Files go on being sent while another view is shown, and are there for who comes back.
let uploads = null;
addEventListener('beforeunload', (event) => uploads?.busy && event.preventDefault());
addEventListener('signedout', () => {
  uploads?.stop();
  uploads = null;
});

export function show(root, { setup }) {
  document.title = `${WORDS.documents} · distributed-ocr`;
  const jobs = new JobList({ setup });
  const options = new Options(setup);
  // Of one file alone one wants to see how it is read.
  let batch = 0;
  uploads ??= new Uploads({ setup });
  uploads.accepted = (id) => {
    jobs.refresh();
    if (batch === 1) location.hash = `#/job/${id}`;
  };
  const handIn = (files) => {
    const chosen = options.read();
    if (chosen === null || files.length === 0) return;
    batch = uploads.busy ? 2 : files.length;
    for (const file of files) uploads.add(file, chosen);
  };

  const picker = el('input.unseen', { type: 'file', multiple: true, id: 'picker', tabindex: '-1', 'aria-hidden': 'true' });
  picker.addEventListener('change', () => {
    handIn([...picker.files]);
    picker.value = '';
  });
  const choose = button(WORDS.choose, () => picker.click(), { kind: 'main' });
  const drop = el(
    'section.drop', { 'aria-labelledby': 'drop-title' },
    el('div.drop-sign', {}, icon('drop')), el('h1', { id: 'drop-title' }, WORDS.dropTitle), el('p.muted', {}, WORDS.dropWhat), choose, picker,
  );
  const over = (event) => {
    if ([...(event.dataTransfer?.types ?? [])].includes('Files')) drop.classList.add('over');
  };
  const out = (event) => {
    if (event.type === 'drop' || event.relatedTarget === null) drop.classList.remove('over');
  };
  const dropped = (event) => {
    out(event);
    handIn([...(event.dataTransfer?.files ?? [])]);
  };
  const pasted = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) handIn(files.map((file) => (file.name === 'image.png' ? new File([file], `${WORDS.pasted}.png`, { type: file.type }) : file)));
  };
  const listening = { dragover: over, dragleave: out, drop: dropped, paste: pasted };
  for (const [name, work] of Object.entries(listening)) addEventListener(name, work);

  put(root, drop, options.root, uploads.list, jobs.root);
  return {
    leave() {
      for (const [name, work] of Object.entries(listening)) removeEventListener(name, work);
      if (uploads) uploads.accepted = () => {};
      jobs.leave();
    },
  };
}

class Options {
  constructor(setup) {
    this.setup = setup;
    const kept = keptOptions();
    const defaults = { ...setup.defaults, ...kept };
    // A hundred names, which few people look at.
    const language = setup.languages.includes(defaults.language) ? defaults.language : setup.defaults.language;
    this.language = select('language', [[language, languageName(language)]], language);
    this.mode = select('mode', setup.modes.map((mode) => [mode, WORDS.modes[mode] ?? mode]), defaults.mode);
    this.quality = select('quality', setup.qualities.map((quality) => [quality, WORDS.qualities[quality] ?? quality]), defaults.quality);
    const [least, most] = setup.dpi;
    this.dpi = el('input', { id: 'dpi', type: 'number', min: least, max: most, step: 1, inputmode: 'numeric', value: defaults.dpi });
    this.pages = el('input', { id: 'pages', placeholder: WORDS.pagesHint, autocomplete: 'off', spellcheck: 'false' });
    this.password = el('input', { id: 'password', type: 'password', autocomplete: 'off', placeholder: WORDS.passwordHint, disabled: !setup.passwords });
    this.formats = setup.formats.filter((each) => !each.at_hand).map(({ name }) => {
      const box = el('input', { type: 'checkbox', value: name });
      box.checked = (kept.formats ?? '').split(',').includes(name);
      return [box, el('label.tick', {}, box, WORDS.formatNames[name]?.[0] ?? name)];
    });
    this.wrong = el('p.wrong', { role: 'alert' });
    this.told = el('span.muted');
    this.details = el(
      'details.panel.options', {},
      el('summary', {}, el('strong', {}, WORDS.options), this.told),
      el(
        'form.fields', { onsubmit: (event) => event.preventDefault() },
        field(WORDS.language, this.language), field(WORDS.quality, this.quality), field(WORDS.mode, this.mode),
        field(WORDS.pages, this.pages), field(WORDS.dpi, this.dpi),
        field(WORDS.password, this.password, setup.passwords ? '' : WORDS.noPasswords),
      ),
      el('fieldset.formats', {}, el('legend', {}, WORDS.formats), this.formats.map(([, label]) => label)),
      this.wrong,
    );
    this.root = this.details;
    this.details.addEventListener('toggle', () => {
      const { language } = this;
      this.language = select('language', languageChoices(setup.languages), language.value);
      language.replaceWith(this.language);
    }, { once: true });
    this.details.addEventListener('change', () => {
      this.keep();
      this.summarise();
    });
    this.summarise();
  }

  summarise() {
    const parts = [languageName(this.language.value), WORDS.qualities[this.quality.value]];
    if (this.pages.value.trim()) parts.push(`${WORDS.pages} ${this.pages.value.trim()}`);
    if (Number(this.dpi.value) !== this.setup.defaults.dpi) parts.push(`${this.dpi.value} dpi`);
    if (this.mode.value !== 'auto') parts.push(WORDS.modes[this.mode.value]);
    const formats = this.chosenFormats();
    if (formats.length) parts.push(formats.map((name) => WORDS.formatNames[name]?.[0] ?? name).join(', '));
    this.told.textContent = parts.join(' · ');
  }

  chosenFormats() {
    return this.formats.filter(([box]) => box.checked).map(([box]) => box.value);
  }

  // The options of a job, or null if they cannot be used.
  read() {
    const [least, most] = this.setup.dpi;
    const pages = this.pages.value.trim();
    const dpi = Number(this.dpi.value);
    const wrong = (text, input) => {
      this.wrong.textContent = text;
      this.details.open = true;
      input.setAttribute('aria-invalid', 'true');
      input.focus();
      return null;
    };
    this.wrong.textContent = '';
    for (const input of [this.pages, this.dpi]) input.removeAttribute('aria-invalid');
    if (pages && !PAGES.test(pages)) return wrong(WORDS.wrongPages, this.pages);
    if (!Number.isInteger(dpi) || dpi < least || dpi > most) return wrong(WORDS.wrongDpi(least, most), this.dpi);
    const read = { language: this.language.value, mode: this.mode.value, quality: this.quality.value, dpi: String(dpi) };
    if (pages) read.pages = pages.replaceAll(/\s/g, '');
    if (this.password.value) read.password = this.password.value;
    const formats = this.chosenFormats();
    if (formats.length) read.formats = formats.join(',');
    return read;
  }

  keep() {
    // What is about one document only, pages and password, is not kept.
    const kept = { language: this.language.value, mode: this.mode.value, quality: this.quality.value, formats: this.chosenFormats().join(',') };
    try {
      localStorage.setItem(KEPT, JSON.stringify(kept));
    } catch {
      // A browser that keeps nothing is a browser that keeps nothing.
    }
  }
}

function keptOptions() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

function select(id, choices, value) {
  const made = el('select', { id }, choices.map(([code, name]) => el('option', { value: code }, name)));
  if (choices.some(([code]) => code === value)) made.value = value;
  return made;
}

function field(label, input, hint = '') {
  return el('div.field', {}, el('label', { for: input.id }, label), input, hint && el('p.muted.hint', {}, hint));
}
