// The words of a page in their order, each with its place: what sheet and text share.

// Returns [{text, confidence, polygon, line, at}]; a line whose words are not known is one.
export function wordsOf(page) {
  const found = [];
  page.lines.forEach((line, index) => {
    const words = line.words.length ? line.words : [line];
    for (const word of words) found.push({ text: word.text, confidence: word.confidence, polygon: word.polygon, line: index, at: found.length });
  });
  return found;
}

// Which words a text touches, match by match: [[at, at], [at], ...]. Words of a line stand a space
// apart, and lines do, so that what runs over the end of a line is found.
export function matchesIn(words, wanted) {
  const sought = wanted.toLowerCase().replaceAll(/\s+/g, ' ').trim();
  if (!sought) return [];
  const starts = [];
  let text = '';
  for (const word of words) {
    starts.push(text.length);
    text += `${word.text.toLowerCase()} `;
  }
  const matches = [];
  for (let from = text.indexOf(sought); from >= 0; from = text.indexOf(sought, from + sought.length)) {
    const touched = [];
    let at = lastNotAfter(starts, from);
    for (; at < starts.length && starts[at] < from + sought.length; at += 1) touched.push(at);
    matches.push(touched);
  }
  return matches;
}

function lastNotAfter(starts, place) {
  let low = 0, high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

export const kindOf = (confidence, { doubtful = 0.8, unsure = 0.93 } = {}) => (confidence < doubtful ? 'doubtful' : confidence < unsure ? 'unsure' : '');
