// Builds the page. Text only ever becomes text: nothing here, or anywhere, reads markup.

const SVG = 'http://www.w3.org/2000/svg';

// el('button.plain', {type: 'button', onclick: f}, 'Text', child, ...)
export function el(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split('.');
  return fill(document.createElement(tag || 'div'), classes, attributes, children);
}

export function svg(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split('.');
  return fill(document.createElementNS(SVG, tag), classes, attributes, children);
}

function fill(element, classes, attributes, children) {
  if (classes.length) element.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(3).filter((each) => each !== null && each !== undefined && each !== false));
  return element;
}

export function button(text, onclick, { kind = 'plain', ...attributes } = {}) {
  return el(`button.${kind}`, { type: 'button', onclick, ...attributes }, text);
}

export function put(parent, ...children) {
  parent.replaceChildren(...children.flat(3).filter(Boolean));
  return parent;
}

export function debounced(wait, work) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), wait);
  };
}

// For who hears the page. What is said twice in a row must differ to be heard twice.
export function say(text, { urgently = false } = {}) {
  const place = document.getElementById(urgently ? 'urgent' : 'polite');
  place.textContent = place.textContent === text ? `${text}\u00a0` : text;
}

// Names and texts come from documents: signs that cannot be seen, or that turn the writing of what
// follows, are shown as a box.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
export function visible(text, most = 200) {
  const shown = String(text ?? '').replace(UNSEEN, '\u25a1');
  return shown.length > most ? `${shown.slice(0, most - 1)}\u2026` : shown;
}

const ICONS = {
  drop: 'M12 15V4m0 0L8 8m4-4 4 4M4 15v5h16v-5',
  left: 'M15 5l-7 7 7 7', right: 'M9 5l7 7-7 7',
  up: 'M5 15l7-7 7 7', down: 'M5 9l7 7 7-7',
  plus: 'M12 5v14M5 12h14', minus: 'M5 12h14',
  turn: 'M19 12a7 7 0 1 1-2.5-5.4M17 2v5h-5',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5', find: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 21 21',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
};

export function icon(name) {
  return svg('svg.icon', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d: ICONS[name] }));
}

export function iconButton(name, label, onclick, attributes = {}) {
  const made = el('button.icon-button', { type: 'button', title: label, 'aria-label': label, onclick, ...attributes });
  made.append(icon(name));
  return made;
}

export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without TLS browsers offer the old way only.
    const area = el('textarea.unseen', { 'aria-hidden': 'true', tabindex: '-1' });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  say(done);
}
